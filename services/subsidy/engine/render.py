"""A trace as plain text, for the person it is about and for those who ask on her behalf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.subsidy.engine.wording import Language

PHRASES: Mapping[str, dict[str, str]] = {
    "head": {"zh": "{name}({month})", "en": "{name}, {month}"},
    "paid": {"zh": "本月发放 {amount} 元。", "en": "Paid this month: {amount} yuan."},
    "not_eligible": {"zh": "本月不发放。", "en": "Nothing is paid this month."},
    "held": {
        "zh": "本月暂缓发放,须由工作人员核实。",
        "en": "Nothing is paid for now: a member of staff must look at it.",
    },
    "not_configured": {"zh": "本月不能发放:规定还不完整。", "en": "Nothing can be paid: a decision is still missing."},
    "how": {"zh": "计算过程:", "en": "How this was worked out:"},
    "why_not": {"zh": "原因:", "en": "Why:"},
    "why_less": {"zh": "没有更多的原因:", "en": "Why it is not more:"},
    "basis": {"zh": "市级规定{clause}:“{quotation}”", "en": "The city's rule, clause {clause}: “{quotation}”"},
    "missing": {"zh": "尚缺的决定:", "en": "Decisions that are missing:"},
    "decides": {"zh": "由{who}决定", "en": "to be taken by {who}"},
    "change": {"zh": "怎样会有变化:", "en": "What would change this:"},
    "demanded": {"zh": "不符合条件:{text}", "en": "this condition is not met: {text}"},
    "source": {"zh": "依据《{title}》{clause}:“{quotation}”", "en": "Source: {title}, clause {clause}: “{quotation}”"},
    "since": {"zh": "(自{since}起)", "en": " (in force since {since})"},
    "sample": {"zh": "注意:{note}", "en": "Note: {note}"},
    "draft": {"zh": "注意:这是征求意见稿,仅供测算。", "en": "Note: this is a draft, for simulation only."},
}


def render(trace: Mapping[str, Any], language: Language) -> str:
    """The whole explanation in plain Chinese or English, line by line."""
    lines = [_say("head", language, name=trace["programme"]["name"][language], month=trace["month"])]
    lines.append(_say(trace["outcome"], language, amount=trace["amount"]))
    why = "why_less" if trace["outcome"] == "paid" else "why_not"
    lines += _listed(why, language, [_failed(item, language) for item in trace["failed_conditions"]])
    lines += _listed("missing", language, [_missing(item, language) for item in trace["missing"]])
    lines += _listed("how", language, _steps(trace, language))
    lines += _listed("change", language, [item["text"][language] for item in trace["what_would_change"]])
    if trace["pack"]["note"]:
        lines.append(_say("sample", language, note=trace["pack"]["note"][language]))
    if trace["pack"]["status"] == "draft":
        lines.append(_say("draft", language))
    return "\n".join(lines)


def _say(phrase: str, language: Language, **words: object) -> str:
    return PHRASES[phrase][language].format(**words)


def _listed(phrase: str, language: Language, items: list[str]) -> list[str]:
    numbered = [f"{number}. {item}" for number, item in enumerate(items, start=1)]
    return [_say(phrase, language), *numbered] if items else []


def _steps(trace: Mapping[str, Any], language: Language) -> list[str]:
    """Each source is quoted where it first appears."""
    quoted: set[tuple[str, str]] = set()
    lines = []
    for step in trace["steps"]:
        line, source = step["text"][language], step["source"]
        if source and (source["document"]["id"], source["quotation"]) not in quoted:
            quoted.add((source["document"]["id"], source["quotation"]))
            line += "\n   " + _source(source, language) + _basis(source, language)
        lines.append(line)
    return lines


def _source(source: Mapping[str, Any], language: Language) -> str:
    title, since = source["document"]["title"][language], source.get("since")
    text = _say("source", language, title=title, clause=source["clause"], quotation=source["quotation"])
    return text + (_say("since", language, since=since) if since else "")


def _basis(source: Mapping[str, Any], language: Language) -> str:
    """A district's amount rests on the city's floor; what the city left open has nothing to rest on."""
    basis = source["basis"]
    if basis is None or source["semantics"] == "decision":
        return ""
    return "\n   " + _say("basis", language, clause=basis["clause"], quotation=basis["quotation"])


def _failed(item: Mapping[str, Any], language: Language) -> str:
    text: str = item["text"][language]
    text = _say("demanded", language, text=text) if item["demanded"] else text
    return text + ("\n   " + _source(item, language) if item["document"] else "")


def _missing(item: Mapping[str, Any], language: Language) -> str:
    decision, who = item["missing_decision"], item["decided_by"]
    text: str = decision[language] if decision else item["label"][language]
    return text + (", " if language == "en" else ",") + _say("decides", language, who=who[language]) if who else text
