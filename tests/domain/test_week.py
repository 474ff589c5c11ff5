"""Weeks are ISO weeks and are read on the Monday after."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.domain.week import Week
from auditor.errors import InputError


def test_reads_the_iso_form_and_prints_it_back() -> None:
    assert str(Week.parse("2026-W47")) == "2026-W47"
    assert str(Week.parse("2026w7")) == "2026-W07"


@pytest.mark.parametrize("text", ["", "2026", "2026-W54", "2026-W00", "week 4"])
def test_refuses_what_is_no_week_and_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InputError, match="2026-W47"):
        Week.parse(text)


def test_a_digest_read_on_any_day_is_about_the_week_before() -> None:
    assert Week.last_before(date(2026, 11, 27)) == Week(2026, 47)
    assert Week(2026, 47).reading_day == date(2026, 11, 23)
    assert date(2026, 11, 22) in Week(2026, 47)
    assert date(2026, 11, 23) not in Week(2026, 47)


def test_years_roll_over_as_iso_says() -> None:
    assert Week.of(date(2027, 1, 1)) == Week(2026, 53)
