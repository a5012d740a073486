"""Routes of determinations 认定, explanations 说明, proofs 复算 and policy packs 政策包."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from services.subsidy import packs as packs_of
from services.subsidy.determinations import service
from services.subsidy.determinations.schemas import (
    DeterminationIn,
    DeterminationOut,
    ExplanationOut,
    PackOut,
    ProgrammeOut,
    ProofOut,
)
from services.subsidy.engine import Pack
from services.subsidy.errors import LineNotFound, NoPolicy, SubjectNotFound
from shared.api import Kernel, Session, router
from shared.auth import Caller, require
from shared.errors import problems
from shared.language import Lang

routes = router("/v1/determinations", "determinations")
pack_routes = router("/v1/packs", "determinations")
line_routes = router("/v1/lines", "lines")
Reader = Annotated[Caller, require("subsidy.determinations:read")]


@routes.post("", summary="Determine one entitlement 单个认定", responses=problems(SubjectNotFound, NoPolicy))
async def determine(
    body: DeterminationIn,
    session: Session,
    kernel: Kernel,
    caller: Reader,  # noqa: ARG001  # the scope
    lang: Lang,
) -> DeterminationOut:
    """What is due to a senior or an institution in a month, on the facts known now or known then, with every step.

    Answers why somebody was not paid, too: for anybody in the caller's regions.
    """
    return await service.determine(session, kernel.database, packs_of.packs(kernel.settings), body, lang)


@pack_routes.get("", summary="List policy packs 政策包列表")
async def list_packs(kernel: Kernel, caller: Reader) -> list[PackOut]:  # noqa: ARG001  # the scope
    """The law in force: every pack with its programmes, their clauses and the sentences they rest on."""
    return [_pack(pack) for pack in packs_of.packs(kernel.settings)]


def _pack(pack: Pack) -> PackOut:
    programmes = [
        ProgrammeOut(
            code=law.code,
            name_zh=law.name.zh,
            name_en=law.name.en,
            kind=law.kind,
            beneficiary=law.beneficiary,
            payee=law.payee,
            clause=law.clause,
            quotation=law.quotation,
        )
        for law in pack.programmes.values()
    ]
    return PackOut(
        region=pack.region,
        name_zh=pack.name.zh,
        name_en=pack.name.en,
        hash=pack.hash,
        status=pack.status,
        sample=pack.sample,
        programmes=programmes,
    )


@line_routes.get("/{line_id}/explanation", summary="Explain a line 明细说明", responses=problems(LineNotFound))
async def explain_line(line_id: UUID, session: Session, caller: Reader, lang: Lang) -> ExplanationOut:  # noqa: ARG001
    """Every step with its figure, date, clause and quotation; what made it less or nothing; what would change it."""
    return await service.explain_line(session, line_id, lang)


@line_routes.post("/{line_id}/proof", summary="Prove a line 明细复算", responses=problems(LineNotFound))
async def prove_line(line_id: UUID, session: Session, caller: Reader) -> ProofOut:  # noqa: ARG001  # the scope
    """Calculate the line again from its frozen inputs under the policy of its hash, and say whether it is equal."""
    return await service.prove_line(session, line_id)
