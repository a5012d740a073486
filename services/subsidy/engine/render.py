"""A trace as plain text, for the person it is about and for those who ask on her behalf."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.subsidy.engine.printed import in_month, on_day
from services.subsidy.engine.wording import Language
from shared.clock import Month

PHRASES: Mapping[str, dict[str, str]] = {
    "head": {"zh": "{name},{month}", "en": "{name}, {month}"},
    "cash": {"zh": "本月应发 {amount} 元{payee}。", "en": "Due this month: {amount} yuan{payee}."},
    "in_kind": {"zh": "本月可以享受价值 {amount} 元的服务。", "en": "Services worth {amount} yuan this month."},
    "voucher": {"zh": "本月应发价值 {amount} 元的服务券。", "en": "Vouchers worth {amount} yuan are due this month."},
    "payee": {"zh": ",付给{payee}", "en": ", to the {payee}"},
    "drafted": {
        "zh": "如果按这份征求意见稿执行,本月是 {amount} 元。现在并不发放。",
        "en": "If the draft were law, this would be {amount} yuan this month. Nothing is paid now.",
    },
    "not_eligible": {"zh": "本月不发放。", "en": "Nothing is paid this month."},
    "held": {
        "zh": "本月先不发放,等工作人员核实。",
        "en": "Nothing is paid for now: a member of staff must look at it first.",
    },
    "not_configured": {
        "zh": "本月还不能发放。",
        "en": "Nothing can be paid yet.",
    },
    "document_is_draft": {
        "zh": "本月不能发放:文件还只是征求意见稿。",
        "en": "Nothing can be paid: the document is only a draft.",
    },
    "effective_date_missing": {
        "zh": "本月还不能发放:文件从哪一天起施行,还没有人录入。",
        "en": "Nothing can be paid yet: nobody has entered the day from which the document counts.",
    },
    "how": {"zh": "计算过程:", "en": "How this was worked out:"},
    "looked_at": {"zh": "已经核对的情况:", "en": "What was looked at:"},
    "why_not": {"zh": "原因:", "en": "Why:"},
    "why_less": {"zh": "为什么不是更多:", "en": "Why it is not more:"},
    "basis": {
        "zh": "市级规定{clause}:“{quotation}”",
        "en": "The city's rule, clause {clause}, quoted in Chinese: “{quotation}”",
    },
    "open": {"zh": "还没有决定:{what}", "en": "not decided yet: {what}"},
    "open_who": {"zh": ",要由{who}决定", "en": ", which is for {who} to decide"},
    "open_more": {"zh": ";另有{more}件事也没有定", "en": "; further points still open: {more}"},
    "open_rest": {"zh": "另有{more}件事没有定", "en": "further points still open: {more}"},
    "missing": {"zh": "还没有决定的事:", "en": "What is still undecided:"},
    "decides": {"zh": "{text}(由{who}决定)", "en": "{text} (to be decided by {who})"},
    "change": {"zh": "怎样会有变化:", "en": "What would change this:"},
    "demanded": {"zh": "规定要求“{text}”,{when}不符合", "en": "the rule asks that {text}; this is not so{when}"},
    "month": {"zh": "本月", "en": ""},
    "days": {"zh": "{from_day}日至{to_day}日", "en": " from day {from_day} to day {to_day}"},
    "some": {"zh": "部分记录", "en": " for some of the records"},
    "source": {
        "zh": "依据《{title}》{clause}:“{quotation}”",
        "en": "Source: {title}, clause {clause}, quoted in Chinese: “{quotation}”",
    },
    "read": {"zh": "", "en": "; read here as: {says}"},
    "times": {"zh": "(共{times}处相同)", "en": " (the same {times} times)"},
    "since": {"zh": "(自{since}起执行)", "en": " (in force since {since})"},
    "sample": {"zh": "注意:{note}", "en": "Note: {note}"},
    "draft": {
        "zh": "注意:这是征求意见稿,还不是规定,只供测算,不据此发放。",
        "en": "Note: this is a draft for comment and no rule yet; it is for simulation only, nothing is paid by it.",
    },
}
NOT_PAID = ("days_unpaid", "units", "per_unit")
"""Steps that say nothing where nothing is paid."""
OUT_OF_TIME = ("before_effective_date", "after_expiry_date")
"""Reasons beside which it does not matter what else was undecided then."""
ITSELF = ("senior", "household")
"""Payees who need no saying: the money goes where the benefit is for."""


def render(trace: Mapping[str, Any], language: Language, *, full: bool = False) -> str:
    """The explanation in plain Chinese or English, line by line, the answer first; each sentence of a document is
    quoted once. ``full``: also every question that is undecided, and every step as often as it was taken."""
    quoted: set[tuple[str, str]] = set()
    paid = trace["outcome"] == "paid"
    lines = [_head(trace, language), verdict(trace, language)]
    lines += filter(None, [open_sentence(trace, language)])
    lines += _listed("why_less" if paid else "why_not", language, failures(trace, language, quoted))
    lines += _listed("missing", language, undecided(trace, language, quoted) if full else [])
    lines += _listed("how" if paid else "looked_at", language, _steps(trace, language, quoted, full=full))
    lines += _listed("change", language, [item["text"][language] for item in trace["what_would_change"]])
    if trace["pack"]["note"]:
        lines.append(say("sample", language, note=trace["pack"]["note"][language]))
    if trace["pack"]["status"] == "draft":
        lines.append(say("draft", language))
    return "\n".join(lines)


def say(phrase: str, language: Language, **words: object) -> str:
    """A phrase with its words in place."""
    return PHRASES[phrase][language].format(**words)


def _head(trace: Mapping[str, Any], language: Language) -> str:
    month: str = getattr(in_month(Month.parse(trace["month"])), language)
    return say("head", language, name=trace["programme"]["name"][language], month=month)


def verdict(trace: Mapping[str, Any], language: Language) -> str:
    """Whether anything is paid, how much, in which form and to whom; if not, what stands in the way."""
    programme, outcome = trace["programme"], trace["outcome"]
    if outcome != "paid":
        return say(trace["reason"] if trace["reason"] in PHRASES else outcome, language)
    if trace["pack"]["status"] == "draft":
        return say("drafted", language, amount=trace["amount"])
    payee = ""
    if programme["payee"] not in ITSELF:
        payee = say("payee", language, payee=programme["payee_name"][language])
    return say(programme["form"], language, amount=trace["amount"], payee=payee)


def _listed(phrase: str, language: Language, items: Sequence[str]) -> list[str]:
    numbered = [f"{number}. {item}" for number, item in enumerate(items, start=1)]
    return [say(phrase, language), *numbered] if items else []


def failures(trace: Mapping[str, Any], language: Language, quoted: set[tuple[str, str]] | None = None) -> list[str]:
    """What speaks against paying; a decision that is missing is told with who takes it, not here."""
    missing = {item["parameter"] for item in trace["missing"]}
    told = [item for item in trace["failed_conditions"] if item["code"] not in missing]
    return [_failed(trace, item, language) + _quoted(item, language, quoted) for item in told]


def open_sentence(trace: Mapping[str, Any], language: Language) -> str:
    """What stands already and what nobody has decided, in one sentence; empty where there is no more to say."""
    told = [item for item in trace["missing"] if item["missing_decision"]]
    if trace["reason"] in (*OUT_OF_TIME, "document_is_draft") or not (told or trace.get("granted")):
        return ""
    parts = [trace["granted"][language]] if trace.get("granted") else []
    if told and trace["reason"] == "effective_date_missing":
        parts.append(say("open_rest", language, more=len(told)))
    elif told:
        first, more = told[0], len(told) - 1
        what = say("open", language, what=first["missing_decision"][language])
        who = say("open_who", language, who=first["decided_by"][language]) if first["decided_by"] else ""
        parts.append(what + who + (say("open_more", language, more=more) if more else ""))
    text = (";" if language == "zh" else "; ").join(parts)
    return text[:1].upper() + text[1:] + ("。" if language == "zh" else ".")


def undecided(trace: Mapping[str, Any], language: Language, quoted: set[tuple[str, str]] | None = None) -> list[str]:
    """What nobody has decided, and who will."""
    if trace["reason"] in OUT_OF_TIME:
        return []
    told = [item for item in trace["missing"] if item["missing_decision"]]
    return [_missing(item, language) + _quoted(item, language, quoted) for item in told]


def _steps(trace: Mapping[str, Any], language: Language, quoted: set[tuple[str, str]], *, full: bool) -> list[str]:
    lines = []
    paid = trace["outcome"] == "paid"
    steps = [step for step in trace["steps"] if paid or step["code"] not in NOT_PAID]
    for step, times in ((step, 1) for step in steps) if full else once(steps):
        source = step["source"]
        line: str = step["text"][language] + (say("times", language, times=times) if times > 1 else "")
        if source:
            line += _quoted(source, language, quoted) + _basis(source, language, quoted)
        lines.append(line)
    return lines


def once(steps: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Every step once, with how often it is told: thirty residents of one level are one line. The trace has all."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        found.setdefault(step["text"]["zh"], []).append(step)
    return [(alike[0], len(alike)) for alike in found.values()]


def _quoted(source: Mapping[str, Any], language: Language, quoted: set[tuple[str, str]] | None) -> str:
    """The sentence a line rests on, where it is told for the first time; None tells none."""
    if quoted is None or not source["document"] or not _first(source, quoted):
        return ""
    title, since = source["document"]["title"][language], source.get("since")
    text = say("source", language, title=title, clause=source["clause"], quotation=source["quotation"])
    text += say("read", language, says=source["says"][language]) if source.get("says") else ""
    known = date.fromisoformat(since) if since else date.min
    return f"\n   {text}" + (say("since", language, since=getattr(on_day(known), language)) if known > date.min else "")


def _first(source: Mapping[str, Any], quoted: set[tuple[str, str]]) -> bool:
    sentence = source["document"]["id"], source["quotation"]
    new = sentence not in quoted
    quoted.add(sentence)
    return new


def _basis(source: Mapping[str, Any], language: Language, quoted: set[tuple[str, str]]) -> str:
    """A district's amount rests on the city's floor; what the city left open has nothing to rest on."""
    basis = source["basis"]
    if basis is None or source["semantics"] == "decision" or not _first(basis, quoted):
        return ""
    return "\n   " + say("basis", language, clause=basis["clause"], quotation=basis["quotation"])


def _failed(trace: Mapping[str, Any], item: Mapping[str, Any], language: Language) -> str:
    text: str = item["text"][language]
    if not item["demanded"]:
        return text
    return say("demanded", language, text=text, when=_when(trace["inputs"], item["rows"], language))


def _when(inputs: Sequence[Mapping[str, Any]], rows: Sequence[int], language: Language) -> str:
    """For the whole month, or for which of its days."""
    concerned = [inputs[index] for index in rows]
    if len(concerned) == len(inputs):
        return say("month", language)
    if any(row.get("from_day") is None or row.get("to_day") is None for row in concerned):
        return say("some", language)
    days = [say("days", language, from_day=row["from_day"], to_day=row["to_day"]) for row in concerned]
    return ("、" if language == "zh" else ",").join(days)


def _missing(item: Mapping[str, Any], language: Language) -> str:
    text, who = item["missing_decision"][language], item["decided_by"]
    return say("decides", language, text=text, who=who[language]) if who else str(text)
