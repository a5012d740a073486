"""A draft that comes with a request reaches no file of the machine, and no number in it stops the clock."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO

from services.subsidy.engine import POLICIES, Packs
from services.subsidy.engine.values import FIELD_OF_KIND
from services.subsidy.errors import DraftRefused
from services.subsidy.simulations import drafts
from services.subsidy.simulations.schemas import DraftIn

SAMPLE = POLICIES / "samples" / "321202"
WHOLE, NOTICE = ((SAMPLE / name).read_text(encoding="utf-8") for name in ("override.yaml", "notice.txt"))
OVERRIDE = "  - parameter:".join(WHOLE.split("  - parameter:")[:2])
"""The head of the file and its first value, a scale."""
SECONDS = 2.0
"""Of the processor, for one draft."""
OPENING = {"open", "os.open", "os.listdir", "os.scandir"}
OPENED: list[str] = []
_watching: list[int] = []
"""The thread that is looked at: packs of other tests are followed by threads of their own."""
CLIMBS = [
    "{file}", "..{file}", "../../../../../../..{file}", "notice.txt/../../../../../..{file}", "file://{file}",
    "..%2f..%2f..%2f..{file}", "%2e%2e/%2e%2e{file}", "/proc/self/root{file}", "/dev/../{file}", "~root/../..{file}",
    "\\\\?{file}", "{file}\x00.txt", "{file}.txt", "/proc/self/environ", "/dev/stdin", "notice.txt/", "./notice.txt",
]  # fmt: skip
NUMBERS = [
    "1e300000", "1E+99999999", "-1e999999999", "1e-300000", "9" * 5_000, "9" * 20_000, f"0.{'3' * 20_000}", "NaN",
    "sNaN", "Infinity", "-Infinity", ".inf", ".nan", "-0", "-0.00", "1_000", "６０", "٦٠", "0x3c", "0o74", "0b11",
    "1:00", "190:20:30", "+60", "60.", ".6", "1e2", "６e1", "060",
]  # fmt: skip
AMOUNT = "longevity_allowance.amount"
WRITTEN = ["", "'", '"', "!!float ", "!!int ", "!!str "]


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in OPENING and get_ident() in _watching and "ruamel" not in str(arguments[0]):
        OPENED.append(str(arguments[0]))


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Every file and folder that is opened meanwhile."""
    OPENED.clear()
    _watching.append(get_ident())
    try:
        yield OPENED
    finally:
        _watching.clear()


@cache
def packs() -> Packs:
    """The law in use."""
    return Packs.load(POLICIES, [SAMPLE])


def read(**draft: Any) -> float:
    """Seconds that a draft took, fit or refused; nothing else may happen to it."""
    wanted = DraftIn.model_construct(**{"pack": None, "override": None, "snapshot": None} | draft)
    started = time.process_time()
    try:
        drafts.read(packs(), wanted)
    except DraftRefused as refused:
        json.dumps([refused.body("zh"), refused.body("en")])
    return time.process_time() - started


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every text in a file."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))
        else:
            yield (*path, key)


def plain() -> Any:
    """The district's file with one value of each kind."""
    whole = YAML(typ="safe").load(WHOLE)
    kinds = {next(key for key in value if key in FIELD_OF_KIND.values()): value for value in whole["values"]}
    return whole | {"values": list(kinds.values())}


def replaced(path: tuple[Any, ...], value: str) -> str:
    """That file with another text in one place."""
    out, file = StringIO(), plain()
    node = file
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    YAML(typ="safe").dump(file, out)
    return str(out.getvalue())


PLACES = list(places(plain()))


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_no_text_of_a_draft_opens_a_file(tmp_path: Path, path: tuple[Any, ...]) -> None:
    """In every place of a file in turn, absolute, climbing, encoded: nothing is opened, whatever is written there.

    A document's source is tried with every way of climbing, every other place with one of them.
    """
    secret = tmp_path / "secret"
    secret.write_text("每人500元", encoding="utf-8")
    read(override=OVERRIDE, sources={"notice.txt": NOTICE})  # loads what is loaded once
    first = PLACES.index(path)
    for climb in CLIMBS if path[-1] == "source" else (CLIMBS * 2)[first % len(CLIMBS) :][:1]:
        content = replaced(path, climb.format(file=secret))
        with watched() as opened:
            read(override=content, sources={"notice.txt": NOTICE})
        assert opened == [], climb


