"""No text makes a pattern, or the whole reading of a note, take more than linear time."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from auditor.classify.registry import make_classifier, make_policy
from auditor.classify.verdicts import judge
from auditor.domain.records import AuditRecord
from auditor.reading.prepared import prepare
from auditor.settings import Settings
from eval.bench import patterns
from eval.bench.patterns import Found, collect, slowest
from tests.builders import a_record, a_transcript
from tests.timing import grows_linearly

SETTINGS = Settings(classifier="rules")
RULES = make_classifier("rules", SETTINGS)
POLICY = make_policy(RULES, SETTINGS)


def test_every_pattern_is_bounded_or_linear() -> None:
    found = collect()
    assert len(found) > 150
    timed = [slowest(each, screened=500, timed=2) for each in found]
    assert [each for each in timed if not each.is_sound] == []


_SLOW = pytest.param(r"[\w.]+@\w+", marks=pytest.mark.slow)


@pytest.mark.parametrize("bad", [r"(a+)+b", r"\s*;\s*", r"<v[^>]*>", _SLOW, r"(.*x.*)*y"])
def test_a_pattern_that_backtracks_is_found(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_PATIENCE_SECONDS", 0.4)
    monkeypatch.setattr(patterns, "_TRIES", 1)
    assert not slowest(Found("bad", re.compile(bad))).is_sound


@pytest.mark.parametrize(
    "unit",
    ["a", "\n", "( ", "<b>", "&lt;", "> a\n", "On Mon wrote:\n", "a@b.c ", "1/", "12/03/2026 ",
     "next week ", "renewed ", "Tuesday board agreed ", "Lee: a\n", "00:01 Lee: hi\n", "a, and ",
     "5 pm ", "\u200b", "wwwwwwwwwwwwwwwwwwwww", "-- \n", "# h\n"],
)  # fmt: skip
def test_reading_and_judging_a_note_grows_with_its_length(unit: str) -> None:
    text = unit * (5_000 // len(unit))
    for make in (a_record, a_transcript):
        # The record is made anew each time: what was prepared of one is kept with it.
        assert grows_linearly(partial(_read_and_judge, make, text))


def _read_and_judge(make: Callable[[str], AuditRecord], text: str, times: int) -> None:
    record = make(text * times)
    prepared = prepare(record)
    assert prepared.segments is not None
    assert prepared.dates is not None
    judge([record], RULES, POLICY)
