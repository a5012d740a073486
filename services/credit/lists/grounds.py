"""What a proposal and a decision may rest on, and what follows from it, read from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from services.credit.errors import NoLegalBasis, WrongDates
from services.credit.lists.bases import Basis, catalogue, working_days
from services.credit.lists.domain import DUE_NEXT, DateOrderError, Step
from services.credit.lists.periods import Deadline
from shared.errors import FieldError


def basis_for(basis_id: str, list_kind: str, ground: str, subject_kind: str, on: date) -> Basis:
    """The basis, if it is in force and carries this list, ground and subject; NoLegalBasis (422) otherwise."""
    basis = catalogue().basis(basis_id)
    if basis is None:
        raise _refused("/legal_basis", "unknown", "No such basis; see /v1/bases.", "没有该法律依据,见 /v1/bases。")
    if not basis.holds(on):
        raise _refused("/legal_basis", "not_in_force", "The basis is not in force.", "该依据当日无效。")
    if basis.list_kind != list_kind:
        raise _refused("/list_kind", "other_list", "The basis carries another list.", "该依据不对应此名单。")
    if subject_kind not in basis.subjects:
        raise _refused("/subject/kind", "subject", "The basis does not cover this subject.", "该依据不适用于此类主体。")
    if basis.ground(ground) is None:
        raise _refused("/ground", "unknown", "The basis names no such ground.", "该依据没有此列入情形。")
    return basis


def effects_for(region: str, subject_kind: str, on: date, chosen: list[str] | None) -> list[str]:
    """What follows in the region; a choice may only leave effects out. NoLegalBasis (422) for any other."""
    allowed = catalogue().effects_for(region, on)
    possible = allowed.of(subject_kind)
    extra = sorted(set(chosen or ()) - set(possible))
    if extra:
        raise _refused(
            "/effects",
            "no_basis",
            f"{allowed.document} does not name {', '.join(extra)}.",
            f"《{allowed.document}》未规定:{'、'.join(extra)}。",
        )
    return [effect for effect in possible if chosen is None or effect in chosen]


@dataclass(frozen=True)
class Terms:
    """The last day of effect and the first day of repair; None where no rule is known."""

    until: date | None
    repair_from: date | None


def terms(basis: Basis, decided_on: date, listed_on: date) -> Terms:
    """The basis's own periods run from the listing; those of its class from the date of the decision.

    Raises DateOrderError when the listing would begin after its own end.
    """
    classes = catalogue().classes_on(decided_on)
    rule = classes.of(basis.record_class) if classes else None
    own_end, own_repair = basis.periods.ends_after.period, basis.periods.repair_after.period
    ends = own_end.after(listed_on) if own_end else rule.ends_after.after(decided_on) if rule else None
    repair = own_repair.after(listed_on) if own_repair else rule.repair_after.after(decided_on) if rule else None
    if ends is not None and listed_on >= ends:
        raise DateOrderError("listed_on", "列入日期晚于届满日期", "listed after its own end")
    return Terms(ends - timedelta(days=1) if ends else None, repair)


def next_due(basis: Basis, step: Step, done_on: date) -> Deadline | None:
    """When the step after this one is due; None when none follows or its period is not decided."""
    name = DUE_NEXT.get(step)
    days = basis.periods.working_days(name).working_days if name else None
    return None if days is None else working_days().deadline(done_on, days)


def statement_deadline(basis: Basis, noticed_on: date, given: date | None) -> date:
    """The last day for a statement: by the basis's period, or as the notice says; WrongDates (422) without either."""
    due = next_due(basis, Step.NOTICE, noticed_on)
    last = max(given, due.on) if given and due else given or (due.on if due else None)
    if last is None:
        missing = basis.periods.statement.missing or ""
        field = FieldError.of("/statement_until", "missing_decision", missing, missing)
        raise WrongDates(
            "The basis sets no statement period; give its last day.", "依据未规定陈述申辩期限,请写明截止日。", [field]
        )
    if last < noticed_on:
        raise DateOrderError("statement_until", "陈述申辩截止日早于告知日期", "ends before the notice")
    return last


def _refused(pointer: str, code: str, en: str, zh: str) -> NoLegalBasis:
    return NoLegalBasis(en, zh, [FieldError.of(pointer, code, en, zh)])
