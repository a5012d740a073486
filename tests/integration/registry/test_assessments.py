"""Assessments: scored, explained, corrected, and refused when the assessor also cares."""

from typing import Any

from sqlalchemy import text

from shared.contracts.registry import SeniorSnapshot
from shared.database import Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import GAOGANG, credit_code, full_marks, get, organization, post, senior
from tests.support.services import RunningService


async def assessor(people: People, **changes: Any) -> str:
    """An assessing body on file."""
    made = await post(people.hailing, "/v1/organizations", organization("assessor", **changes))
    return str(made["organization_id"])


def form(body: str, **changes: Any) -> dict[str, Any]:
    """A form with full marks."""
    return {
        "assessed_on": "2026-10-01",
        "organization_id": body,
        "assessors": ["李评估"],
        "occasion": "first",
        "scores": full_marks(),
    } | changes


async def test_an_assessment_answers_both_levels_and_the_reasons_and_is_published(
    registry: RunningService, people: People
) -> None:
    body, one = await assessor(people), await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}/assessments"
    filled = form(body, findings={"mental_disorder": True, "risk_events": {"fall": 1, "choking": 1}})
    filled["scores"]["B.1.1"] = 0
    result = await post(people.hailing, path, filled)
    assert (result["total"], result["initial_level"], result["final_level"]) == (86, 1, 3)
    assert result["reasons"] == ["mental_disorder", "risk_events"]
    assert result["final_level_name"] == "能力重度受损(重度失能)"
    async with registry.database.transaction(Scope.everywhere()) as session:
        data = await session.scalar(text("SELECT data FROM outbox ORDER BY position DESC LIMIT 1"))
    event = SeniorSnapshot.model_validate_json(bytes(data))
    assert [(part.level, part.scale, str(part.valid_from)) for part in event.abilities] == [
        (3, "gbt42195-2022", "2026-10-01")
    ]


async def test_later_assessments_follow_and_corrections_supersede(people: People) -> None:
    body, one = await assessor(people), await post(people.hailing, "/v1/seniors", senior())
    path, file = f"/v1/seniors/{one['senior_id']}/assessments", f"/v1/seniors/{one['senior_id']}"
    first = await post(people.hailing, path, form(body, assessed_on="2025-10-01"))
    await post(people.hailing, path, form(body, findings={"coma": True}))
    abilities = (await get(people.hailing, file))["abilities"]
    assert [(a["level"], a["valid_from"], a["valid_to"]) for a in abilities] == [
        (0, "2025-10-01", "2026-09-30"),
        (4, "2026-10-01", None),
    ]
    known = (await get(people.hailing, file))["recorded_at"]
    corrected = form(body, assessed_on="2025-11-01", replaces=first["assessment_id"], occasion="review")
    await post(people.hailing, path, corrected)
    await post(people.hailing, path, corrected, 404)
    assert [a["valid_from"] for a in (await get(people.hailing, file))["abilities"]] == ["2025-11-01", "2026-10-01"]
    then = await get(people.hailing, file, known_at=known, as_of="2025-10-15")
    assert [a["assessment_id"] for a in then["abilities"]] == [first["assessment_id"]]
    history = await get(people.hailing, path)
    assert [entry["superseded_at"] is None for entry in history] == [False, True, True]


async def test_wrong_forms_are_refused_with_the_item_that_is_wrong(people: People) -> None:
    body, one = await assessor(people), await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}/assessments"
    for scores, pointer in (
        (full_marks() | {"B.2.4": 4}, "/scores/B.2.4"),
        (full_marks() | {"B.9.9": 0}, "/scores/B.9.9"),
        (full_marks() | {"B.1.1": -1}, "/scores/B.1.1"),
        (full_marks() | {"B.1.1": 1.0}, "/scores/B.1.1"),
        (full_marks() | {"B.1.1": "1"}, "/scores/B.1.1"),
        (full_marks() | {"B.1.1": True}, "/scores/B.1.1"),
        ({code: score for code, score in full_marks().items() if code != "B.4.5"}, "/scores/B.4.5"),
    ):
        refused = await post(people.hailing, path, form(body, scores=scores), 422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer]
    await post(people.hailing, path, form(body, assessed_on="2099-01-01"), 422)
    assert await get(people.hailing, path) == []
    await get(people.gaogang, path, 404)


async def test_a_legal_person_that_provides_care_in_any_region_may_not_assess(people: People) -> None:
    code = credit_code(4711)
    body = await assessor(people, social_credit_code=code)
    one = await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}/assessments"
    await post(people.hailing, path, form(body))
    home = await post(people.gaogang, "/v1/organizations", organization(region=GAOGANG, social_credit_code=code))
    await post(people.hailing, path, form(body), 409)
    await post(people.hailing, path, form(home["organization_id"]), 409)


async def test_an_assessing_body_acts_for_itself_only(registry: RunningService, people: People) -> None:
    body, other = await assessor(people), await assessor(people)
    one = await post(people.hailing, "/v1/seniors", senior())
    path = f"/v1/seniors/{one['senior_id']}/assessments"
    async with registry.client("registry.assessments:write", organization=body) as own:
        await post(own, path, form(other), 409)
        await post(own, path, form(body))
    async with registry.client("registry.assessments:read") as reader:
        await post(reader, path, form(body), 403)
        assert len((await get(reader, "/v1/assessment-scale"))["items"]) == 26