def test_a_draft_quotes_what_came_with_it_or_comes_with_the_project_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text(NOTICE, encoding="utf-8")
    (shipped, *_) = packs().shipped
    for source in ("notice.txt", str(tmp_path / "notice.txt"), f"../../../../..{tmp_path}/notice.txt"):
        with pytest.raises(DraftRefused) as refused:
            drafts.read(packs(), DraftIn(override=OVERRIDE.replace("source: notice.txt", f"source: {source}")))
        assert "source_missing" in {one["code"] for one in refused.value.extra["refusals"]}
    assert drafts.read(packs(), DraftIn(override=OVERRIDE, sources={"notice.txt": NOTICE}))
    with pytest.raises(DraftRefused) as refused:
        drafts.read(packs(), DraftIn(override=OVERRIDE.replace("source: notice.txt", f"source: {shipped}")))
    assert {one["code"] for one in refused.value.extra["refusals"]} == {"quotation_not_found"}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12].strip() or "blank")
@pytest.mark.parametrize("tagged", [False, True])
def test_no_number_in_a_draft_holds_the_interpreter(number: str, *, tagged: bool) -> None:
    """Bare, in quotes, with a tag; as a value, a bound, a key, a day; in YAML of 1.1 too: refused, and at once."""
    written = WRITTEN[1 + NUMBERS.index(number) % (len(WRITTEN) - 1)] if tagged else ""
    quote = written if written in {"'", '"'} else ""
    number = json.dumps(number)[1:-1] if quote == '"' else number
    text = f"{written}{number}{quote}"
    for old, new in [("value: 60}", f"value: {text}}}"), ("at_least: 80", f"at_least: {text}")]:
        assert old in OVERRIDE
        for head in ("",) if written else ("", "%YAML 1.1\n---\n"):
            content = head + OVERRIDE.replace(old, new, 1)
            started = time.process_time()
            with pytest.raises(DraftRefused):
                drafts.read(packs(), DraftIn(override=content, sources={"notice.txt": NOTICE}))
            assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12].strip() or "blank")
def test_no_number_of_a_whole_pack_holds_the_interpreter(number: str) -> None:
    """As JSON's own number and as a text, in every place of a pack that holds a number."""
    whole = json.loads(packs().for_region("321202").snapshot())
    whole["parameters"] = {AMOUNT: whole["parameters"][AMOUNT]}
    content = json.dumps(whole, ensure_ascii=False)
    for bare in (f'"value": {json.dumps(number)}', f'"value": {number}', f'"at_least": {number}'):
        key = bare.split(":")[0]
        cut = content.index(key + ": ")
        end = min(content.find(mark, cut) for mark in (",", "}") if content.find(mark, cut) > 0)
        assert read(snapshot=content[:cut] + bare + content[end:]) < SECONDS


@pytest.mark.parametrize(
    "content",
    [
        "k: &k0 [1,2]\n" + "".join(f"k{n + 1}: &k{n + 1} [*k{n}, *k{n}]\n" for n in range(20)),
        "a: &a " + "x" * 16_000 + "\nb: [" + "*a," * 5_000 + "]",
        "a: " + "[" * 30_000,
        "a: " + "{b: " * 8_000,
        "- " * 15_000,
        "? " * 15_000,
        "&a " * 10_000,
        "'" + "\n" * 32_000,
        "#" * 32_000,
        "a: >\n" + " \n" * 15_000,
        "\n".join(f"k{n}: {n}" for n in range(3_000)),
        "a: !!binary " + "A" * 30_000,
        "<<: " * 8_000,
    ],
    ids=["billion laughs", "long scalars", "lists", "maps", "dashes", "keys", "anchors", "lines", "comment", "folded",
         "unknown keys", "binary", "merges"],
)  # fmt: skip
def test_no_shape_of_a_draft_takes_long(content: str) -> None:
    assert read(override=content) < SECONDS * 2


@pytest.mark.parametrize("content", ["[" * 500_000, '{"a":' * 100_000, '{"a":1,' * 100_000, "[" + "1," * 400_000 + "1]",
                                     "{" + ",".join(f'"k{n}":1' for n in range(90_000)) + "}"])  # fmt: skip
def test_no_shape_of_a_whole_pack_takes_long(content: str) -> None:
    assert read(snapshot=content) < SECONDS * 2


TAGS = [
    "bool",
    "int",
    "float",
    "null",
    "timestamp",
    "str",
    "seq",
    "map",
    "set",
    "omap",
    "pairs",
    "binary",
    "merge",
    "x",
]
ODD = [
    "x",
    "''",
    "[1]",
    "{a: 1}",
    "~",
    "2020-13-45",
    "2020-01-01T99:99:99Z",
    "'-'",
    ".",
    "{<<: [1]}",
    "{? [a] : b}",
    "!!int ''",
]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("form", ["a: {}\n", "{}\n", "{}: 1\n", "- {}\n", "%YAML 1.1\n---\na: {}\n", "<<: {}\n"])
def test_whatever_a_tag_stands_before_the_draft_is_refused(tag: str, form: str) -> None:
    for value in ODD:
        assert read(override=form.format(f"!!{tag} {value}")) < SECONDS
        assert read(override=form.format(value)) < SECONDS
