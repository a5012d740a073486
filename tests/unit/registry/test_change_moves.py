"""The life of a change request: who may move it, from where, and which fields it is the only way for."""

import pytest

from services.registry.changes.domain import MOVES, Action, State, settle
from services.registry.organizations.schemas import OrganizationPatch
from services.registry.seniors.schemas import SeniorPatch
from services.registry.subjects.domain import TOPICS
from shared.workflow import MoveRefusedError, SamePersonError

FREE = {"phone", "address", "status", "profit", "beds"}
"""What a PATCH still changes: neither who somebody is nor where money goes."""


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
def test_only_an_open_request_moves(state: State, action: Action) -> None:
    if (state, action) in MOVES:
        assert settle(state, action, actor="wang", author="li") is not State.REQUESTED
        return
    with pytest.raises(MoveRefusedError):
        settle(state, action, actor="wang", author="li")


@pytest.mark.parametrize("action", [Action.APPROVE, Action.REFUSE])
def test_who_asked_does_not_decide(action: Action) -> None:
    with pytest.raises(SamePersonError):
        settle(State.REQUESTED, action, actor="li", author="li")


def test_who_asked_may_withdraw() -> None:
    assert settle(State.REQUESTED, Action.WITHDRAW, actor="li", author="li") is State.WITHDRAWN


@pytest.mark.parametrize("patch", [SeniorPatch, OrganizationPatch])
def test_every_field_of_a_patch_is_free_or_changes_by_request(patch: type[SeniorPatch | OrganizationPatch]) -> None:
    assert set(patch.model_fields) <= FREE | TOPICS.keys()
