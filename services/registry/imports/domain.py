"""The published CSV of seniors (老年人导入表): its columns, and what can be wrong with a row."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.registry.lives.domain import NAMES
from services.registry.seniors.domain import CIRCUMSTANCES

NAME, NUMBER, REGION, SINCE = "name", "identity_number", "region", "resident_since"
PHONE, ADDRESS, LATITUDE, LONGITUDE, DATUM = "phone", "address", "latitude", "longitude", "datum"
BANK, ACCOUNT, FACTS_FROM = "bank", "bank_account", "circumstances_from"
WHOLE_ROW = "row"
REQUIRED = (NAME, NUMBER, REGION)
CHINESE: Mapping[str, str] = {
    NAME: "姓名",
    NUMBER: "身份证号",
    REGION: "区划代码",
    SINCE: "户籍迁入日期",
    PHONE: "联系电话",
    ADDRESS: "住址",
    LATITUDE: "纬度",
    LONGITUDE: "经度",
    DATUM: "坐标系",
    BANK: "开户银行",
    ACCOUNT: "银行账号",
    FACTS_FROM: "情况生效日期",
    **{kind: NAMES[kind][1] for kind in CIRCUMSTANCES},
    WHOLE_ROW: "整行",
}
COLUMNS = tuple(column for column in CHINESE if column != WHOLE_ROW)
HEADINGS = {CHINESE[column]: column for column in COLUMNS} | {column: column for column in COLUMNS}
VALUES: Mapping[str, str] = {
    "是": "yes",
    "否": "no",
    "特困": "extremely_poor",
    "低保": "subsistence_allowance",
    "低保边缘": "marginal",
    "一般": "ordinary",
    "无": "none",
    "一级": "1",
    "二级": "2",
    "三级": "3",
    "四级": "4",
}
"""Chinese values of circumstances; the English codes are accepted as they are."""
CIRCUMSTANCE_COLUMNS = tuple(CIRCUMSTANCES)


class FileError(ValueError):
    """The file as a whole cannot be read as the published CSV."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.code, self.en, self.zh = code, en, zh


@dataclass(frozen=True)
class RowError:
    """One thing wrong in a row, by column."""

    column: str
    code: str
    en: str
    zh: str


@dataclass(frozen=True)
class Reject:
    """A row error with the number of its line in the file; the header is line 1."""

    row: int
    error: RowError
