"""Which moves of a plan count, and which stage changes stand."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.domain.records import NextActivity, StageChange
from auditor.storage.history import SeenPending, due_history, stage_history
from tests.builders import a_pending, an_activity


def _march(day: int) -> date:
    return date(2026, 3, day)


def _seen(*plans: tuple[int, NextActivity | None]) -> list[SeenPending]:
    return [SeenPending(_march(day), plan) for day, plan in plans]


def test_moves_seen_at_imports_are_told_oldest_first_without_the_present_one() -> None:
    plans = [a_pending(_march(d)) for d in (5, 12, 20)]
    seen = _seen((1, plans[0]), (6, plans[1]), (13, plans[2]))
    assert due_history(seen, [], plans[2]) == (_march(5), _march(12))


def test_a_plan_seen_once_is_no_move() -> None:
    assert due_history(_seen((1, a_pending(_march(5)))), [], a_pending(_march(5))) == ()


def test_another_plan_begins_anew() -> None:
    demo = a_pending(_march(25), "Demo for the board")
    seen = _seen((1, a_pending(_march(5))), (6, a_pending(_march(12))), (13, demo))
    assert due_history(seen, [], demo) == ()
    moved = a_pending(_march(28), "Demo for the board")
    assert due_history([*seen, *_seen((20, moved))], [], moved) == (_march(25),)


def test_a_plan_taken_away_and_put_back_later_is_moved() -> None:
    seen = _seen((1, a_pending(_march(5))), (6, None), (9, a_pending(_march(20))))
    assert due_history(seen, [], a_pending(_march(20))) == (_march(5),)


def test_plans_that_activities_carried_before_stand_in_front() -> None:
    activities = [
        an_activity(date(2026, 2, 2), next_activity=a_pending(date(2026, 2, 9))),
        an_activity(date(2026, 2, 9), next_activity=a_pending(_march(5))),
    ]
    seen = _seen((1, a_pending(_march(5))), (6, a_pending(_march(12))))
    expected = (date(2026, 2, 9), _march(5))
    assert due_history(seen, activities, a_pending(_march(12))) == expected


def test_a_plan_without_subject_is_the_same_plan() -> None:
    seen = _seen((1, a_pending(_march(5), "")), (6, a_pending(_march(12), "")))
    assert due_history(seen, [], a_pending(_march(12), "")) == (_march(5),)


@pytest.mark.parametrize("pending", [None, a_pending(None)])
def test_without_a_due_day_nothing_has_moved(pending: NextActivity | None) -> None:
    seen = _seen((1, a_pending(_march(5))), (6, a_pending(_march(12))))
    assert due_history(seen, [], pending) == ()


def test_what_sources_tell_of_a_stage_goes_before_what_was_seen() -> None:
    told = [StageChange(stage="Proposal", entered_on=_march(2))]
    seen = [
        StageChange(stage="Proposal", entered_on=_march(9)),
        StageChange(stage="Negotiation", entered_on=_march(16)),
    ]
    assert stage_history(told, seen) == (told[0], seen[1])
