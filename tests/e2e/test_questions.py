"""Three questions that people ask, in Chinese and through the front door: a daughter, a home's director, a clerk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import httpx

from deploy.demo.client import DemoClient
from deploy.demo.district import District
from deploy.demo.people import Person, identity_number
from deploy.demo.seed import register
from tests.e2e.support_system import eventually

Client = Callable[[str], DemoClient]
CHINESE = {"accept-language": "zh"}
MONTH = "2026-10"
DETERMINATIONS = "/subsidy/v1/determinations"


def _person(born: date, sequence: int) -> Person:
    number = identity_number("321299", born, sequence)
    return Person("陈秀英", number, born, "13900000000", "鼓楼南路 9 号", "622200000000000", living_alone=False)


def _known(ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    """The answer once the subsidy service has heard of the person and has something to judge."""
    answer = eventually(ask, lambda one: one.status_code == 200 and bool(one.json()["entitlements"]))
    found: dict[str, Any] = answer.json()
    return found


def test_why_does_my_92_year_old_mother_get_100_yuan_and_not_300(client: Client, district: District) -> None:
    clerk = client("clerk-321202")
    senior_id = register(clerk, district, _person(date(1934, 3, 12), 921))
    asked = {"programme": "longevity_allowance", "month": MONTH, "senior_id": senior_id}
    found = _known(lambda: clerk.post(DETERMINATIONS, json=asked, headers=CHINESE))
    assert (found["outcome"], found["amount"]) == ("paid", "100.00")
    text = found["text"]
    assert "92周岁" in text
    assert "90" in text
    assert "99" in text
    assert "100周岁以上高龄老人" in text  # the sentence that says who gets 300
    assert "300.00" in text  # and what she gets from her hundredth birthday on
    assert "2034年3月" in text or "2034-03" in text
    assert "二(六)" in text


def test_why_did_our_home_lose_its_operating_subsidy_in_may(client: Client, district: District) -> None:
    clerk = client("clerk-321202")
    senior_id = register(clerk, district, _person(date(1940, 5, 1), 922))
    home = {
        "organization_id": str(uuid4()),
        "region": district.region,
        "kind": "institution",
        "name": "示范养老院(五月)",
        "social_credit_code": district.credit_code("52", 905),
        "profit": "non_profit",
        "beds": {"nursing": 10, "ordinary": 10},
        "operation_modes": [{"mode": "private", "valid_from": "2026-01-01", "source": "备案回执"}],
        "grades": [
            {"grade": 3, "valid_from": "2026-01-01", "valid_to": "2026-04-30", "source": "等级评定公告"},
            {"grade": 1, "valid_from": "2026-05-01", "source": "等级复评公告"},
        ],
    }
    clerk.json("POST", "/registry/v1/organizations", json=home)
    stay = {
        "senior_id": senior_id,
        "institution_id": home["organization_id"],
        "admitted_on": "2026-01-01",
        "care_level": "disabled",
        "source": "入住合同",
    }
    clerk.json("POST", "/registry/v1/admissions", json=stay)
    asked = {"programme": "operating_subsidy", "institution_id": home["organization_id"]}
    april = _known(lambda: clerk.post(DETERMINATIONS, json=asked | {"month": "2026-04"}, headers=CHINESE))
    may = _known(lambda: clerk.post(DETERMINATIONS, json=asked | {"month": "2026-05"}, headers=CHINESE))
    assert (april["outcome"], april["amount"]) == ("paid", "240.00")
    assert (may["outcome"], may["amount"]) == ("not_eligible", "0.00")
    assert may["reason"] == "grade_too_low"
    assert "二级以下养老机构不享受运营补贴" in may["text"]
    assert "二级" in may["text"].split("怎样会有变化")[-1]


def test_what_would_it_cost_to_raise_the_80_to_89_band_to_80_yuan_in_one_district(
    client: Client, district: District
) -> None:
    clerk = client("clerk-321202")
    bands = [
        {"at_least": 80, "at_most": 89, "value": "80"},
        {"at_least": 90, "at_most": 99, "value": "100"},
        {"at_least": 100, "value": "300"},
    ]
    asked = {
        "region": district.region,
        "first_month": MONTH,
        "programmes": ["longevity_allowance"],
        "values": [{"parameter": "longevity_allowance.amount", "bands": bands}],
    }
    place = clerk.json("POST", "/subsidy/v1/simulations", json=asked, headers=CHINESE)
    path = f"/subsidy/v1/simulations/{place['id']}"
    done = eventually(lambda: clerk.get(path, headers=CHINESE), lambda one: one.json()["state"] in {"done", "failed"})
    result = done.json()["result"]
    eighties = next(row for row in result["ages"] if (row["age_from"], row["age_to"]) == (80, 89))
    raised = f"{eighties['gaining'] * 20}.00"  # from 60 to 80 yuan each
    assert eighties["gaining"] == eighties["paid_today"] > 0
    assert result["total"]["difference"] == eighties["gaining_sum"] == raised
    assert result["total"]["losing"] == result["total"]["newly"] == 0
    assert raised in clerk.get(f"{path}/table.csv", headers=CHINESE).content.decode("utf-8-sig")
    assert clerk.get(f"{path}/chart.svg", headers=CHINESE).text.startswith(("<?xml", "<svg"))
