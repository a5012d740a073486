"""The story of the demo, small, with what it must have shown at the end."""

from __future__ import annotations

import pytest

from deploy.demo.__main__ import STEPS
from deploy.demo.district import District
from deploy.demo.story import Story


@pytest.fixture(scope="module")
def told(base_url: str, district: District) -> Story:
    """The whole story with a file of 2,000 seniors."""
    story = Story(base_url, district, 2_000, lambda _share, _note: None)
    for _title, step in STEPS:
        step(story)
    return story


def _figure(story: Story, begins: str) -> str:
    return next(figure for what, figure in story.summary if what.startswith(begins))


def test_the_import_registers_the_good_rows_and_names_the_broken_ones(told: Story) -> None:
    assert _figure(told, "导入").split(" of ")[1].startswith("2000 rows")
    assert "check_digit" in _figure(told, "拒绝行")


def test_the_assessment_raises_the_level_after_two_falls(told: Story) -> None:
    assert "level 1 → 2" in _figure(told, "能力评估")


def test_bad_deliveries_are_refused_and_good_ones_verified(told: Story) -> None:
    counts = _figure(told, "送餐")
    assert "verified" in counts
    assert "refused" in counts
    assert "flagged" in counts


def test_nobody_decides_alone(told: Story) -> None:
    assert _figure(told, "提出人") == "refused with 403"
    assert _figure(told, "制单人") == "refused with 403"


def test_the_listed_institution_is_paid_for_fifteen_days_and_the_reason_stands_in_the_line(told: Story) -> None:
    assert "失信" in _figure(told, "为什么 why (operating_subsidy, zh)")
    assert "discipline list" in _figure(told, "为什么 why (operating_subsidy, en)")


def test_the_late_death_is_claimed_back_and_names_the_line_it_corrects(told: Story) -> None:
    recovery = _figure(told, "追缴 recovery")
    assert recovery.startswith("-")
    assert "corrects line" in recovery


def test_stored_lines_are_proved_again(told: Story) -> None:
    proofs = [figure for what, figure in told.summary if what.startswith("重算证明")]
    assert len(proofs) == 2
    assert all("'equal': True" in proof for proof in proofs)


def test_every_audit_chain_is_unbroken(told: Story) -> None:
    chains = [figure for what, figure in told.summary if what.startswith("审计链")]
    assert len(chains) == 4
    assert all(chain.startswith("unbroken") for chain in chains)
