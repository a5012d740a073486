"""A result as a table and as a chart, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from services.subsidy.simulations import chart
from services.subsidy.simulations.chart import Bars
from services.subsidy.simulations.results import CellOut, ResultOut
from shared import sheets
from shared.clock import Month
from shared.money import to_yuan
from shared.sheets import Number

By = Literal["district", "month"]
MOST_NAMES = 3
"""Programmes named one by one in a chart."""
STATUS = {"in_force": "现行 in force", "draft": "征求意见稿 draft for comment"}
DRAFTED = ("含征求意见稿的测算,尚未施行,不据此发放", "By a draft for comment: not in force, nothing is paid by it")
COUNTS = ("paid_today", "paid_changed", "gaining", "losing", "unchanged", "newly", "no_longer")
SUMS = ("today", "changed", "difference", "gaining_sum", "losing_sum", "newly_sum", "no_longer_sum")
HEAD = {
    "month": "月份 month",
    "district": "区划代码 district",
    "district_name": "地区 name",
    "programme": "项目代码 programme",
    "programme_zh": "项目",
    "programme_en": "programme name",
    "form": "形式 form",
    "status": "依据 law",
    "today": "现行费用(元) today",
    "changed": "调整后费用(元) changed",
    "difference": "差额(元) difference",
    "paid_today": "现行人数 paid today",
    "paid_changed": "调整后人数 paid as changed",
    "gaining": "提高人数 gaining",
    "gaining_sum": "提高金额(元) gained",
    "losing": "降低人数 losing",
    "losing_sum": "降低金额(元) lost",
    "unchanged": "不变人数 unchanged",
    "newly": "新增人数 newly paid",
    "newly_sum": "新增金额(元) newly paid sum",
    "no_longer": "不再享受人数 no longer paid",
    "no_longer_sum": "减少金额(元) no longer paid sum",
}


def csv_of(result: ResultOut) -> bytes:
    """One row per month, district and programme."""
    cells = sorted(result.cells, key=lambda cell: (cell.month, cell.district, cell.programme))
    return sheets.write(list(HEAD.values()), [[_text(cell, name) for name in HEAD] for cell in cells])


def _text(cell: CellOut, name: str) -> str:
    if name in {"programme_zh", "programme_en"}:
        return cell.programme_name.zh if name.endswith("zh") else cell.programme_name.en
    value = getattr(cell, name)
    if name == "status":
        return STATUS[value]
    if name in SUMS:
        return "" if value is None else Number(to_yuan(value))
    return Number(value) if name in COUNTS and isinstance(value, int) else str(value)


def svg_of(result: ResultOut, months: Sequence[Month], by: By | None) -> bytes:
    """Both costs of every district or every month; of months when there are several, unless asked otherwise."""
    by = by or ("month" if len(months) > 1 else "district")
    first, last = months[0], months[-1]
    span_zh = f"{first.year}年{first.month}月" + ("" if first == last else f"至{last.year}年{last.month}月")
    span_en = str(first) if first == last else f"{first} to {last}"
    each_zh, each_en = ("各月", "by month") if by == "month" else ("各地区", "by district")
    names = list({cell.programme: cell.programme_name for cell in result.cells}.values())
    what_zh, what_en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
    if len(names) > MOST_NAMES:
        what_zh, what_en = f"{names[0].zh}等{len(names)}个项目", f"{names[0].en} and {len(names) - 1} more programmes"
    about = [f"{span_zh} {what_zh}", f"{span_en} {what_en}"]
    about += DRAFTED if any(cell.status == "draft" for cell in result.cells) else ()
    return chart.draw(f"政策测算:{each_zh}费用 Simulation: cost {each_en}", about, _bars(result.cells, by))


def _bars(cells: Sequence[CellOut], by: By) -> list[Bars]:
    groups: dict[str | Month, list[CellOut]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.month, cell.district)):
        groups.setdefault(cell.month if by == "month" else cell.district, []).append(cell)
    return [_bar(key, group) for key, group in groups.items()]


def _bar(key: str | Month, group: Sequence[CellOut]) -> Bars:
    sums: list[int | None] = []
    for name in ("today", "changed"):
        values = [getattr(cell, name) for cell in group]
        sums.append(None if None in values else sum(values))
    zh = f"{key.year}年{key.month}月" if isinstance(key, Month) else group[0].district_name
    return Bars(zh, str(key), *sums)
