"""Slots follow the reader's own clock, also where it is put forward or back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.week import Week
from auditor.jobs.readers import machine_zone, zone_of
from auditor.jobs.schedule import latest_slot

LONDON = ZoneInfo("Europe/London")
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-09T07:00+00:00", "2026-03-09T07:00+00:00"),
        ("2026-03-09T06:59+00:00", "2026-03-02T07:00+00:00"),
        ("2026-03-30T06:30+00:00", "2026-03-30T06:00+00:00"),  # summer time began the day before
        ("2026-10-26T07:00+00:00", "2026-10-26T07:00+00:00"),  # and has ended
    ],
)
def test_seven_oclock_is_seven_oclock_on_the_readers_wall(now: str, slot: str) -> None:
    found = latest_slot(datetime.fromisoformat(now), day=0, hour=7, zone=LONDON)
    assert found.at == datetime.fromisoformat(slot)


def test_an_hour_that_the_clock_skips_comes_once_and_after_the_skip() -> None:
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)  # at one the clock is put to two
    found = latest_slot(noon, day=6, hour=1, zone=LONDON)
    assert found.at == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)  # at two the clock is put to one
    found = latest_slot(noon, day=6, hour=1, zone=LONDON)
    assert found.at == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_a_later_day_of_the_week_is_still_about_the_last_whole_week() -> None:
    thursday = datetime(2026, 3, 12, 18, tzinfo=UTC)
    assert latest_slot(thursday, day=3, hour=17, zone=UTC).week == Week(2026, 10)
    assert latest_slot(thursday, day=4, hour=9, zone=UTC).week == Week(2026, 9)


def test_the_reader_of_the_far_east_is_first() -> None:
    sunday_night = datetime(2026, 3, 8, 22, tzinfo=UTC)
    east = latest_slot(sunday_night, day=0, hour=7, zone=ZoneInfo("Asia/Tokyo"))
    assert east.week == Week(2026, 10)
    assert latest_slot(sunday_night, day=0, hour=7, zone=LONDON).week == Week(2026, 9)


@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    day=st.integers(0, 6),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
)
def test_slots_are_a_week_apart_and_none_is_left_out(
    now: datetime, day: int, hour: int, zone: str
) -> None:
    last = latest_slot(now, day=day, hour=hour, zone=ZoneInfo(zone))
    a_week_on = last.at + timedelta(days=7, hours=2)  # over a change of the clock too
    following = latest_slot(a_week_on, day=day, hour=hour, zone=ZoneInfo(zone))
    assert last.at <= now < following.at
    assert abs(following.at - last.at - timedelta(days=7)) <= timedelta(hours=1)
    assert following.week.monday - last.week.monday == timedelta(days=7)
    assert last.week.sunday < last.at.astimezone(ZoneInfo(zone)).date()


def test_the_machines_zone_knows_its_changes_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/London")
    machine_zone.cache_clear()
    try:
        zone = zone_of(None)
        summer, winter = (datetime(2026, m, 1, tzinfo=zone).utcoffset() for m in (7, 1))
        assert summer != winter
    finally:
        machine_zone.cache_clear()
    assert zone_of("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")
    assert date(2026, 3, 9).weekday() == 0
