"""What can be wrong with a request to the credit service."""

from shared.errors import Conflict, Forbidden, Invalid
from shared.jurisdiction import ForeignRegion, MissingRegion


class IllegalStep(Conflict):
    """The entry's state does not allow the step."""

    slug, title_en, title_zh = "illegal-step", "The state of the entry does not allow this step", "当前状态不允许此步骤"


class AlreadyOpen(Conflict):
    """The subject has an open entry on the same list."""

    slug, title_en, title_zh = (
        "already-open",
        "The subject has an open entry on this list",
        "该主体已有未办结的名单事项",
    )


class StatementPeriodRuns(Conflict):
    """The subject may still be heard: neither panel nor decision yet."""

    slug, title_en, title_zh = "statement-period-runs", "The statement period has not ended", "陈述申辩期尚未届满"


class NoPanel(Conflict):
    """No collective deliberation of two people stands behind the decision."""

    slug, title_en, title_zh = "no-panel", "A panel has to sit first", "须先经集体审议"


class TooEarly(Conflict):
    """The shortest period before repair has not passed."""

    slug, title_en, title_zh = "repair-too-early", "Repair is not possible yet", "尚未到可修复的期限"


class NotInForce(Conflict):
    """The record has ended or was repaired."""

    slug, title_en, title_zh = "record-ended", "The record is no longer in force", "该信用记录已失效"


class SamePerson(Forbidden):
    """Four eyes: who had a hand in it may not decide, whatever the client and the spelling of the subject."""

    slug, title_en, title_zh = "four-eyes", "A second person must decide", "须由另一人作出决定"


class OutsideRegion(ForeignRegion):
    """The caller has no say there."""

    slug, title_en, title_zh = "outside-region", "The region is not yours", "不属于您的管辖区域"


class UnknownRegion(MissingRegion):
    """No such region code."""

    slug = "unknown-region"


class UnknownSubject(Invalid):
    """No such organisation or person among those the caller may see."""

    slug, title_en, title_zh = "unknown-subject", "The subject is not known here", "未找到该信用主体"


class NoLegalBasis(Invalid):
    """No listing without a legal basis that is in force and fits."""

    slug, title_en, title_zh = "no-legal-basis", "The legal basis does not carry this", "法律依据不成立"


class WrongDates(Invalid):
    """The dates of the steps contradict each other."""

    slug, title_en, title_zh = "wrong-dates", "The dates contradict each other", "日期前后矛盾"
