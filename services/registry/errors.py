"""What can go wrong in the registry, by name."""

from collections.abc import Iterable
from typing import Self

from shared.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from shared.jurisdiction import ForeignRegion, MissingRegion


class OutsideRegion(ForeignRegion):
    """The region is not one of the caller's."""

    slug = "registry/outside-region"
    title_en, title_zh = "This region is outside your jurisdiction", "该区划不在您的管辖范围内"


class OutsideOrganization(Forbidden):
    """The caller acts for another organisation."""

    slug = "registry/outside-organization"
    title_en, title_zh = "You act for another organisation", "不能代其他机构办理"


class UnknownRegion(MissingRegion):
    """No such region code."""

    slug, title_en, title_zh = "registry/unknown-region", "The region code does not exist", "行政区划代码不存在"


class WrongIdentityNumber(Invalid):
    """The identity number cannot be right."""

    slug, title_en, title_zh = "registry/identity-number", "The identity number is not valid", "身份证号不正确"


class SeniorKnown(Conflict):
    """Somebody with this identity number is on the register, perhaps in another region."""

    slug = "registry/senior-known"
    title_en, title_zh = "This identity number is already registered", "该身份证号已登记"


class SeniorNotFound(NotFound):
    """No such senior in the caller's regions."""

    slug, title_en, title_zh = "registry/senior-not-found", "No such senior here", "未找到该老年人"


class FactNotFound(NotFound):
    """No such fact on record, or it was already withdrawn."""

    slug, title_en, title_zh = "registry/fact-not-found", "No such fact is on record", "未找到该记录"


class WrongDates(Invalid):
    """Dates that contradict each other or what is on record."""

    slug, title_en, title_zh = "registry/dates", "The dates contradict each other", "日期相互矛盾"

    @classmethod
    def at(cls, pointer: str, en: str, zh: str) -> Self:
        """The error with the place of the date that is wrong."""
        return cls(en, zh, [FieldError.of(pointer, "date", en, zh)])


class NotDeceased(Conflict):
    """There is no death on record to withdraw."""

    slug, title_en, title_zh = "registry/not-deceased", "No death is on record", "没有死亡登记"


class WrongAssessment(Invalid):
    """The form does not fit the scale."""

    slug, title_en, title_zh = "registry/assessment", "The assessment form is not valid", "评估表填写有误"


class AssessmentNotFound(NotFound):
    """No such assessment of this senior."""

    slug, title_en, title_zh = "registry/assessment-not-found", "No such assessment", "未找到该评估"


class AssessorNotIndependent(Conflict):
    """The assessing body also provides care, or is none at all."""

    slug = "registry/assessor-not-independent"
    title_en, title_zh = "The assessing body may not assess", "评估机构不符合回避要求"


class WrongSocialCreditCode(Invalid):
    """The unified social credit code cannot be right."""

    slug, title_en, title_zh = (
        "registry/social-credit-code",
        "The social credit code is not valid",
        "统一社会信用代码不正确",
    )


class OrganizationKnown(Conflict):
    """The organisation is on file already."""

    slug, title_en, title_zh = "registry/organization-known", "This organisation is already on file", "该机构已登记"


class OrganizationNotFound(NotFound):
    """No such organisation in the caller's regions."""

    slug, title_en, title_zh = "registry/organization-not-found", "No such organisation here", "未找到该机构"


class WrongKind(Conflict):
    """The organisation is not of the kind that this needs."""

    slug, title_en, title_zh = "registry/wrong-kind", "Not for this kind of organisation", "机构类别不符"


class ContractNotFound(NotFound):
    """No such contract of this organisation."""

    slug, title_en, title_zh = "registry/contract-not-found", "No such contract", "未找到该合同"


class ContractKnown(Conflict):
    """The contract is on file already."""

    slug, title_en, title_zh = "registry/contract-known", "This contract is already on file", "该合同已登记"


class AdmissionNotFound(NotFound):
    """No such stay in the caller's regions."""

    slug, title_en, title_zh = "registry/admission-not-found", "No such admission here", "未找到该入住记录"


class AlreadyAdmitted(Conflict):
    """The senior lives in an institution already, perhaps in another region."""

    slug, title_en, title_zh = "registry/already-admitted", "The senior is already admitted", "该老年人已入住养老机构"


class AlreadyDischarged(Conflict):
    """The stay has ended."""

    slug, title_en, title_zh = "registry/already-discharged", "The stay has already ended", "该入住已结束"


class NotAdmissible(Conflict):
    """The senior's or the institution's state forbids a stay."""

    slug, title_en, title_zh = "registry/not-admissible", "This senior cannot be admitted", "不能办理入住"


class ChangeNeedsRequest(Conflict):
    """Where money goes and who somebody is change by a request that a second person decides."""

    slug = "registry/change-needs-request"
    title_en, title_zh = "This changes by a request that another person decides", "该信息须提交变更申请并由他人审批"

    @classmethod
    def of(cls, fields: Iterable[str], route: str) -> Self:
        """The error with the fields that were sent and the route to send them to."""
        en, zh = f"Send it to POST {route}.", f"请提交至 POST {route}。"
        return cls(en, zh, [FieldError.of(f"/{name}", "needs_request", en, zh) for name in sorted(fields)], route=route)


class ChangeNotFound(NotFound):
    """No such request in the caller's regions."""

    slug, title_en, title_zh = "registry/change-not-found", "No such change here", "未找到该变更事项"


class ChangeOpen(Conflict):
    """The subject has an open request on the same topic."""

    slug, title_en, title_zh = (
        "registry/change-open",
        "A change is already waiting for its decision",
        "已有待审批的变更事项",
    )


class ChangeSettled(Conflict):
    """The request was approved, refused or withdrawn before."""

    slug, title_en, title_zh = "registry/change-settled", "The change is already settled", "该变更事项已办结"


class SecondPersonNeeded(Forbidden):
    """Four eyes: who asked may not decide."""

    slug, title_en, title_zh = "registry/second-person", "Another person has to decide", "须由另一人审批"


class ImportNotFound(NotFound):
    """No such import in the caller's regions."""

    slug, title_en, title_zh = "registry/import-not-found", "No such import here", "未找到该导入任务"


class UnreadableFile(Invalid):
    """The file cannot be read as the published CSV."""

    slug, title_en, title_zh = "registry/unreadable-file", "The file cannot be read as CSV", "文件无法按CSV读取"


class ImportRunning(Conflict):
    """The import has not failed, so there is nothing to resume."""

    slug, title_en, title_zh = (
        "registry/import-running",
        "The import is running or has finished",
        "导入任务正在运行或已完成",
    )


class SearchTooLong(Invalid):
    """More parts than a name has."""

    slug, title_en, title_zh = "registry/search-too-long", "Search for fewer parts of a name", "检索内容过多,请减少"
