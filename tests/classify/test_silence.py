"""Silence is counted back from the latest activity to the last answer."""

from __future__ import annotations

import pytest

from auditor.classify.silence import NO_SHOW, PUT_OFF, UNANSWERED, Silence, count_silence


def test_counts_run_back_to_the_last_answer() -> None:
    texts = [
        "left vm",
        "spoke, she likes it",
        "rang out",
        "no-show on the link",
        "emailed, no reply",
    ]
    assert count_silence(texts) == Silence(3, 1, 0, 4)


def test_put_offs_in_a_row_are_counted() -> None:
    texts = ["too busy, call next month", "asked me to ring in March", "leave it till June"]
    assert count_silence(texts).put_offs == 3


def test_no_history_counts_nothing() -> None:
    assert count_silence([]) == Silence(0, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    ["LVM", "no ans", "Rang out.", "straight to voicemail", "didn't pick up", "n/a", "2 vms"],
)
def test_words_of_an_unanswered_attempt(text: str) -> None:
    assert UNANSWERED.search(text)


@pytest.mark.parametrize(
    "text", ["answered on the first ring", "we agreed a demo", "replied at once"]
)
def test_words_of_an_answer_are_no_attempt(text: str) -> None:
    assert not UNANSWERED.search(text)
    assert not NO_SHOW.search(text)


def test_a_booked_meeting_is_no_put_off() -> None:
    assert not PUT_OFF.search("board decides Thursday at two")
