"""Turn a block of lines into rows for the database: everything that needs no database, made to run in a thread."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.registry.facts.domain import RESIDENCE
from services.registry.imports.domain import NUMBER, WHOLE_ROW, Reject, RowError
from services.registry.imports.parsing import fields, is_blank, within_texts
from services.registry.imports.rows import Person, Rules, check
from services.registry.search.blinding import Blinder
from services.registry.seniors.service import IDENTITY
from shared.contracts.registry import TOLD_CIRCUMSTANCES
from shared.crypto import Keyring
from shared.ids import new_id

MOST_ERRORS = 5
"""Errors of one row that are told."""
TWICE = RowError(NUMBER, "twice_in_file", "The number occurs twice in the file.", "该身份证号在文件中重复出现。")

WITHIN = RowError(
    WHOLE_ROW, "quotes", "It stands within a quoted text of several lines.", "本行位于跨行的引号文本之内。"
)


@dataclass(frozen=True)
class Task:
    """One import: its columns and rules, and how its rows are signed."""

    import_id: UUID
    region: str
    columns: tuple[str, ...]
    rules: Rules
    recorded_by: str
    dry_run: bool = False
    """Whether rows are judged only."""


@dataclass(frozen=True)
class Entry:
    """One person ready to be written."""

    line: int
    senior_id: UUID
    person: Person
    blind: bytes
    sealed: tuple[bytes, bytes, bytes | None, bytes | None, bytes | None]
    """Identity number, name, phone, address, bank account."""
    tokens: str
    snapshot: bytes


@dataclass
class Batch:
    """A block's sound rows and rejects. Every row of the block is in one of them."""

    at: datetime
    entries: list[Entry] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rejected_rows: int = 0

    def reject(self, line: int, errors: Sequence[RowError]) -> None:
        """Note a row with what is wrong with it; many errors are counted."""
        self.rejected_rows += 1
        told = list(errors[:MOST_ERRORS])
        if len(errors) > MOST_ERRORS:
            more = len(errors) - MOST_ERRORS
            told.append(RowError(WHOLE_ROW, "more", f"{more} more errors.", f"另有{more}处错误。"))
        self.rejects += [Reject(line, error) for error in told]

    def tell(self, rows: int) -> list[Reject]:
        """The rejects of so many rows in the order of the file, and the numbers of the others."""
        lines = sorted({reject.row for reject in self.rejects})
        told, rest = set(lines[:rows]), lines[rows:]
        shown = [reject for reject in self.rejects if reject.row in told]
        if not rest:
            return shown
        en = f"Rejected as well, {len(rest)} rows: {_ranges(rest)}."
        return [*shown, Reject(rest[0], RowError(WHOLE_ROW, "more", en, f"另有{len(rest)}行被拒绝:{_ranges(rest)}。"))]


def _ranges(numbers: Sequence[int]) -> str:
    """Rising numbers as short as they can be told: 3-5, 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}-{last}" if first < last else f"{first}" for first, last in runs)


class Preparer:
    """Prepares blocks of one import."""

    def __init__(self, task: Task, keyring: Keyring, blinder: Blinder) -> None:
        self._task, self._keyring, self._blinder = task, keyring, blinder

    def prepare(self, first_line: int, text: str, at: datetime) -> Batch:
        """Parse, check, encrypt and index a block; `at` is when its rows are recorded."""
        batch, seen = Batch(at), set[bytes]()
        contents = text.split("\n")
        within = within_texts(contents)
        for line, content in enumerate(contents, start=first_line):
            if is_blank(content):
                continue
            person = [WITHIN] if line - first_line in within else self._person(content)
            if not isinstance(person, Person):
                batch.reject(line, person)
                continue
            blind = self._keyring.blind(person.identity.number, IDENTITY)
            if blind in seen:
                batch.reject(line, [TWICE])
                continue
            seen.add(blind)
            batch.entries.append(self._entry(line, person, blind, at))
        return batch

    def _person(self, content: str) -> Person | Sequence[RowError]:
        row = fields(content, self._task.columns)
        return [row] if isinstance(row, RowError) else check(row, self._task.rules)

    def _entry(self, line: int, person: Person, blind: bytes, at: datetime) -> Entry:
        senior_id, encrypt = new_id(), self._keyring.encrypt
        sealed = (
            encrypt(person.identity.number),
            encrypt(person.name),
            encrypt(person.phone) if person.phone else None,
            encrypt(orjson.dumps(person.address).decode()) if person.address else None,
            encrypt(orjson.dumps(person.account).decode()) if person.account else None,
        )
        tokens = self._blinder.of_name(person.name)
        return Entry(line, senior_id, person, blind, sealed, tokens, self._snapshot(senior_id, person, at))

    def _snapshot(self, senior_id: UUID, person: Person, at: datetime) -> bytes:
        """The event's JSON without the model, which would cost more than all the rest; a test holds them together."""
        content: dict[str, Any] = {
            "senior_id": senior_id,
            "version": 1,
            "region": person.region,
            "birth_date": person.identity.birth_date,
            "sex": person.identity.sex,
            "status": "active",
            "died_on": None,
            "death_reported_on": None,
            "registered_on": self._task.rules.today,
            "residences": [
                {"region": said.value, "valid_from": said.valid_from, "valid_to": said.valid_to}
                for said in person.statements
                if said.kind == RESIDENCE
            ],
            "circumstances": [
                {"kind": said.kind, "value": said.value, "valid_from": said.valid_from, "valid_to": said.valid_to}
                for said in person.statements
                if said.kind in TOLD_CIRCUMSTANCES
            ],
            "abilities": [],
            "has_bank_account": person.account is not None,
            "recorded_at": at,
        }
        return orjson.dumps(content, option=orjson.OPT_UTC_Z)
