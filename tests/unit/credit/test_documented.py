"""What must be documented is tested to be."""

import re
from pathlib import Path

from services.credit import errors
from services.credit.app import DEFINITION
from services.credit.lists.bases import catalogue
from shared.errors import Problem

PAGE = (Path(__file__).parents[3] / "docs" / "credit.md").read_text(encoding="utf-8")


def test_every_problem_of_the_service_stands_in_its_page_with_its_status() -> None:
    own = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    assert own
    for kind in own:
        assert issubclass(kind, Problem)
        assert f"| `{kind.slug}` | {kind.status} |" in PAGE


def test_every_step_and_scope_of_a_listing_stands_in_the_page() -> None:
    routes = {
        path.rsplit("/", 1)[-1] for router in DEFINITION.routers for path in _paths(router) if "{entry_id}/" in path
    }
    before, after = {"notice", "statement", "deliberate", "decide"}, {"serve", "publish"}
    assert before | after | {"verify", "repair", "reconsider", "revoke"} == routes
    assert all(f"`…/{route}`" in PAGE for route in routes)
    assert {"credit.lists:propose", "credit.lists:decide"} <= set(re.findall(r"`(credit\.lists:[a-z]+)`", PAGE))


def test_the_documents_that_periods_rest_on_are_named() -> None:
    numbers = [basis.document_no for basis in catalogue().bases] + [rule.document_no for rule in catalogue().classes]
    assert all(number in PAGE for number in numbers)


def _paths(router: object) -> list[str]:
    return [route.path for route in router.routes]  # type: ignore[attr-defined]
