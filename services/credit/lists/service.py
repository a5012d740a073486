"""Use cases of list entries up to the decision. Nothing is listed without a basis, a hearing and a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from services.credit.errors import AlreadyOpen
from services.credit.leads import repository as leads
from services.credit.lists import grounds, repository
from services.credit.lists.domain import (
    Case,
    DateOrderError,
    State,
    Step,
    StepNotAllowedError,
    Voice,
    check_decision,
    check_heard,
    check_not_after,
    check_not_before,
    next_state,
    panel,
    panel_from,
)
from services.credit.lists.models import ListEntry
from services.credit.lists.problems import answered
from services.credit.lists.steps import Done, add_step, advance, basis_of, locked
from services.credit.subjects.service import resolve
from shared import audit
from shared.clock import today
from shared.contracts.credit import SubjectListed
from shared.errors import FieldError, Invalid
from shared.events import outbox
from shared.ids import new_id
from shared.workflow import check_second_person, person

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from services.credit.lists.schemas import Decision, Deliberation, Notice, Proposal, Statement
    from shared.auth import Caller


async def propose(session: AsyncSession, caller: Caller, body: Proposal) -> ListEntry:
    """Open a case on a subject. AlreadyOpen (409) while another one on the same list is not over."""
    day = today()
    grounds.basis_for(body.legal_basis, body.list_kind, body.ground, body.subject.kind, day)
    subject = await resolve(session, caller, body.subject)
    entry = ListEntry(
        entry_id=new_id(),
        version=1,
        state=State.PROPOSED,
        region=subject.region,
        subject_id=subject.subject_id,
        subject_kind=subject.kind,
        subject_name=subject.name,
        proposed_by=caller.subject,
        effects=[],
        **body.model_dump(include={"list_kind", "legal_basis", "ground", "document_no", "facts"}),
    )
    session.add(entry)
    try:
        await session.flush()
    except IntegrityError as error:
        raise AlreadyOpen from error
    await _use_leads(session, body.lead_ids, entry)
    add_step(session, caller, entry, Step.PROPOSE, Done(day, body.document_no, {}))
    await audit.record(session, caller, "credit.list.propose", str(entry.entry_id), detail=_audited(entry))
    return entry


async def _use_leads(session: AsyncSession, lead_ids: list[UUID], entry: ListEntry) -> None:
    wanted = set(lead_ids)
    if wanted and entry.subject_kind != "organization":
        raise _leads_refused()
    if wanted and await leads.use(session, list(wanted), entry.subject_id, entry.entry_id) != len(wanted):
        raise _leads_refused()


def _leads_refused() -> Invalid:
    en, zh = "Only open leads on this subject can be used.", "只能使用该主体的待处理线索。"
    return Invalid(en, zh, [FieldError.of("/lead_ids", "not_open", en, zh)])


async def notice(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Notice
) -> ListEntry:
    """Tell the subject of facts, reasons and rights (告知)."""
    entry = await locked(session, entry_id, if_match)
    with answered():
        check_not_after("noticed_on", body.noticed_on, today())
        entry.statement_until = grounds.statement_deadline(basis_of(entry), body.noticed_on, body.statement_until)
    entry.noticed_on, entry.panel_from = body.noticed_on, panel_from(entry.statement_until)
    detail = {"statement_until": entry.statement_until.isoformat()}
    return await advance(session, caller, entry, Step.NOTICE, Done(body.noticed_on, body.document_no, detail))


async def statement(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Statement
) -> ListEntry:
    """Record what the subject said, or that it waived its right (陈述申辩)."""
    entry = await locked(session, entry_id, if_match)
    with answered():
        check_not_after("received_on", body.received_on, today())
        check_not_before("received_on", body.received_on, entry.noticed_on, "早于告知日期", "before the notice")
    if entry.statement_until is not None:
        entry.panel_from = panel_from(entry.statement_until, body.received_on, waived=body.waived)
    detail = body.model_dump(mode="json", include={"waived", "summary"})
    return await advance(session, caller, entry, Step.STATEMENT, Done(body.received_on, body.document_no, detail))


async def deliberate(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Deliberation
) -> ListEntry:
    """Take part in a sitting of the panel (集体审议): each member says so with a token of its own, once a sitting."""
    entry = await locked(session, entry_id, if_match)
    sat = await _voices(session, entry)
    with answered():
        check_not_after("held_on", body.held_on, today())
        check_heard(_case(entry), Step.DELIBERATE, body.held_on)
        check_second_person(caller.subject, [entry.proposed_by])
        if (body.held_on, person(caller.subject)) in {(voice.held_on, person(voice.member)) for voice in sat}:
            raise StepNotAllowedError(f"a second voice of one member on {body.held_on}")
    done = Done(body.held_on, body.document_no, {"opinion": body.opinion})
    return await advance(session, caller, entry, Step.DELIBERATE, done)


async def _voices(session: AsyncSession, entry: ListEntry) -> list[Voice]:
    """Who sat on the panel; sittings before the hearing was over, as it is known now, do not count."""
    steps = await repository.steps(session, entry.entry_id, Step.DELIBERATE)
    return [
        Voice(step.done_on, step.done_by) for step in steps if entry.panel_from and step.done_on >= entry.panel_from
    ]


def _case(entry: ListEntry) -> Case:
    return Case(State(entry.state), entry.noticed_on, entry.panel_from)


async def decide(
    session: AsyncSession, caller: Caller, entry_id: UUID, if_match: str | None, body: Decision
) -> ListEntry:
    """List the subject, or not: by a second person, and a listing after the hearing and a collective deliberation."""
    entry = await locked(session, entry_id, if_match)
    detail = body.model_dump(mode="json", include={"outcome", "reason"})
    with answered():
        check_not_after("decided_on", body.decided_on, today())
        check_not_before("decided_on", body.decided_on, entry.noticed_on, "早于告知日期", "before the notice")
        next_state(State(entry.state), Step.DECIDE if body.outcome == "listed" else Step.DROP)
        check_second_person(caller.subject, [entry.proposed_by])
        if body.outcome == "listed":
            detail["panel"] = await _list(session, entry, body)
    entry.decided_by, entry.decided_on, entry.decision_no = caller.subject, body.decided_on, body.document_no
    done = Done(body.decided_on, body.document_no, detail)
    if body.outcome == "not_listed":
        return await advance(session, caller, entry, Step.DROP, done)
    await advance(session, caller, entry, Step.DECIDE, done)
    await outbox.add(session, _listed(entry))
    return entry


async def _list(session: AsyncSession, entry: ListEntry, body: Decision) -> dict[str, object]:
    """Set what the listing means; returns the sitting on which it rests."""
    listed_on = body.listed_on or body.decided_on
    check_decision(_case(entry), body.decided_on, listed_on)
    sat = panel(await _voices(session, entry), body.decided_on)
    basis = basis_of(entry)
    if not basis.holds(body.decided_on):
        raise DateOrderError("decided_on", "依据当日无效", "the basis is not in force that day")
    terms = grounds.terms(basis, body.decided_on, listed_on)
    entry.effects = grounds.effects_for(entry.region, entry.subject_kind, body.decided_on, body.effects)
    entry.listed_on, entry.until, entry.repair_from = listed_on, terms.until, terms.repair_from
    return {"held_on": sat[0].held_on.isoformat(), "members": sorted(voice.member for voice in sat)}


def _listed(entry: ListEntry) -> SubjectListed:
    basis = basis_of(entry)
    ground = basis.ground(entry.ground)
    return SubjectListed.model_validate(
        {
            "decision_id": entry.entry_id,
            "legal_basis": f"《{basis.title_zh}》({basis.document_no}):{ground.zh if ground else entry.ground}",
            "document_no": entry.decision_no,
            "effects": tuple(entry.effects),
            **{name: getattr(entry, name) for name in FROM_ENTRY},
        }
    )


FROM_ENTRY = ("subject_id", "subject_kind", "list_kind", "region", "listed_on", "until")


def _audited(entry: ListEntry) -> dict[str, str]:
    return {
        "region": entry.region,
        "subject_id": str(entry.subject_id),
        "legal_basis": entry.legal_basis,
        "document_no": entry.document_no,
    }
