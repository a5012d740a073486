"""Routes of the law as people read it 政策查询. Public law: one scope for everybody, and no region is hidden."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.subsidy import packs as packs_of
from services.subsidy.catalogue import documents, parameters, programmes, service, targets
from services.subsidy.catalogue.errors import PackNotFound, RuleNotFound
from services.subsidy.catalogue.reading import (
    KEEP,
    NOT_MODIFIED,
    REVALIDATE,
    LawOf,
    PackHash,
    tagged,
)
from services.subsidy.catalogue.rule_schemas import (
    CategoriesOut,
    LevelsOut,
    OpenOut,
    PairOut,
    ParameterDetail,
    ParameterOut,
    ProgrammeOut,
    TargetOut,
)
from services.subsidy.catalogue.schemas import (
    DiffOut,
    DocumentDetail,
    DocumentOut,
    PackDetail,
    PackOut,
    StatusOut,
)
from services.subsidy.engine.published import TRACE_SCHEMA_TEXT
from services.subsidy.schemas import Programme
from shared.api import ImpersonalRoute, Kernel, Session, router
from shared.auth import Caller, require
from shared.errors import problems
from shared.language import Lang

packs = router("/v1/packs", "policies 政策", ImpersonalRoute)
regions = router("/v1/regions", "policies 政策", ImpersonalRoute)
status = router("/v1/policy-status", "policies 政策", ImpersonalRoute)
schemas = router("/v1/schemas", "policies 政策", ImpersonalRoute)
Reader = Annotated[Caller, require("subsidy.policies:read")]
Named = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
Code = Annotated[Programme, Path(description="Code of the programme 补贴项目代码")]
LAW = problems(PackNotFound) | NOT_MODIFIED
RULE = problems(PackNotFound, RuleNotFound) | NOT_MODIFIED


SNAPSHOT = {"region": "321200", "documents": {}, "programmes": {}}
SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Trace of a determination 补贴核定说明"}
"""The beginnings of two long answers."""


@packs.get("", summary="List policy packs 政策包列表", responses=NOT_MODIFIED)
async def list_packs(request: Request, response: Response, kernel: Kernel, lang: Lang, caller: Reader) -> list[PackOut]:  # noqa: ARG001
    """The law in force: every pack with its programmes, their clauses and the sentences they rest on."""
    known = packs_of.packs(kernel.settings)
    tagged(request, response, lang, REVALIDATE, *(pack.hash for pack in known))
    return [service.brief(pack) for pack in known]


@packs.get("/{pack_hash}", summary="Read a policy pack 政策包详情", responses=LAW)
async def read_pack(
    *,
    pack_hash: PackHash,
    request: Request,
    response: Response,
    session: Session,
    kernel: Kernel,
    lang: Lang,
    caller: Reader,  # noqa: ARG001  # the scope
) -> PackDetail:
    """A pack in use, or one that decided lines once, by its hash."""
    known = packs_of.packs(kernel.settings)
    pack = await service.named(session, known, pack_hash)
    found = service.detail(known, pack, lang)
    tagged(request, response, lang, REVALIDATE, pack_hash, found.in_use)
    return found


@packs.get(
    "/{pack_hash}/snapshot",
    summary="Download a policy pack 下载政策包快照",
    response_class=Response,
    responses=LAW | {200: {"content": {"application/json": {"schema": {"type": "object"}, "example": SNAPSHOT}}}},
)
async def read_snapshot(
    *,
    pack_hash: PackHash,
    request: Request,
    session: Session,
    kernel: Kernel,
    lang: Lang,
    caller: Reader,  # noqa: ARG001
) -> Response:
    """All a pack says, as JSON. Its hash is the SHA-256 of these bytes; ``policies diff`` reads the file."""
    content = await service.snapshot(session, packs_of.packs(kernel.settings), pack_hash)
    answer = Response(content, media_type="application/json")
    tagged(request, answer, lang, KEEP, pack_hash)
    return answer


@packs.get("/{pack_hash}/diff/{other_hash}", summary="Compare two policy packs 政策包比对", responses=LAW)
async def compare_packs(
    *,
    pack_hash: PackHash,
    other_hash: PackHash,
    request: Request,
    response: Response,
    session: Session,
    kernel: Kernel,
    lang: Lang,
    caller: Reader,  # noqa: ARG001  # the scope
) -> DiffOut:
    """What changed from the first to the second: values with their dates, conditions, documents, what may be had
    together; and whom it touches, from which month."""
    found = await service.difference(session, packs_of.packs(kernel.settings), (pack_hash, other_hash), lang)
    tagged(request, response, lang, KEEP, pack_hash, other_hash)
    return found


@regions.get("/{region}/programmes", summary="Programmes of a region 补贴项目列表", responses=LAW)
async def list_programmes(law: LawOf, caller: Reader) -> list[ProgrammeOut]:  # noqa: ARG001  # the scope
    """Every benefit: its force, form, beneficiary and payee, how it is calculated, what it needs, and whether it can be
    paid; if not, why, and who decides.

    Benefits that only other places know are listed, too: an incomplete text answers "not in the available text".
    """
    return programmes.programmes(law)


@regions.get("/{region}/programmes/{programme}", summary="One programme of a region 补贴项目", responses=RULE)
async def read_programme(programme: Code, law: LawOf, caller: Reader) -> ProgrammeOut:  # noqa: ARG001  # the scope
    """One benefit, known here or elsewhere."""
    return programmes.programme(law, programme)


@regions.get("/{region}/parameters", summary="Parameters on a day 参数取值", responses=RULE)
async def list_parameters(
    law: LawOf,
    caller: Reader,  # noqa: ARG001  # the scope
    programme: Annotated[Programme | None, Query(description="Only those it uses 仅限该项目")] = None,
) -> list[ParameterOut]:
    """Every figure and decision in force, with its document, clause and sentence, and who entered its date."""
    return parameters.parameters(law, programme)


@regions.get("/{region}/parameters/{parameter}", summary="A parameter with its history 参数沿革", responses=RULE)
async def read_parameter(parameter: Named, law: LawOf, caller: Reader) -> ParameterDetail:  # noqa: ARG001  # the scope
    """All dated values of one parameter, each with its document, clause and sentence."""
    return parameters.parameter(law, parameter)


@regions.get("/{region}/undecided", summary="What is undecided 待定事项清单", responses=LAW)
async def list_undecided(law: LawOf, caller: Reader) -> OpenOut:  # noqa: ARG001  # the scope
    """The clerk's list: documents without an effective day, parameters without a value, and who decides each."""
    return parameters.open_decisions(law)


