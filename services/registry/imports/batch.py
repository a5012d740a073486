"""Turn a block of lines into rows for the database: everything that needs no database, made to run in a thread."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.registry.imports.domain import NUMBER, Reject, RowError
from services.registry.imports.parsing import fields, is_blank
from services.registry.imports.rows import Person, Rules, check
from services.registry.search.blinding import Blinder
from services.registry.seniors.domain import RESIDENCE
from services.registry.seniors.service import IDENTITY
from shared.contracts.registry import TOLD_CIRCUMSTANCES
from shared.crypto import Keyring
from shared.ids import new_id

TWICE = RowError(NUMBER, "twice_in_file", "The number occurs twice in the file.", "该身份证号在文件中重复出现。")


@dataclass(frozen=True)
class Task:
    """One import: its columns and rules, and how its rows are signed."""

    import_id: UUID
    region: str
    columns: tuple[str, ...]
    rules: Rules
    recorded_by: str


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

    def reject(self, line: int, errors: Iterable[RowError]) -> None:
        """Note a row with everything that is wrong with it."""
        self.rejected_rows += 1
        self.rejects += [Reject(line, error) for error in errors]


class Preparer:
    """Prepares blocks of one import."""

    def __init__(self, task: Task, keyring: Keyring, blinder: Blinder) -> None:
        self._task, self._keyring, self._blinder = task, keyring, blinder

    def prepare(self, first_line: int, text: str, at: datetime) -> Batch:
        """Parse, check, encrypt and index a block; `at` is when its rows are recorded."""
        batch, seen = Batch(at), set[bytes]()
        for line, content in enumerate(text.split("\n"), start=first_line):
            if is_blank(content):
                continue
            person = self._person(content)
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

    def _person(self, content: str) -> Person | Iterable[RowError]:
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
