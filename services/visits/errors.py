"""What the visits service can refuse, by name."""

from __future__ import annotations

from shared.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, UnsupportedMediaType


class BatchTooLarge(TooLarge):
    """More events than a batch may hold; nothing of it was recorded."""

    slug, title_en, title_zh = "batch-too-large", "The batch holds too many events", "批次条数超过上限"


class NotADelivery(Invalid):
    """The delivery's content is wrong."""

    slug, title_en, title_zh = "delivery-invalid", "The delivery is not valid", "送餐记录内容不正确"


class OtherVendor(Forbidden):
    """A vendor records for itself only."""

    slug, title_en, title_zh = "other-vendor", "The vendor is not the token's organisation", "只能上报本机构的记录"


class VendorUnknown(Forbidden):
    """The token's organisation is not registered, or its registration has not arrived yet."""

    slug, title_en, title_zh = "vendor-unknown", "This organisation is not registered", "机构尚未登记"


class SeniorNotFound(NotFound):
    """No such senior in the caller's districts."""

    slug, title_en, title_zh = "senior-not-found", "No such senior in your districts", "所辖区域内没有该老年人"


class DeliveryNotFound(NotFound):
    """No such delivery, or none of the caller's."""

    slug, title_en, title_zh = "delivery-not-found", "No such delivery", "没有该送餐记录"


class SequenceConflict(Conflict):
    """Same event, same sequence, other content."""

    slug, title_en, title_zh = (
        "sequence-conflict",
        "This sequence was recorded with other content",
        "同一序号已有不同内容的记录",
    )


class EventElsewhere(Conflict):
    """The event id belongs to a delivery in a district outside this token."""

    slug, title_en, title_zh = (
        "event-elsewhere",
        "This event id is used in another district",
        "该事件编号已用于其他区域",
    )


class NotFlagged(Conflict):
    """Only a flagged delivery is reviewed."""

    slug, title_en, title_zh = "not-flagged", "The delivery is not waiting for review", "该记录不在待复核状态"


class OwnDelivery(Forbidden):
    """A vendor does not review its own deliveries."""

    slug, title_en, title_zh = "own-delivery", "Vendors do not review deliveries", "助餐机构不得复核送餐记录"


class NotCloudEvents(UnsupportedMediaType):
    """The batch route reads CloudEvents batches only."""

    slug, title_en, title_zh = "media-type", "Send one of the media types of this route", "请使用本接口支持的内容类型"
