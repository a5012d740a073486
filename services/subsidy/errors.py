"""What can go wrong in the subsidy service, by name."""

from shared.errors import Conflict, Invalid, NotFound, Unavailable
from shared.jurisdiction import ForeignRegion, MissingRegion


class OutsideRegion(ForeignRegion):
    """The region is not one of the caller's."""

    slug = "subsidy/outside-region"


class UnknownRegion(MissingRegion):
    """No such region code."""

    slug = "subsidy/unknown-region"


class NoPolicy(Invalid):
    """No policy pack covers the region, or it knows no such programme."""

    slug, title_en, title_zh = "subsidy/no-policy", "No policy covers this", "没有适用的政策"


class PoliciesUnfit(Unavailable):
    """The policy files have never been fit for use since this process began."""

    slug, title_en, title_zh = "subsidy/policies-unfit", "The policy files must be mended first", "政策文件须先改正"


class MonthNotBegun(Invalid):
    """The month lies in the future."""

    slug, title_en, title_zh = "subsidy/month-not-begun", "The month has not begun", "该月份尚未开始"


class SubjectNotFound(NotFound):
    """No such senior or organisation in the caller's regions."""

    slug, title_en, title_zh = "subsidy/subject-not-found", "No such senior or organisation here", "未找到该对象"


class NotPaidInMoney(Invalid):
    """The programme is given in kind or as a voucher; a determination says of how much."""

    slug, title_en, title_zh = "subsidy/not-paid-in-money", "This is not paid in money", "该项目不以现金发放"


class NoApplications(Invalid):
    """The programme's facts come from the register or from verified meals."""

    slug = "subsidy/no-applications"
    title_en, title_zh = "This programme takes no applications", "该项目无须申请"


class ApplicationUnfit(Invalid):
    """Beneficiary, months or rows are not what the programme asks for."""

    slug, title_en, title_zh = (
        "subsidy/application-unfit",
        "The application is not fit to be taken",
        "申请内容不符合要求",
    )


class ApplicationNotFound(NotFound):
    """No such application in the caller's regions."""

    slug, title_en, title_zh = "subsidy/application-not-found", "No such application here", "未找到该申请"


class ApplicationKnown(Conflict):
    """Another application stands for the same beneficiary, programme and month."""

    slug = "subsidy/application-known"
    title_en, title_zh = "An application for these months stands already", "该对象在所申请月份已有申请"


class RunNotFound(NotFound):
    """No such run in the caller's regions."""

    slug, title_en, title_zh = "subsidy/run-not-found", "No such run here", "未找到该发放批次"


class RunOpen(Conflict):
    """A run for this month and region is not finished yet."""

    slug = "subsidy/run-open"
    title_en, title_zh = "A run for this month and region is still open", "该月份该地区已有未完成的批次"


class RunOverlaps(Conflict):
    """A run of a region above or below stands for this month."""

    slug = "subsidy/run-overlaps"
    title_en, title_zh = "A run of a region above or below stands for this month", "该月份已有上级或下级地区的批次"


class WrongState(Conflict):
    """Not possible in the present state."""

    slug, title_en, title_zh = "subsidy/wrong-state", "Not possible in the present state", "当前状态不允许此操作"


class SecondPersonNeeded(Conflict):
    """Whoever made or submitted it may not decide on it."""

    slug, title_en, title_zh = "subsidy/second-person-needed", "A second person has to decide", "须由另一人审批"


class LineNotFound(NotFound):
    """No such line in the caller's regions."""

    slug, title_en, title_zh = "subsidy/line-not-found", "No such line here", "未找到该发放明细"


class HoldNotFound(NotFound):
    """No such hold in the caller's regions."""

    slug, title_en, title_zh = "subsidy/hold-not-found", "No such hold here", "未找到该暂停记录"


class HoldKnown(Conflict):
    """The subject is on hold already."""

    slug, title_en, title_zh = "subsidy/hold-known", "This subject is already on hold", "该对象已暂停发放"


class BatchNotFound(NotFound):
    """No such payment batch in the caller's regions."""

    slug, title_en, title_zh = "subsidy/batch-not-found", "No such payment batch here", "未找到该支付批次"


class BatchNotReady(Conflict):
    """The payment batch is still being prepared, or could not be."""

    slug, title_en, title_zh = "subsidy/batch-not-ready", "The payment batch is not ready", "支付批次尚未就绪"


class BatchOutOfDate(Conflict):
    """The last look at the batch's lines is too long ago for its file to leave for the first time."""

    slug = "subsidy/batch-out-of-date"
    title_en, title_zh = "The payment batch is out of date: withdraw it", "支付批次已过时,请撤回后重新生成"


class BatchGivenOut(Conflict):
    """The payment file was downloaded: only the bank can say what became of it."""

    slug, title_en, title_zh = "subsidy/batch-given-out", "The payment file has left", "支付文件已下载,不能撤回"


class BatchNotGivenOut(Conflict):
    """Nobody has downloaded the payment file, so no bank can have answered it."""

    slug = "subsidy/batch-not-given-out"
    title_en, title_zh = "The payment file has never left", "支付文件尚未下载,不能导入回盘"


class NothingToPay(Conflict):
    """Every line of the run is with the bank, settled, or waits for a confirmation."""

    slug, title_en, title_zh = "subsidy/nothing-to-pay", "Nothing is left to pay", "没有待支付的明细"


class ReturnFileRefused(Invalid):
    """The bank's file does not fit the batch; nothing was taken from it."""

    slug, title_en, title_zh = "subsidy/return-file-refused", "The return file is refused whole", "回盘文件整体被拒绝"


class RecoveryNotFound(NotFound):
    """No such recovery in the caller's regions."""

    slug, title_en, title_zh = "subsidy/recovery-not-found", "No such recovery here", "未找到该追缴记录"


class RequestNotFound(NotFound):
    """No such entry was asked for on this recovery."""

    slug, title_en, title_zh = "subsidy/request-not-found", "No such request here", "未找到该登记申请"


class MoreThanOwed(Conflict):
    """More would come back than is owed."""

    slug, title_en, title_zh = "subsidy/more-than-owed", "More than is owed", "金额超过未追回余额"


class SimulationNotFound(NotFound):
    """No such simulation in the caller's regions, or it was kept long enough."""

    slug, title_en, title_zh = "subsidy/simulation-not-found", "No such simulation here", "未找到该测算"


class SimulationNotDone(Conflict):
    """The simulation has no result: it runs, failed or was cancelled."""

    slug, title_en, title_zh = "subsidy/simulation-not-done", "The simulation has no result", "该测算没有结果"


class TooManySimulations(Conflict):
    """A person has several simulations that are not finished."""

    slug = "subsidy/too-many-simulations"
    title_en, title_zh = "Wait until one of your simulations is finished", "您未完成的测算过多,请稍后再试"


class ChangeRefused(Invalid):
    """The law cannot be changed like this."""

    slug, title_en, title_zh = "subsidy/change-refused", "The law cannot be changed like this", "不能这样调整政策"


class DraftRefused(Invalid):
    """The draft is not fit for use; ``refusals`` has file, line and key of everything to mend."""

    slug, title_en, title_zh = "subsidy/draft-refused", "The draft must be mended first", "政策草案须先改正"
