"""The shipped sample is complete, dated, and as real as the issue asks."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from auditor.domain.records import OpportunityStatus, TextFormat
from auditor.intake.sample import SampleTeam, load_sample


@pytest.fixture(scope="module")
def sample() -> SampleTeam:
    return load_sample(date(2026, 11, 27))


def test_it_is_one_supervisor_two_teams_and_eight_reps(sample: SampleTeam) -> None:
    open_ones = [o for o in sample.opportunities if o.status is OpportunityStatus.OPEN]
    assert sample.supervisor
    assert len(open_ones) >= 120
    assert len(sample.opportunities) - len(open_ones) >= 200
    assert {o.team for o in sample.opportunities} == {"North", "South"}
    assert len({o.owner for o in open_ones}) == 8
    assert len(sample.activities) >= 350
    assert sum(a.format is TextFormat.TRANSCRIPT for a in sample.activities) >= 20


def test_every_closed_one_has_its_history(sample: SampleTeam) -> None:
    for closed in (o for o in sample.opportunities if o.status is not OpportunityStatus.OPEN):
        assert closed.closed_on
        assert closed.stage_history
        assert closed.stage_history[-1].entered_on <= closed.closed_on < sample.as_of


def test_ids_are_unique_and_activities_lie_before_the_reading_day(sample: SampleTeam) -> None:
    assert max(Counter(a.id for a in sample.activities).values()) == 1
    assert max(Counter(o.id for o in sample.opportunities).values()) == 1
    assert all(a.occurred_at.date() < sample.as_of for a in sample.activities)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2028, 2, 29), date(2027, 7, 4)])
def test_dates_move_with_today_and_no_placeholder_is_left(today: date) -> None:
    sample = load_sample(today)
    assert sample.as_of.weekday() == 0
    assert 0 <= (today - sample.as_of).days < 7
    last_week = [
        a for a in sample.activities if 0 < (sample.as_of - a.occurred_at.date()).days <= 7
    ]
    assert len({a.owner for a in last_week}) == 8
    assert not [a.id for a in sample.activities if "{+" in a.text or "{-" in a.text]
