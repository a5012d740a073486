"""What is there before the story begins: organisations with contracts and grades, some seniors, some admissions."""

from __future__ import annotations

from typing import Any

from deploy.demo.client import DemoClient
from deploy.demo.district import District, load
from deploy.demo.people import Person

SEEDED = 200
CARE_LEVELS = ("disabled", "partly_disabled", "self_care")


CREATED_OR_THERE = (201, 409)


def seed_if_empty(base_url: str) -> int:
    """Put the demo district on file unless it is there; returns how many seniors were registered.

    Safe to interrupt and to do twice at once: what is there already stays as it is.
    """
    district = load()
    with DemoClient(base_url, f"clerk-{district.region[:6]}") as clerk:
        last = district.content["assessor"]
        if clerk.get(f"/registry/v1/organizations/{last['id']}").status_code == 200:
            return 0
        for vendor in district.content["vendors"]:
            _vendor(clerk, district, vendor)
        seniors = [register(clerk, district, person) for person in district.people(SEEDED)]
        start = 0
        for institution in district.content["institutions"]:
            residents = seniors[start : start + institution["residents"]]
            start += institution["residents"]
            _institution(clerk, district, institution, residents)
        _create(clerk, "/registry/v1/organizations", _organization(district, last, last["id"], "assessor"))
        return len(seniors)


def register(clerk: DemoClient, district: District, person: Person) -> str:
    """Register one senior; answers with the id, also when the senior was known."""
    answer = _create(clerk, "/registry/v1/seniors", senior_body(district, person))
    if "senior_id" not in answer:
        search = {"identity_number": person.identity_number}
        answer = clerk.json("POST", "/registry/v1/seniors/search", json=search)["items"][0]
    return str(answer["senior_id"])


def _create(clerk: DemoClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    created: dict[str, Any] = clerk.json("POST", path, json=body, expect=CREATED_OR_THERE)
    return created


def senior_body(district: District, person: Person) -> dict[str, Any]:
    """A senior as a clerk would type it."""
    since = district.opening.isoformat()
    alone = {"kind": "living_alone", "value": "yes", "valid_from": since, "source": "社区入户核实"}
    return {
        "name": person.name,
        "identity_number": person.identity_number,
        "region": district.region,
        "resident_since": since,
        "phone": person.phone,
        "address": {"text": person.address, "latitude": 32.4905, "longitude": 119.9123, "datum": "GCJ-02"},
        "bank_account": {"bank": district.content["bank"], "account": person.account},
        "circumstances": [alone] if person.living_alone else [],
        "source": "社区入户核实",
    }


def _vendor(clerk: DemoClient, district: District, vendor: dict[str, Any]) -> None:
    organization_id = district.vendor_id(vendor)
    body = _organization(district, vendor, organization_id, "meal_vendor")
    _create(clerk, "/registry/v1/organizations", body)
    contract = {
        "contract_id": f"{organization_id[:-4]}c{organization_id[-3:]}",
        "service": "meal",
        "region": district.region,
        "document_no": f"海民购〔{district.opening.year}〕{vendor['serial']}号",
        "valid_from": district.opening.isoformat(),
    }
    _create(clerk, f"/registry/v1/organizations/{organization_id}/contracts", contract)


def _institution(clerk: DemoClient, district: District, institution: dict[str, Any], residents: list[str]) -> None:
    since = district.opening.isoformat()
    body = _organization(district, institution, institution["id"], "institution") | {
        "profit": institution["profit"],
        "beds": {"nursing": institution["nursing"], "ordinary": institution["ordinary"]},
        "operation_modes": [{"mode": institution["mode"], "valid_from": since, "source": "备案回执"}],
        "grades": [{"grade": institution["grade"], "valid_from": since, "source": "等级评定公告"}],
    }
    _create(clerk, "/registry/v1/organizations", body)
    for number, senior in enumerate(residents):
        admission = {
            "senior_id": senior,
            "institution_id": institution["id"],
            "admitted_on": since,
            "care_level": CARE_LEVELS[number % len(CARE_LEVELS)],
            "source": "入住合同",
        }
        _create(clerk, "/registry/v1/admissions", admission)


def _organization(district: District, entry: dict[str, Any], organization_id: str, kind: str) -> dict[str, Any]:
    return {
        "organization_id": organization_id,
        "region": district.region,
        "kind": kind,
        "name": entry["name"],
        "social_credit_code": district.credit_code(entry["category"], entry["serial"]),
        "bank_account": {"bank": district.content["bank"], "account": f"3205{entry['serial']:015d}"},
    }
