"""Release is choked by the cap, one out one in, and each number is explained."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from auditor.domain.flow import DayWork, Ledger, Movements, TeamRules, build_flow, may_release
from auditor.domain.labels import Label
from tests.domain.flow.making import a_deal

DAY = date(2026, 3, 2)


def _ledger(now: int, *, cap: int = 80, reserved: int = 0, **moves: int) -> Ledger:
    return Ledger("Dana", DAY, DAY, now, Movements(**moves), cap, reserved)


def test_closed_nine_and_parked_one_at_the_cap_may_receive_ten() -> None:
    ledger = _ledger(70, closed=9, parked=1)
    assert (ledger.began, ledger.may_receive) == (80, 10)
    assert ledger.words == (
        "began with 80, closed 9, parked 1; 70 of 80 in the queue, may receive 10"
    )


def test_a_full_queue_gets_nothing_and_hears_what_must_go_first() -> None:
    answer = may_release("Dana", _ledger(80), TeamRules())
    assert not answer.allowed
    assert "1 must be closed or parked before 1 can come in" in answer.reason


def test_a_queue_over_its_cap_works_off_the_excess_first() -> None:
    answer = may_release("Dana", _ledger(90), TeamRules(), wanted=2)
    assert not answer.allowed
    assert "10 over the cap" in answer.reason
    assert "12 must be closed or parked" in answer.reason


def test_what_was_released_and_is_not_in_the_crm_yet_takes_its_place() -> None:
    assert may_release("Dana", _ledger(79), TeamRules()).allowed
    assert not may_release("Dana", _ledger(79, reserved=1), TeamRules()).allowed


def test_more_than_there_is_room_for_is_refused_with_the_room() -> None:
    answer = may_release("Dana", _ledger(75), TeamRules(), wanted=9)
    assert (answer.allowed, answer.may_receive) == (False, 5)


def test_an_unknown_rep_gets_nothing_unless_the_settings_name_them() -> None:
    assert not may_release("Nemo", None, TeamRules()).allowed
    assert may_release("nemo", None, TeamRules(reps=("Nemo",))).may_receive == 80


def test_old_data_is_said_beside_the_answer() -> None:
    answer = may_release("Dana", _ledger(1), TeamRules(), told_on=DAY - timedelta(9), as_of=DAY)
    assert "9 days old" in answer.warnings[0]


def test_a_reorder_level_over_the_cap_is_refused() -> None:
    with pytest.raises(ValidationError, match="over the cap"):
        TeamRules(cap=10, reorder_at=11)


def _flow(deals: int, days: list[DayWork], **rules: int):  # type: ignore[no-untyped-def]
    return build_flow(
        [a_deal(key=n) for n in range(deals)],
        days,
        since=DAY,
        until=DAY,
        rules={"north": TeamRules(**rules)},  # type: ignore[arg-type]
    ).reps[0]


def test_marketing_is_asked_only_at_the_reorder_level_and_then_up_to_the_cap() -> None:
    assert _flow(8, [], cap=10, closed_a_day=2).order == 2
    assert _flow(9, [], cap=10, closed_a_day=2).order == 0


def test_parked_ones_leave_the_count_and_the_ledger_says_so() -> None:
    deals = [a_deal(key=1), a_deal(key=2, parked=True), a_deal(key=3, was_parked=True)]
    rep = build_flow(deals, [], since=DAY, until=DAY, rules={}).reps[0]
    assert (rep.queue, rep.parked) == (2, 1)
    assert (rep.ledger.moves.parked, rep.ledger.moves.returned) == (1, 1)
    assert rep.ledger.began == 2


def test_what_a_supervisor_closed_frees_its_place_at_once() -> None:
    deals = [a_deal(key=1), a_deal(key=2, left=True, left_lately=True)]
    report = build_flow(deals, [], since=DAY, until=DAY, rules={})
    assert report.reps[0].queue == 1
    assert report.reps[0].ledger.moves.closed == 1
    assert "open in the CRM still" in report.notes[0]


def test_one_rep_has_one_queue_also_in_two_teams() -> None:
    deals = [a_deal(key=1), a_deal(key=2), a_deal(key=3, team="South")]
    days = [DayWork("Dana", "North", DAY, won=1), DayWork("Dana", "South", DAY, won=1)]
    report = build_flow(deals, days, since=DAY, until=DAY, rules={})
    [rep] = report.reps
    assert (rep.team, rep.queue, rep.work.closed) == ("North", 3, 2)


def test_work_counts_whole_days_and_the_ledger_today_as_well() -> None:
    today = DAY + timedelta(1)
    days = [DayWork("Dana", "North", DAY, lost=2), DayWork("Dana", "North", today, lost=1)]
    report = build_flow([], days, since=DAY, until=today, rules={}, work_until=DAY)
    [rep] = report.reps
    assert (rep.work.closed, rep.ledger.moves.closed) == (2, 3)
    assert rep.work.closed_a_day == 2.0


def test_hoarding_needs_all_three_signs() -> None:
    big = [a_deal(key=n) for n in range(20)]
    small = [a_deal(key=100 + n, rep="Lee") for n in range(4)]
    few = build_flow([*big, *small], [], since=DAY, until=DAY, rules={})
    hoarded = {r.rep: r.hoarding.found for r in few.reps}
    assert hoarded == {"Dana": True, "Lee": False}
    real = [a_deal(key=n, label=Label.MEANINGFUL_NEXT_STEP) for n in range(20)]
    assert not build_flow(real, [], since=DAY, until=DAY, rules={}).reps[0].hoarding.found


def test_the_age_of_a_queue_leaves_out_what_has_no_day() -> None:
    deals = [a_deal(key=1, age_days=10), a_deal(key=2, age_days=200), a_deal(key=3, age_days=None)]
    report = build_flow(deals, [], since=DAY, until=DAY, rules={})
    age = report.reps[0].age
    assert (age.known, age.unknown, age.median, age.oldest) == (2, 1, 105, 200)
    assert age.groups == (1, 0, 0, 0, 1)
    assert "no opening day" in report.notes[0]
