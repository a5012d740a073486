"""Periods, working days, and the catalogue of legal bases."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.credit.errors import NoLegalBasis, WrongDates
from services.credit.lists import grounds
from services.credit.lists.bases import Catalogue, catalogue, working_days
from services.credit.lists.domain import DateOrderError
from services.credit.lists.periods import Deadline, Period
from services.credit.records.domain import Status, dates_of, status_on

BASIS = catalogue().bases[0]


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period(years=1), date(2028, 2, 29), date(2029, 2, 28)),
        (Period(months=3), date(2026, 11, 30), date(2027, 2, 28)),
        (Period(years=2), date(2026, 10, 15), date(2028, 10, 15)),
        (Period(), date(2026, 10, 15), date(2026, 10, 15)),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_months_last(period: Period, start: date, end: date) -> None:
    assert period.after(start) == end


def test_the_national_day_week_is_skipped_and_a_swapped_saturday_counts() -> None:
    assert working_days().deadline(date(2026, 9, 28), 5) == Deadline(date(2026, 10, 10), provisional=False)


def test_a_deadline_that_crosses_an_unpublished_year_is_provisional() -> None:
    assert working_days().deadline(date(2026, 12, 25), 10).provisional


def test_every_period_without_a_value_says_which_decision_is_missing() -> None:
    periods = BASIS.periods
    for name in ("statement", "decision", "service", "publication"):
        period = periods.working_days(name)
        assert (period.working_days is None) == bool(period.missing)
    for term in (periods.repair_after, periods.ends_after):
        assert (term.period is None) == bool(term.missing)
        assert term.period is None or term.source
    assert len(BASIS.open_questions()) == 6


def test_an_unknown_key_in_the_catalogue_is_refused() -> None:
    with pytest.raises(ValidationError):
        Catalogue.model_validate({**catalogue().model_dump(), "more": 1})


def test_every_effect_of_every_jurisdiction_has_a_name() -> None:
    for effects in catalogue().effects:
        assert {*effects.organization, *effects.person} <= set(catalogue().effect_names)


def test_effects_come_from_the_jurisdictions_own_document() -> None:
    day = date(2026, 10, 15)
    assert grounds.effects_for("321202000000", "organization", day, None) == [
        "key_supervision",
        "no_purchase",
        "no_subsidy",
    ]
    assert grounds.effects_for("321202000000", "organization", day, ["no_subsidy"]) == ["no_subsidy"]
    assert grounds.effects_for("532301000000", "organization", day, None) == ["key_supervision"]
    with pytest.raises(NoLegalBasis):
        grounds.effects_for("532301000000", "organization", day, ["no_subsidy"])


@pytest.mark.parametrize(
    ("basis_id", "list_kind", "ground", "day", "pointer"),
    [
        ("nothing", "joint_discipline", "subsidy_fraud", date(2026, 10, 1), "/legal_basis"),
        ("mca-2019-103", "joint_discipline", "subsidy_fraud", date(2019, 10, 31), "/legal_basis"),
        ("mca-2019-103", "red", "subsidy_fraud", date(2026, 10, 1), "/list_kind"),
        ("mca-2019-103", "joint_discipline", "bad_mood", date(2026, 10, 1), "/ground"),
    ],
)
def test_nothing_is_proposed_without_a_basis_that_fits(
    basis_id: str, list_kind: str, ground: str, day: date, pointer: str
) -> None:
    with pytest.raises(NoLegalBasis) as caught:
        grounds.basis_for(basis_id, list_kind, ground, "organization", day)
    assert caught.value.errors[0].pointer == pointer


def test_the_terms_of_a_listing_follow_the_basis_and_else_its_class() -> None:
    terms = grounds.terms(BASIS, date(2026, 10, 12), date(2026, 10, 15))
    assert (terms.until, terms.repair_from) == (date(2029, 10, 11), date(2028, 10, 15))
    with pytest.raises(DateOrderError):
        grounds.terms(BASIS, date(2026, 10, 12), date(2029, 10, 12))


def test_a_decision_before_the_rule_on_classes_has_no_known_end() -> None:
    terms = grounds.terms(BASIS, date(2026, 3, 31), date(2026, 3, 31))
    assert (terms.until, terms.repair_from) == (None, date(2028, 3, 31))


def test_while_the_statement_period_is_undecided_the_notice_must_say_its_last_day() -> None:
    with pytest.raises(WrongDates):
        grounds.statement_deadline(BASIS, date(2026, 10, 8), None)
    assert grounds.statement_deadline(BASIS, date(2026, 10, 8), date(2026, 10, 15)) == date(2026, 10, 15)
    with pytest.raises(DateOrderError):
        grounds.statement_deadline(BASIS, date(2026, 10, 8), date(2026, 10, 7))


def test_a_decided_statement_period_sets_the_deadline_and_a_longer_one_is_kept() -> None:
    days = BASIS.periods.statement.model_copy(update={"working_days": 5, "missing": None})
    basis = BASIS.model_copy(update={"periods": BASIS.periods.model_copy(update={"statement": days})})
    assert grounds.statement_deadline(basis, date(2026, 9, 28), None) == date(2026, 10, 10)
    assert grounds.statement_deadline(basis, date(2026, 9, 28), date(2026, 10, 12)) == date(2026, 10, 12)
    assert grounds.statement_deadline(basis, date(2026, 9, 28), date(2026, 9, 29)) == date(2026, 10, 10)


@pytest.mark.parametrize(
    ("record_class", "published", "repair_from", "ends_on"),
    [
        ("minor", False, date(2026, 9, 20), date(2026, 12, 19)),
        ("general", True, date(2026, 12, 20), date(2027, 9, 19)),
        ("serious", True, date(2027, 9, 20), date(2029, 9, 19)),
    ],
)
def test_a_records_class_and_document_date_give_its_periods(
    record_class: str,
    published: bool,
    repair_from: date,
    ends_on: date,
) -> None:
    classes = catalogue().classes_on(date(2026, 10, 1))
    assert classes is not None
    dates = dates_of(getattr(classes, record_class), date(2026, 9, 20))
    assert (dates.published, dates.repair_from, dates.ends_on) == (published, repair_from, ends_on)


def test_a_record_counts_until_its_last_day_or_its_repair() -> None:
    last = date(2027, 9, 19)
    assert status_on(last, None, last) is Status.IN_FORCE
    assert status_on(date(2027, 9, 20), None, last) is Status.ENDED
    assert status_on(date(2027, 1, 5), date(2027, 1, 5), last) is Status.REPAIRED
    assert status_on(date(2027, 1, 4), date(2027, 1, 5), last) is Status.IN_FORCE
    assert dates_of(None, last).ends_on is None