@regions.get("/{region}/documents", summary="Documents of a region 政策文件列表", responses=LAW)
async def list_documents(law: LawOf, caller: Reader) -> list[DocumentOut]:  # noqa: ARG001  # the scope
    """The documents that a region's law is taken from, with their status and from when they count."""
    return documents.documents(law)


@regions.get("/{region}/documents/{document}", summary="A document with its text 政策文件全文", responses=RULE)
async def read_document(document: Named, law: LawOf, caller: Reader) -> DocumentDetail:  # noqa: ARG001  # the scope
    """The project's own copy of the text, and where each sentence stands that a rule rests on."""
    return documents.document(law, document)


@regions.get("/{region}/targets", summary="Targets of a region 目标任务", responses=LAW)
async def list_targets(law: LawOf, caller: Reader) -> list[TargetOut]:  # noqa: ARG001  # the scope
    """What the documents want reached by when. A target stays after its date."""
    return targets.targets(law)


@regions.get("/{region}/stacking", summary="What may be had together 叠加关系", responses=LAW)
async def list_stacking(law: LawOf, caller: Reader) -> list[PairOut]:  # noqa: ARG001  # the scope
    """Every pair of benefits for one person: both, one of them, the higher, one against the other, or undecided."""
    return targets.stacking(law)


@regions.get("/{region}/levels", summary="Mapping of levels 能力等级对照", responses=LAW)
async def list_levels(law: LawOf, caller: Reader) -> list[LevelsOut]:  # noqa: ARG001  # the scope
    """How the levels of an assessment become the words of a document."""
    return parameters.levels(law)


@regions.get("/{region}/purchase-categories", summary="What is purchased 政府购买服务项目", responses=LAW)
async def list_categories(law: LawOf, caller: Reader) -> list[CategoriesOut]:  # noqa: ARG001  # the scope
    """The kinds of service that the government buys; empty where the law names none."""
    return parameters.purchase_categories(law)


@status.get("", summary="How the policy files stand 政策文件状态")
async def read_policy_status(kernel: Kernel, lang: Lang, caller: Reader) -> StatusOut:  # noqa: ARG001  # the scope
    """Since when the packs are in use; where the files on disk are refused, file, line, key and the mend."""
    return service.status(packs_of.library(kernel.settings).edition, lang)


@schemas.get(
    "/anxiang.trace.v1",
    summary="Schema of a trace 计算过程的 JSON Schema",
    response_class=Response,
    responses=NOT_MODIFIED
    | {200: {"content": {"application/schema+json": {"schema": {"type": "object"}, "example": SCHEMA}}}},
)
async def read_trace_schema(request: Request, lang: Lang, caller: Reader) -> Response:  # noqa: ARG001  # the scope
    """What every determination's and explanation's ``trace`` looks like, as JSON Schema 2020-12 with examples."""
    answer = Response(TRACE_SCHEMA_TEXT, media_type="application/schema+json")
    tagged(request, answer, lang, KEEP, TRACE_SCHEMA_TEXT)
    return answer
