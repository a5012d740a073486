"""``python -m services.subsidy.policies check``, ``show`` and ``diff``: for the clerk who writes a pack."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from services.subsidy.engine import POLICIES, Pack, PackRefused, Packs, UnknownRegion, printed
from services.subsidy.engine.model import Parameter
from services.subsidy.engine.refusals import Language
from services.subsidy.engine.targets import Target
from services.subsidy.engine.timeline import history
from services.subsidy.policies.cases import work
from services.subsidy.policies.diff import NoVersion, differences, told, version

HEADINGS = {
    "terms": {"zh": "不属于单个项目的规定", "en": "Beside the programmes"},
    "targets": {"zh": "目标", "en": "Targets"},
}
COMPARED = {"at_least": "≥", "more_than": ">", "at_most": "≤", "equal": "=", "none": ""}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 when something must be mended or two versions differ."""
    asked = _parser().parse_args(arguments)
    samples = sorted(asked.root.resolve().glob("samples/*/")) if asked.command == "check" else []
    overrides = list(dict.fromkeys([*samples, *(path.resolve() for path in asked.override)]))
    try:
        if asked.command == "diff":
            return _diff(asked.old, asked.new, overrides, asked.language)
        packs = Packs.load(asked.root, overrides)
        if asked.command == "show":
            return _show(packs, asked.region, asked.language)
        return _check(asked.root, packs)
    except PackRefused as refused:
        print("\n".join(refusal.sentence(asked.language) for refusal in refused.refusals))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.subsidy.policies", description=__doc__)
    parser.add_argument("--root", type=Path, default=POLICIES, help="the folder of packs")
    parser.add_argument(
        "--override", type=Path, action="append", default=[], help="a district's folder, such as a sample"
    )
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    spoken = argparse.ArgumentParser(add_help=False)
    spoken.add_argument("--language", choices=("en", "zh"), default=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    check = "read every pack, find every quotation, work every case"
    commands.add_parser("check", help=check, parents=[spoken])
    in_force = "what is in force in a region and what is undecided"
    commands.add_parser("show", help=in_force, parents=[spoken]).add_argument("region", help="6 or 12 digits")
    changed = "what changed between two versions, from when, who is affected; 1 when they differ"
    diff = commands.add_parser("diff", help=changed, parents=[spoken])
    for side in ("old", "new"):
        diff.add_argument(side, help="a folder of packs, a district's folder, a snapshot, or the hash of a pack in use")
    return parser


def _diff(old: str, new: str, overrides: Sequence[Path], language: Language) -> int:
    try:
        before, after = (version(name, overrides) for name in (old, new))
    except NoVersion as error:
        print(error)
        return 2
    changes = differences(before, after)
    print("\n".join(told(before, after, changes, language)))
    return 1 if changes else 0


def _check(root: Path, packs: Packs) -> int:
    worked = list(work(root))
    wrong = [item for item in worked if not item.holds]
    for item in wrong:
        wanted = (item.case.amount, item.case.outcome, item.case.reason)
        print(f"{item.file}: {item.case.name}: worked out {wanted}, calculated {item.answer}{item.other_steps or ''}")
    print(f"{len(list(packs))} packs are fit for use; {len(worked) - len(wrong)} of {len(worked)} cases hold.")
    return 1 if wrong else 0


def _show(packs: Packs, region: str, language: Language) -> int:
    try:
        pack = packs.for_region(region)
    except UnknownRegion:
        print(f"no pack covers {region} 没有适用于 {region} 的政策包")
        return 1
    status = getattr(printed.word(pack.status, pack.content.labels), language)
    print(f"{getattr(pack.name, language)} {pack.region} · {status} · {pack.hash}")
    for programme in pack.programmes.values():
        print(f"\n{getattr(programme.name, language)} ({programme.code}), {programme.clause}")
        for parameter in pack.content.parameters.values():
            if parameter.id.startswith(f"{programme.code}."):
                print(f"  {_line(pack, parameter, language)}")
    _show_beside(pack, language)
    return 0


def _show_beside(pack: Pack, language: Language) -> None:
    """What belongs to no single programme: terms, rules on two benefits, targets."""
    prefixes = tuple(f"{code}." for code in pack.programmes)
    terms = [parameter for parameter in pack.content.parameters.values() if not parameter.id.startswith(prefixes)]
    lines = {"terms": [_line(pack, parameter, language) for parameter in terms]}
    lines["targets"] = [_target(pack, target, language) for target in pack.content.targets.values()]
    for heading, shown in lines.items():
        if shown:
            print("\n  ".join([f"\n{HEADINGS[heading][language]}", *shown]))


def _target(pack: Pack, target: Target, language: Language) -> str:
    figure = printed.amount(target.value, target.unit, pack.content.labels) if target.value is not None else None
    wanted = f"{COMPARED[target.op]} {getattr(figure, language)}" if figure else ""
    return f"{getattr(target.label, language)}: {wanted or '—'}, {target.due_text or '—'}"


def _line(pack: Pack, parameter: Parameter, language: Language) -> str:
    label, entries = getattr(parameter.label, language), history(pack, parameter.id)
    if not entries:
        decision = parameter.missing_decision
        return f"{label}: — {getattr(decision, language) if decision else ''}"
    shown = [
        f"{getattr(printed.value(parameter, entry.dated, pack.content.labels), language)}, {entry.since or '—'}"
        for entry in entries
    ]
    return f"{label}: {' | '.join(shown)}"


if __name__ == "__main__":
    sys.exit(main())
