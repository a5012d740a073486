"""A form names each of its assessors once."""

import pytest
from pydantic import ValidationError

from services.registry.assessments.schemas import AssessmentIn

EXAMPLE = AssessmentIn.model_json_schema()["examples"][0]


@pytest.mark.parametrize("again", ["李评估", " 李评估 ", "李 评估", "李\u3000评估"])
def test_one_assessor_in_two_spellings_is_refused(again: str) -> None:
    with pytest.raises(ValidationError, match="评估员重复"):
        AssessmentIn.model_validate(EXAMPLE | {"assessors": ["李评估", again]})


def test_two_assessors_are_taken() -> None:
    assert AssessmentIn.model_validate(EXAMPLE | {"assessors": ["李评估", "王评估"]}).assessors == ["李评估", "王评估"]
