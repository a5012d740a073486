"""An organisation's file as a whole, and how others see it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.facts import repository as fact_store
from services.registry.facts.domain import Fact
from services.registry.listings import repository as listings
from services.registry.listings.models import Listing
from services.registry.organizations import repository
from services.registry.organizations.domain import GRADE, MODE, of_kind
from services.registry.organizations.models import Contract, Organization, OrganizationFact
from services.registry.organizations.schemas import Beds, ContractOut, ListingOut, OrganizationOut
from services.registry.schemas import FactOut
from shared.contracts import registry as events
from shared.crypto import Keyring
from shared.masking import mask_account
from shared.regions import RegionTable


@dataclass(frozen=True)
class Dossier:
    """Everything on file about an organisation."""

    organization: Organization
    facts: list[Fact]
    contracts: list[Contract]
    listings: list[Listing]


async def load_all(session: AsyncSession, rows: Sequence[Organization], day: date) -> list[Dossier]:
    """Read the files of several organisations with four statements; listings are those in force on `day`."""
    ids = [row.organization_id for row in rows]
    facts = await fact_store.live_facts(session, OrganizationFact, ids)
    contracts = await repository.contracts_of(session, ids)
    listed = await listings.in_force(session, ids, day)
    return [Dossier(row, facts[key], contracts[key], listed[key]) for key, row in zip(ids, rows, strict=True)]


def snapshot(dossier: Dossier) -> events.OrganizationSnapshot:
    """What the other services may know."""
    row = dossier.organization
    return events.OrganizationSnapshot(
        organization_id=row.organization_id,
        version=row.version,
        region=row.region,
        kind=row.kind,
        name=row.name,
        social_credit_code=row.social_credit_code,
        status=row.status,
        closed_on=row.closed_on,
        profit=row.profit,
        operation_modes=tuple(
            events.OperationMode(mode=fact.value, valid_from=fact.valid_from, valid_to=fact.valid_to)
            for fact in of_kind(dossier.facts, MODE)
        ),
        grades=tuple(
            events.Grade(grade=int(fact.value), valid_from=fact.valid_from, valid_to=fact.valid_to)
            for fact in of_kind(dossier.facts, GRADE)
        ),
        beds=events.Beds(nursing=row.nursing_beds, ordinary=row.ordinary_beds),
        contracts=tuple(_contract(contract) for contract in dossier.contracts),
        recorded_at=row.recorded_at,
    )


def view(dossier: Dossier, keyring: Keyring) -> OrganizationOut:
    """The whole file, the bank account masked."""
    row = dossier.organization
    account = json.loads(keyring.decrypt(row.bank_account))["account"] if row.bank_account else None
    return OrganizationOut(
        organization_id=row.organization_id,
        version=row.version,
        region=row.region,
        region_name=RegionTable.load().full_name(row.region),
        kind=row.kind,
        name=row.name,
        social_credit_code=row.social_credit_code,
        status=row.status,
        profit=row.profit,
        beds=Beds(nursing=row.nursing_beds, ordinary=row.ordinary_beds),
        operation_modes=[FactOut.of(fact) for fact in of_kind(dossier.facts, MODE)],
        grades=[FactOut.of(fact) for fact in of_kind(dossier.facts, GRADE)],
        contracts=[
            ContractOut(**_contract(contract).model_dump(), document_no=contract.document_no)
            for contract in dossier.contracts
        ],
        bank_account=mask_account(account) if account else None,
        listed=bool(dossier.listings),
        listings=[ListingOut.model_validate(listing, from_attributes=True) for listing in dossier.listings],
        recorded_at=row.recorded_at,
    )


def _contract(contract: Contract) -> events.Contract:
    return events.Contract(
        contract_id=contract.contract_id,
        service=contract.service,
        region=contract.service_region,
        valid_from=contract.valid_from,
        valid_to=contract.valid_to,
    )
