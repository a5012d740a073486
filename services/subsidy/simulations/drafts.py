"""Another law as text: read by the loader's own rules, never kept among the packs in force.

What comes with a request may be hostile, so it is looked through before it is unfolded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from services.subsidy.engine import Pack, PackRefused, Packs
from services.subsidy.engine.checks import check_parameter
from services.subsidy.engine.district import read_district
from services.subsidy.engine.files import OverrideFile
from services.subsidy.engine.model import Dated
from services.subsidy.engine.pack import Content
from services.subsidy.engine.packs import OVERRIDE
from services.subsidy.engine.refusals import Place, Refusal
from services.subsidy.engine.wiring import check_programme
from services.subsidy.engine.yamlfile import MOST, YamlFile
from services.subsidy.errors import DraftRefused, NoPolicy
from services.subsidy.simulations.schemas import DraftIn
from services.subsidy.simulations.wrong import known_of
from shared import numbers
from shared.errors import FieldError

MOST_ALIASES, MOST_AMOUNT, DEEPEST = 100, 10**12, 40
FILE, SNAPSHOT = OVERRIDE, "snapshot"


@dataclass(frozen=True)
class Draft:
    """A law that is not in force here."""

    pack: Pack

    def onto(self, today: Pack | None, county: str) -> Pack:
        """The law as if it were that of a place: of the place of the pack in force, or of a county without one."""
        where = {"region": county, "prefix": county}
        if today:
            where = {"region": today.region, "prefix": today.prefix}
        return Pack(self.pack.content.model_copy(update=where))


def read(packs: Packs, wanted: DraftIn) -> Draft:
    """The draft a request names or brings along. DraftRefused says everything that must be mended first."""
    if wanted.pack:
        return Draft(_named(packs, wanted.pack))
    field = "override" if wanted.override else "snapshot"
    try:
        if wanted.override:
            return Draft(_bounded(_override(packs, wanted.override, wanted.sources or {}), FILE))
        return Draft(_bounded(_snapshot(wanted.snapshot or ""), SNAPSHOT))
    except PackRefused as refused:
        raise _refused(field, refused.refusals) from None


def _named(packs: Packs, region: str) -> Pack:
    for pack in packs:
        if pack.region == region:
            return pack
    en, zh = f"There is no pack {region}.", f"没有政策包{region}。"
    raise NoPolicy(en, zh, [FieldError.of("/draft/pack", "pack", en, zh)])


def _override(packs: Packs, content: str, sources: Mapping[str, str]) -> Pack:
    """A district's file on its city's law. Its documents are those that came with it, or that the project has."""
    look_through(content)
    refusals: list[Refusal] = []
    with readable():
        file = YamlFile.read(content, FILE, refusals, keep=False)
        head = file.parse(OverrideFile, refusals) if file else None
    words = {**packs.shipped, **sources}
    read = read_district(file, head, packs.cities, words.get, refusals) if file and head else None
    if refusals or read is None:
        raise PackRefused(refusals or [_unreadable(1, "empty")])
    return read[0]


def _snapshot(content: str) -> Pack:
    try:
        plain = numbers.loads(content)
        pack = Pack(Content.model_validate(plain))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST]
        raise PackRefused([_shape(one["loc"], one["type"], one["msg"]) for one in found]) from None
    except (ValueError, RecursionError) as error:
        raise PackRefused([_unreadable(1, type(error).__name__, SNAPSHOT)]) from None
    refusals: list[Refusal] = []

    def refuse(loc: Sequence[int | str], code: str, /, **arguments: object) -> None:
        words = {name: str(value) for name, value in arguments.items()}
        refusals.append(Refusal(Place(SNAPSHOT, 1, ".".join(map(str, loc))), code, words))

    known = known_of(pack)
    for name, parameter in pack.content.parameters.items():
        check_parameter(refuse, ["parameters", name], parameter, known)
    for law in pack.programmes.values():
        check_programme(refuse, law, pack.content.parameters, known)
    if refusals:
        raise PackRefused(refusals)
    return pack


def _shape(loc: Sequence[int | str], kind: str, problem: str) -> Refusal:
    place = Place(SNAPSHOT, 1, ".".join(map(str, loc)) or "-")
    return Refusal(place, "missing_key") if kind == "missing" else Refusal(place, "wrong_value", {"problem": problem})


def _unreadable(line: int, problem: str, file: str = FILE) -> Refusal:
    return Refusal(Place(file, line, "-"), "not_yaml", {"problem": problem})


@contextmanager
def readable() -> Iterator[None]:
    """PackRefused where a text cannot be read as YAML."""
    try:
        yield
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or type(error).__name__
        raise PackRefused([_unreadable(mark.line + 1 if mark else 1, str(problem))]) from None


def look_through(content: str) -> None:
    """PackRefused for a text that is not YAML, or that would unfold into far more than was sent."""
    inside, aliases = list[str | None](), 0
    with readable():
        for event in YAML().parse(content):
            if isinstance(event, CollectionStartEvent):
                inside.append(event.anchor)
            elif isinstance(event, CollectionEndEvent):
                inside.pop()
            elif isinstance(event, AliasEvent):
                aliases += 1
                if aliases > MOST_ALIASES or any(inside):
                    raise PackRefused([_unreadable(event.start_mark.line + 1, "aliases inside aliases")])
            if len(inside) > DEEPEST:
                raise PackRefused([_unreadable(event.start_mark.line + 1, "nested too deep")])


def _bounded(pack: Pack, file: str) -> Pack:
    """The pack, if no figure in it is beyond what money can be counted in."""
    content = pack.content
    dated: list[tuple[str, Dated]] = [(name, one) for name, values in content.local.items() for one in values]
    dated += [(name, one) for name, parameter in content.parameters.items() for one in parameter.values]
    beyond = [name for name, one in dated if any(abs(value) > MOST_AMOUNT for value in amounts(one))]
    if beyond:
        problem = {"problem": f"more than {MOST_AMOUNT}"}
        raise PackRefused([Refusal(Place(file, 1, name), "wrong_value", problem) for name in beyond])
    return pack


def amounts(dated: Dated) -> list[Decimal]:
    """Every number of a value."""
    single = [dated.value] if dated.value is not None else []
    return [*single, *(band.value for band in dated.bands or ()), *(dated.table or {}).values()]


def _refused(field: str, refusals: Sequence[Refusal]) -> DraftRefused:
    errors = [FieldError.of(f"/draft/{field}", one.code, one.sentence("en"), one.sentence("zh")) for one in refusals]
    places = [
        {"file": one.place.file, "line": one.place.line, "key": one.place.key, "code": one.code} for one in refusals
    ]
    return DraftRefused(errors=errors[:50], refusals=places[:50])
