"""Dates in notes are found where they stand and mean the days that a reader would say."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.reading.dates import DateMention, Direction, Kind, resolve_dates
from tests.timing import grows_linearly

WEDNESDAY = datetime(2026, 3, 4, 10, 30)
NOTES = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "dates_notes.jsonl")
    .read_text("utf-8")
    .splitlines()
]
PIECES = (
    "Thursday 2pm|the 14th|wk 14|w/c 9th|03/04|3.4.|2026-03-04|12-14 May|by month end|EOM|half six|"
    "in three months|a week on Thursday|between the 3rd and the 5th|next|last|since|until|before|"
    "first week of May|end of|mid-|Q3|FY27|24/7|1/2|may|sat|sun|second|[00:03:10]|noon|from|to|and|"
    "every Monday|or|,|-|/|.|'s|’|\n|999999999|٣|日|\u0301|🎉|the|of|a|two|twenty|9|31|2026|\x00|İ"
).split("|")
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
)
REFERENCES = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31))


def found(text: str, *, day_first: bool | None = None) -> list[DateMention]:
    return resolve_dates(text, reference=WEDNESDAY, day_first=day_first)


def only(text: str) -> DateMention:
    (mention,) = found(text)
    return mention


def described(mention: DateMention, keys: set[str]) -> dict[str, Any]:
    seen = {key: getattr(mention, key) for key in keys - {"time", "earliest", "latest", "kind"}}
    seen |= {"earliest": str(mention.earliest), "latest": str(mention.latest)}
    seen["kind"] = str(mention.kind)
    if mention.time is not None:
        seen["time"] = str(mention.time)
    return seen


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note["text"][:50])
def test_note_means_what_its_reader_says(note: dict[str, Any]) -> None:
    """Each hand-written note yields exactly the mentions that are expected of it."""
    mentions = resolve_dates(
        note["text"],
        reference=datetime.fromisoformat(note["reference"]),
        day_first=note.get("day_first"),
    )
    assert [mention.quote for mention in mentions] == [want["quote"] for want in note["expected"]]
    for mention, want in zip(mentions, note["expected"], strict=True):
        assert described(mention, set(want)) == want


def test_the_set_is_large_enough() -> None:
    """At least 150 notes are checked, and a sixth of them hold no date at all."""
    assert len(NOTES) >= 150
    assert sum(not note["expected"] for note in NOTES) >= len(NOTES) / 7


@given(text=TEXTS, reference=REFERENCES, day_first=st.sampled_from([None, True, False]))
@settings(max_examples=300, deadline=None)
def test_quotes_are_verbatim_and_in_order(
    text: str, reference: datetime, day_first: bool | None
) -> None:
    """Any text at any time: no crash, spans hold the quote, mentions neither cross nor repeat."""
    end = 0
    for mention in resolve_dates(text, reference=reference, day_first=day_first):
        assert text[mention.start : mention.end] == mention.quote
        assert end <= mention.start < mention.end
        end = mention.end
        assert mention.values
        assert all(value.earliest <= value.latest for value in mention.values)


@given(day=st.dates(date(1990, 1, 1), date(2090, 12, 31)), words=st.sampled_from(["on ", "by "]))
@settings(max_examples=100, deadline=None)
def test_a_full_date_means_that_day_however_written(day: date, words: str) -> None:
    """ISO, named and dotted forms of one day agree, whatever stands before them."""
    named = (f"{day.day} {day:%B} {day.year}", f"{day:%B} {day.day}, {day.year}")
    for form in (day.isoformat(), f"{day:%d.%m.%Y}", *named):
        mention = only(f"Signs {words}{form}.")
        assert mention.latest == day


@given(
    reference=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    weekday=st.sampled_from("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()),
)
@settings(max_examples=100, deadline=None)
def test_a_bare_weekday_is_the_next_one_and_the_last_one_in_the_past_tense(
    reference: datetime, weekday: str
) -> None:
    """ "Will meet Monday" lies one to seven days ahead, "spoke Monday" one to seven behind."""
    (ahead,) = resolve_dates(f"We will meet {weekday}", reference=reference)
    (behind,) = resolve_dates(f"We spoke {weekday}", reference=reference)
    assert f"{ahead.earliest:%A}" == f"{behind.earliest:%A}" == weekday
    assert timedelta(1) <= ahead.earliest - reference.date() <= timedelta(7)
    assert timedelta(1) <= reference.date() - behind.earliest <= timedelta(7)


@pytest.mark.parametrize(
    "unit",
    ["the week after the day after ", "end of ", "1, 2, 3, ", "1/2/", "mon/tue/", "12-", "half "],
)
def test_time_is_linear_in_the_text(unit: str) -> None:
    """Forty thousand characters of nearly-dates take about four times as long as ten thousand."""
    text = unit * (10_000 // len(unit))
    assert grows_linearly(lambda times: found(text * times))


@pytest.mark.parametrize("text", ["Thursday", "the 14th", "week 14", "by month end", "in ten days"])
def test_what_fits_a_diary(text: str) -> None:
    """The codebook's diary days are diary days."""
    assert only(f"Asked to do it {text}.").is_diary


