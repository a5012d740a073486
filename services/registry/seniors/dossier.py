"""A senior's file as a whole: the person, the facts known at a moment, the assessments; and how others see it."""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.abilities import repository as assessments
from services.registry.abilities.domain import Standing, standings
from services.registry.facts import repository as fact_store
from services.registry.facts.domain import DEATH, RESIDENCE, Fact, as_known
from services.registry.schemas import FactOut
from services.registry.seniors import domain
from services.registry.seniors.models import Senior, SeniorFact
from services.registry.seniors.schemas import AbilityOut, SeniorBrief, SeniorOut
from shared.clock import date_of
from shared.contracts.registry import TOLD_CIRCUMSTANCES, Ability, Circumstance, Residence, SeniorSnapshot
from shared.crypto import Keyring
from shared.masking import mask_account, mask_address, mask_identity_number, mask_name, mask_phone
from shared.regions import RegionTable


@dataclass(frozen=True)
class Dossier:
    """Everything the register knew of a senior at `known_at`."""

    senior: Senior
    facts: list[Fact]
    standings: list[Standing]
    known_at: datetime

    @property
    def death(self) -> Fact | None:
        """The death on record."""
        return next((fact for fact in self.facts if fact.kind == DEATH), None)

    def of_kind(self, *, residences: bool) -> list[Fact]:
        """The residences, or the circumstances."""
        told = [fact for fact in self.facts if fact.kind != DEATH]
        return [fact for fact in told if (fact.kind == RESIDENCE) == residences]


async def load(session: AsyncSession, senior: Senior, known_at: datetime) -> Dossier:
    """Read a senior's facts and assessments as known at a moment."""
    facts = await fact_store.facts_of(session, SeniorFact, senior.senior_id)
    results = [
        (row.assessment_id, row.final_level, row.scale, row.assessed_on)
        for row in await assessments.of_senior(session, senior.senior_id)
        if row.recorded_at <= known_at and (row.superseded_at is None or known_at < row.superseded_at)
    ]
    return Dossier(senior, as_known(facts, known_at), standings(results), known_at)


def snapshot(dossier: Dossier) -> SeniorSnapshot:
    """What the other services may know, and need: no name, number, phone, address or account, no hardship that nobody
    works with."""
    senior, death = dossier.senior, dossier.death
    return SeniorSnapshot(
        senior_id=senior.senior_id,
        version=senior.version,
        region=senior.region,
        birth_date=senior.birth_date,
        sex=senior.sex,
        status=senior.status,
        died_on=death.valid_from if death else None,
        registered_on=senior.registered_on,
        residences=tuple(
            Residence(region=fact.value, valid_from=fact.valid_from, valid_to=fact.valid_to)
            for fact in dossier.of_kind(residences=True)
        ),
        circumstances=tuple(
            Circumstance(kind=fact.kind, value=fact.value, valid_from=fact.valid_from, valid_to=fact.valid_to)
            for fact in dossier.of_kind(residences=False)
            if fact.kind in TOLD_CIRCUMSTANCES
        ),
        abilities=tuple(Ability(**vars(standing)) for standing in dossier.standings),
        has_bank_account=senior.bank_account is not None,
        recorded_at=senior.recorded_at,
    )


def brief(senior: Senior, keyring: Keyring) -> SeniorBrief:
    """A line of a list, masked."""
    return SeniorBrief(
        senior_id=senior.senior_id,
        version=senior.version,
        region=senior.region,
        region_name=RegionTable.load().full_name(senior.region),
        status=senior.status,
        name=mask_name(keyring.decrypt(senior.name)),
        identity_number=mask_identity_number(keyring.decrypt(senior.identity_number)),
        birth_date=senior.birth_date,
        sex=senior.sex,
        registered_on=senior.registered_on,
    )


def view(dossier: Dossier, keyring: Keyring, as_of: date | None) -> SeniorOut:
    """The whole file, masked; with `as_of` only what is true on that day."""
    senior = dossier.senior
    day = as_of or date_of(dossier.known_at)
    death = dossier.death
    dead = death is not None and death.valid_from <= day
    shown = brief(senior, keyring).model_dump() | {"status": domain.status_of(dossier.facts, day)}
    return SeniorOut(
        **shown,
        identity_kind=senior.identity_kind,
        phone=mask_phone(keyring.decrypt(senior.phone)) if senior.phone else None,
        address=mask_address(_part(keyring, senior.address, "text")) if senior.address else None,
        bank_account=mask_account(_part(keyring, senior.bank_account, "account")) if senior.bank_account else None,
        died_on=death.valid_from if death and dead else None,
        death_reported_on=date.fromisoformat(death.value) if death and dead else None,
        residences=_on(dossier.of_kind(residences=True), as_of),
        circumstances=_on(dossier.of_kind(residences=False), as_of),
        abilities=[AbilityOut(**vars(s)) for s in dossier.standings if as_of is None or _stands(s, as_of)],
        recorded_at=senior.recorded_at,
    )


def _part(keyring: Keyring, blob: bytes, name: str) -> str:
    return str(json.loads(keyring.decrypt(blob))[name])


def _on(facts: list[Fact], as_of: date | None) -> list[FactOut]:
    return [FactOut.of(fact) for fact in facts if as_of is None or fact.holds_on(as_of)]


def _stands(standing: Standing, day: date) -> bool:
    return standing.valid_from <= day and (standing.valid_to is None or day <= standing.valid_to)
