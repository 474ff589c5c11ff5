"""Turns are found, and each speaker's side is known, told by the owner, or inferred and said so."""

from __future__ import annotations

from auditor.domain.records import Participant, Side
from auditor.reading.turns import read_conversation, split_turns

_CALL = (
    "[00:00:01] Dana: Hi, following up on our quote\n"
    "[00:00:05] Lee: we're fine with our current supplier\nstill here\n"
    "Dana: ok"
)


def test_turns_keep_stamps_and_take_lines_without_a_name_along() -> None:
    turns = split_turns(_CALL)
    assert [t.speaker for t in turns] == ["Dana", "Lee", "Dana"]
    assert turns[1].stamp == "00:00:05"
    assert _CALL[turns[1].words_start : turns[1].end].endswith("still here")


def test_participants_decide_sides_even_by_first_name() -> None:
    people = (
        Participant(name="Dana Wolfe", role=Side.BUYER),
        Participant(name="Lee", role=Side.REP),
    )
    call = read_conversation(_CALL, participants=people)
    assert [t.side for t in call.turns] == [Side.BUYER, Side.REP, Side.BUYER]
    assert not call.inferred


def test_the_owner_is_the_rep_and_the_other_is_inferred() -> None:
    call = read_conversation(_CALL, owner="Dana Wolfe")
    assert [t.side for t in call.turns] == [Side.REP, Side.BUYER, Side.REP]
    assert call.inferred


def test_sides_are_inferred_from_words_with_a_warning() -> None:
    call = read_conversation(_CALL)
    assert call.turns[0].side is Side.REP
    assert call.inferred


def test_agent_and_customer_need_no_inference() -> None:
    call = read_conversation("Agent: hello there\nCustomer: hi")
    assert [t.side for t in call.turns] == [Side.REP, Side.BUYER]
    assert not call.inferred


def test_system_lines_are_neither_side() -> None:
    call = read_conversation("System: recording started\nAgent: hi\nCustomer: hi")
    assert call.turns[0].side is Side.OTHER


def test_a_place_finds_its_turn_and_gaps_find_none() -> None:
    call = read_conversation(_CALL)
    assert call.turn_at(_CALL.index("current")) is call.turns[1]
    assert read_conversation("no turns here").turn_at(3) is None
