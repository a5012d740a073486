"""Routes of determinations 认定, explanations 说明 and proofs 复算."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.subsidy import packs as packs_of
from services.subsidy.determinations import entitlements, proofs, service
from services.subsidy.determinations.schemas import (
    DeterminationIn,
    DeterminationOut,
    EntitlementsOut,
    ExplanationOut,
    ProofOut,
)
from services.subsidy.errors import LineNotFound, NoPolicy, SubjectNotFound
from shared.api import Kernel, Session, bounded, router
from shared.auth import Caller, require
from shared.clock import Month, MonthText, month_of, now
from shared.errors import problems
from shared.language import Lang

routes = router("/v1/determinations", "determinations 核定")
senior_routes = router("/v1/seniors", "determinations 核定")
line_routes = router("/v1/lines", "lines 明细")
Detail = Annotated[
    Literal["short", "full"],
    Query(description="short: the answer first, alike steps once; full: every step and every open question 详略"),
]
Reader = Annotated[Caller, require("subsidy.determinations:read")]


@routes.post("", summary="Determine one entitlement 单个认定", responses=problems(SubjectNotFound, NoPolicy))
@bounded(at_once=4)
async def determine_benefits(
    *,
    body: DeterminationIn,
    session: Session,
    kernel: Kernel,
    caller: Reader,  # noqa: ARG001  # the scope
    lang: Lang,
    detail: Detail = "short",
) -> DeterminationOut:
    """What is due to a senior or an institution in a month, on the facts known now or known then, with every step.

    Answers why somebody was not paid, too: for anybody in the caller's regions.
    """
    packs, full = packs_of.packs(kernel.settings), detail == "full"
    return await service.determine(session, kernel.database, packs, body, lang, full=full)


@senior_routes.get(
    "/{senior_id}/entitlements",
    summary="What a senior is entitled to 应享待遇一览",
    responses=problems(SubjectNotFound, NoPolicy),
)
@bounded(at_once=4)
async def list_entitlements(
    *,
    senior_id: UUID,
    session: Session,
    kernel: Kernel,
    caller: Reader,  # noqa: ARG001  # the scope
    lang: Lang,
    month: Annotated[MonthText | None, Query(description="null: this month 月份")] = None,
    detail: Detail = "short",
) -> EntitlementsOut:
    """Every benefit of the senior's region in plain words: whether there is anything, why, what is undecided and what
    would change it; those that may not be had together are already held against each other.
    """
    wanted = Month.parse(month) if month else month_of(now())
    question = entitlements.Question(packs_of.packs(kernel.settings), senior_id, wanted, lang, detail == "full")
    return await entitlements.entitlements(session, kernel.database, question)


@line_routes.get("/{line_id}/explanation", summary="Explain a line 明细说明", responses=problems(LineNotFound))
async def explain_line(
    line_id: UUID,
    session: Session,
    caller: Reader,  # noqa: ARG001  # the scope
    lang: Lang,
    detail: Detail = "short",
) -> ExplanationOut:
    """Every step with its figure, date, clause and quotation; what made it less or nothing; what would change it."""
    return await proofs.explain_line(session, line_id, lang, full=detail == "full")


@line_routes.post("/{line_id}/proof", summary="Prove a line 明细复算", responses=problems(LineNotFound))
async def prove_line(line_id: UUID, session: Session, caller: Reader) -> ProofOut:  # noqa: ARG001  # the scope
    """Calculate the line again from its frozen inputs under the policy of its hash, and say whether it is equal."""
    return await proofs.prove_line(session, line_id)