@pytest.mark.parametrize(
    "text", ["next month", "in a couple of weeks", "Q2", "after the summer", "in three months"]
)
def test_what_fits_no_diary(text: str) -> None:
    """The codebook's vague times are none."""
    assert not only(f"Asked to do it {text}.").is_diary


def test_both_readings_of_an_ambiguous_pair_are_given() -> None:
    """03/04 keeps both readings and says that nothing decides."""
    mention = only("Visit 03/04")
    days = {value.earliest for value in mention.values}
    assert mention.is_ambiguous
    assert {date(2026, 3, 4), date(2026, 4, 3)} <= days


def test_other_dates_of_the_text_decide_the_order() -> None:
    """A date that can be read one way only settles the others of its text."""
    british, other = found("Visit 03/04, vote 25/04")
    assert british.earliest == date(2026, 4, 3)
    assert not british.is_ambiguous
    assert other.earliest == date(2026, 4, 25)


def test_intervals_count_from_the_reference() -> None:
    """An interval is marked as one and lies in the future."""
    mention = only("Call back in three months")
    assert (mention.is_interval, mention.direction) == (True, Direction.FUTURE)
    assert mention.earliest == date(2026, 6, 4)


def test_a_range_of_weekdays_keeps_its_order() -> None:
    """A range ends on the first such weekday after it begins."""
    mention = only("Away Tue-Thu")
    assert mention.latest - mention.earliest == timedelta(2)


def test_a_bare_time_names_no_day() -> None:
    """A time alone carries the reference day and is nothing for a diary."""
    mention = only("ring at 4pm")
    assert (mention.kind, mention.is_diary) == (Kind.TIME, False)
    assert mention.earliest == WEDNESDAY.date()


def test_week_start_moves_next_week() -> None:
    """Where weeks begin on Sunday, next week does too."""
    (mention,) = resolve_dates("next week", reference=WEDNESDAY, week_start=6)
    assert mention.earliest == date(2026, 3, 8)


def test_fiscal_years_follow_their_start() -> None:
    """FY27 that begins in April 2026 ends in March 2027, and its Q1 is spring 2026."""
    year, quarter = resolve_dates("FY27, from Q1 FY27", reference=WEDNESDAY, fiscal_year_start=4)
    assert (year.earliest, year.latest) == (date(2026, 4, 1), date(2027, 3, 31))
    assert (quarter.earliest, quarter.latest) == (date(2026, 4, 1), date(2026, 6, 30))


def test_an_aware_reference_is_read_in_its_own_zone() -> None:
    """A reference with a zone is taken at its local day."""
    reference = datetime.fromisoformat("2026-03-04T23:30:00+11:00")
    (mention,) = resolve_dates("tomorrow", reference=reference)
    assert mention.earliest == date(2026, 3, 5)
