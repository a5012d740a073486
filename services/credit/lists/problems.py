"""The rules' refusals as problem answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.credit.errors import IllegalStep, NoPanel, SamePerson, StatementPeriodRuns, TooEarly, WrongDates
from services.credit.lists.domain import (
    DateOrderError,
    HearingOpenError,
    PanelMissingError,
    RepairTooEarlyError,
    StepNotAllowedError,
)
from shared.errors import FieldError
from shared.workflow import SamePersonError


@contextmanager
def answered() -> Iterator[None]:
    """Turn a refusal of the rules into its problem."""
    try:
        yield
    except StepNotAllowedError as error:
        raise IllegalStep(f"Not possible: {error}.", f"当前状态不允许此步骤({error})。") from error
    except SamePersonError as error:
        raise SamePerson(
            "You had a hand in what is decided here; another person has to.",
            "您参与了此前的办理,须由另一人办理此步骤。",
        ) from error
    except HearingOpenError as error:
        raise StatementPeriodRuns(
            f"A panel sits and decides from {error} on, or once the subject has waived its right.",
            f"集体审议和决定应在 {error} 起进行,或在登记当事人放弃陈述申辩之后进行。",
        ) from error
    except PanelMissingError as error:
        raise NoPanel(
            f"No two members have recorded one sitting on or before {error}.",
            f"截至 {error},没有两名以上成员登记参加同一次集体审议。",
        ) from error
    except RepairTooEarlyError as error:
        raise TooEarly(
            f"Repair is possible from {error} on.", f"{error} 起方可修复。", possible_from=str(error)
        ) from error
    except DateOrderError as error:
        field = FieldError.of(f"/{error.field}", "date_order", error.en, error.zh)
        raise WrongDates(f"{error.field}: {error.en}.", f"{error.zh}({error.field})。", [field]) from error
