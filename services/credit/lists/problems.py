"""The rules' refusals as problem answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.credit.errors import IllegalStep, SamePerson, StatementPeriodRuns, TooEarly, WrongDates
from services.credit.lists.domain import (
    DateOrderError,
    HearingOpenError,
    RepairTooEarlyError,
    SamePersonError,
    StepNotAllowedError,
)
from shared.errors import FieldError


@contextmanager
def answered() -> Iterator[None]:
    """Turn a refusal of the rules into its problem."""
    try:
        yield
    except StepNotAllowedError as error:
        raise IllegalStep(f"Not possible: {error}.", f"当前状态不允许此步骤({error})。") from error
    except SamePersonError as error:
        raise SamePerson("Who proposed the entry may not decide it.", "提出人不得作出决定,须由另一人决定。") from error
    except HearingOpenError as error:
        raise StatementPeriodRuns(
            f"Record the statement or its waiver, or decide after {error}.",
            f"请先登记陈述申辩或放弃情况,或在 {error} 之后决定。",
        ) from error
    except RepairTooEarlyError as error:
        raise TooEarly(
            f"Repair is possible from {error} on.", f"{error} 起方可修复。", possible_from=str(error)
        ) from error
    except DateOrderError as error:
        field = FieldError.of(f"/{error.field}", "date_order", error.en, error.zh)
        raise WrongDates(f"{error.field}: {error.en}.", f"{error.zh}({error.field})。", [field]) from error
