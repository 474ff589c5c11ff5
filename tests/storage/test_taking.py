"""What sources tell becomes what is known: news, gaps, moved dates, stages, times."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from auditor.domain.records import (
    ActivityKind,
    AuditRecord,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    Participant,
    Side,
    StageChange,
)
from auditor.intake import HISTORY_LIMIT
from auditor.storage import Database, Told, take
from tests.builders import a_pending, an_activity, an_opportunity
from tests.storage.making import DAY, contents, judge_all, only_open, tell

_LATER = date(2026, 3, 9)


def _deal(due: date | None, **known: object) -> Opportunity:
    pending = a_pending(due) if due else None
    return Opportunity(id="o1", next_activity=pending, next_activity_known=True, **known)  # type: ignore[arg-type]


def _dues(database: Database) -> list[tuple[date, date | None]]:
    return [(s.seen_on, s.pending and s.pending.due_on) for s in only_open(database).seen]  # type: ignore[misc]


def test_an_opportunity_comes_back_as_it_was_told(database: Database) -> None:
    told = an_opportunity(
        value=Decimal("12345678901234.56"),
        lead_source="Fair",
        opened_on=date(2026, 1, 1),
        expected_close_on=date(2026, 5, 1),
        probability=0.25,
        url="https://crm.example.com/o1",
        stage_history=(StageChange(stage="Proposal", entered_on=date(2026, 2, 1)),),
        next_activity=a_pending(_LATER),
        next_activity_known=True,
        due_history=(date(2026, 3, 1), date(2026, 3, 5)),
    )
    tell(database, told)
    assert only_open(database).opportunity == told


def test_only_what_was_told_counts_as_known(database: Database) -> None:
    tell(database, Opportunity(id="o1", stage="Proposal"))
    known = only_open(database).opportunity
    assert known.model_fields_set == {"id", "stage"}
    assert not known.next_activity_known


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 3, 2, 10, 15, 7, 123),
        datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
        datetime(2026, 3, 2, 10, tzinfo=UTC),
    ],
)
def test_a_time_keeps_its_zone_and_a_naive_one_gets_none(
    database: Database, when: datetime
) -> None:
    activity = an_activity(
        DAY,
        occurred_at=when,
        participants=(Participant(name="Lee", role=Side.BUYER, email="lee@example.com"),),
        duration_seconds=61,
        subject="Call",
        source="tasks.csv:2",
        next_activity=a_pending(_LATER),
    )
    tell(database, an_opportunity(), activity)
    with database.read() as unit:
        [due] = unit.activities.due("none", after=0, limit=9, history_limit=12)
    assert due.record.activity == activity
    assert due.record.activity.occurred_at.isoformat() == when.isoformat()


def test_activities_sort_by_the_moment_across_zones(database: Database) -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    deal = an_opportunity()
    tell(
        database,
        deal,
        an_activity(DAY, "first", id="a1", occurred_at=datetime(2026, 3, 3, 2)),
        an_activity(DAY, "second", id="a2", occurred_at=late),
    )
    with database.read() as unit:
        due = unit.activities.due("none", after=0, limit=9, history_limit=12)
    history = {d.record.activity.id: [p.id for p in d.record.history] for d in due}
    assert history == {"a1": [], "a2": ["a1"]}


def test_the_same_told_twice_writes_nothing(database: Database, url: str) -> None:
    told = (an_opportunity(next_activity=a_pending(_LATER), next_activity_known=True),)
    activity = an_activity(DAY, next_activity=a_pending(_LATER))
    tell(database, *told, activity)
    before = contents(url)
    again = tell(database, *told, activity.model_copy(update={"source": "tasks.csv:99"}))
    assert again.written == 0
    assert (again.opportunities, again.activities) == (1, 1)
    tell(database, *told, activity, on=date(2026, 4, 1))
    assert contents(url) == before


def test_news_go_over_what_is_known_and_gaps_stay(database: Database) -> None:
    tell(database, an_opportunity(lead_source="Fair"), an_activity(DAY, "spoke to Lee"))
    taken = tell(
        database,
        Opportunity(id="o1", stage="Negotiation", value=Decimal(900)),
        an_activity(DAY, "spoke to Lee, he wants it cheaper"),
        on=_LATER,
    )
    assert (taken.changed_opportunities, taken.changed_activities) == (1, 1)
    known = only_open(database).opportunity
    assert (known.stage, known.value, known.lead_source) == ("Negotiation", Decimal(900), "Fair")


def test_an_older_export_fills_gaps_only(database: Database) -> None:
    tell(database, Opportunity(id="o1", stage="Negotiation"), an_activity(DAY, "new"), on=_LATER)
    older = Opportunity(id="o1", stage="Proposal", lead_source="Fair")
    taken = tell(database, older, an_activity(DAY, "old"), on=DAY)
    known = only_open(database).opportunity
    assert (known.stage, known.lead_source) == ("Negotiation", "Fair")
    assert taken.changed_activities == 0


def test_ids_are_unique_within_a_source_only(database: Database) -> None:
    tell(database, an_opportunity(), an_activity(DAY), source="hubspot")
    taken = tell(database, an_opportunity(), an_activity(DAY, "another"), source="pipedrive")
    assert (taken.new_opportunities, taken.new_activities) == (1, 1)
    with database.read() as unit:
        assert len(unit.activities.due("none", after=0, limit=9, history_limit=12)) == 2


def test_each_change_of_the_due_date_is_recorded_with_the_day_it_was_seen(
    database: Database,
) -> None:
    days = [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)]
    dues = [date(2026, 3, 10), date(2026, 3, 20), date(2026, 3, 20), None]
    for day, due in zip(days, dues, strict=True):
        tell(database, _deal(due), on=day)
    assert _dues(database) == [(days[0], dues[0]), (days[1], dues[1]), (days[3], None)]


def test_due_dates_of_an_older_export_take_their_place(database: Database) -> None:
    tell(database, _deal(date(2026, 3, 20)), on=date(2026, 3, 9))
    tell(database, _deal(date(2026, 3, 10)), on=date(2026, 3, 2))
    tell(database, _deal(date(2026, 3, 10)), on=date(2026, 3, 2))
    assert _dues(database) == [
        (date(2026, 3, 2), date(2026, 3, 10)),
        (date(2026, 3, 9), date(2026, 3, 20)),
    ]
    pending = only_open(database).opportunity.next_activity
    assert pending == a_pending(date(2026, 3, 20))


def test_an_export_that_tells_no_plans_leaves_the_plan(database: Database) -> None:
    tell(database, _deal(_LATER))
    tell(database, Opportunity(id="o1", stage="Negotiation"), on=_LATER)
    assert only_open(database).opportunity.next_activity == a_pending(_LATER)


def test_a_plan_that_only_an_older_activity_left_is_no_news(database: Database) -> None:
    tell(database, _deal(_LATER), an_activity(date(2026, 3, 5), id="new"), on=_LATER)
    left = a_pending(date(2026, 2, 20))
    old = an_activity(date(2026, 2, 2), id="old", next_activity=left)
    tell(database, _deal(date(2026, 2, 20)), old, on=_LATER)
    assert only_open(database).opportunity.next_activity == a_pending(_LATER)


def test_an_earlier_activity_keeps_the_plan_that_was_pending_then(database: Database) -> None:
    first, second = an_activity(DAY, id="a1"), an_activity(date(2026, 3, 6), id="a2")
    tell(database, _deal(date(2026, 3, 6)), first)
    tell(database, _deal(date(2026, 3, 20)), first, second, on=_LATER)
    with database.read() as unit:
        due = unit.activities.due("none", after=0, limit=9, history_limit=12)
    plans = {d.record.activity.id: d.record.activity.next_activity for d in due}
    assert plans == {"a1": a_pending(date(2026, 3, 6)), "a2": a_pending(date(2026, 3, 20))}
    assert due[1].record.history[0].next_activity == a_pending(date(2026, 3, 6))


def test_a_stage_that_changed_between_imports_is_seen(database: Database) -> None:
    tell(database, Opportunity(id="o1", stage="Proposal"))
    tell(database, Opportunity(id="o1", stage="Negotiation"), on=_LATER)
    seen = StageChange(stage="Negotiation", entered_on=_LATER)
    assert only_open(database).opportunity.stage_history == (seen,)
    told = StageChange(stage="Negotiation", entered_on=date(2026, 3, 4))
    tell(database, Opportunity(id="o1", stage_history=(told,)), on=date(2026, 3, 10))
    assert only_open(database).opportunity.stage_history == (told,)


def test_closing_and_reopening_are_followed(database: Database) -> None:
    tell(database, Opportunity(id="o1", stage="Proposal"))
    closed = Opportunity(
        id="o1", stage="Closed Lost", status=OpportunityStatus.LOST, closed_on=_LATER
    )
    tell(database, closed, on=_LATER)
    with database.read() as unit:
        assert list(unit.opportunities.open_ones(10)) == []
    tell(database, Opportunity(id="o1", stage="Proposal"), on=date(2026, 3, 10))
    known = only_open(database).opportunity
    assert (known.status, known.closed_on) == (OpportunityStatus.OPEN, None)


def test_an_activity_moves_to_another_opportunity(database: Database) -> None:
    note = an_activity(DAY, id="a1")
    tell(database, Opportunity(id="o1"), note, an_activity(date(2026, 3, 3), id="a2"))
    assert judge_all(database) == 2
    moved = note.model_copy(update={"opportunity_id": "o2"})
    tell(database, Opportunity(id="o2"), moved, on=_LATER)
    assert judge_all(database) == 2  # a2 lost its history, and a1 speaks for another deal
    with database.read() as unit:
        assert {s.opportunity.id for [*s_] in unit.opportunities.open_ones(9) for s in s_} == {
            "o1",
            "o2",
        }


def test_an_activity_without_an_opportunity_gets_one_later(database: Database) -> None:
    note = an_activity(DAY, id="a1", opportunity_id=None)
    tell(database, None, note)
    tell(database, None, note)
    with database.read() as unit:
        assert unit.opportunities.is_empty()
    taken = tell(database, Opportunity(id="o1"), note.model_copy(update={"opportunity_id": "o1"}))
    assert (taken.new_activities, taken.changed_activities) == (0, 1)
    with database.read() as unit:
        [due] = unit.activities.due("none", after=0, limit=9, history_limit=12)
    assert due.record.activity.opportunity_id == "o1"


def test_a_record_that_came_complete_keeps_its_own_history(database: Database) -> None:
    history = an_activity(date(2026, 2, 2), "before")
    past = {"kind": "call", "occurred_at": history.occurred_at, "text": "before"}
    record = AuditRecord.model_validate(
        {
            "opportunity": {"id": "r1", "stage": "Proposal"},
            "activity": an_activity(DAY, id="r1", opportunity_id=None),
            "history": [past],
        }
    )
    told = Told(None, (record,), is_complete=True)
    for _ in range(2):
        with database.begin() as unit:
            take(unit, [told], source="crm", seen_on=DAY, history_limit=HISTORY_LIMIT)
    with database.read() as unit:
        [due] = unit.activities.due("none", after=0, limit=9, history_limit=12)
    assert due.record == record


def test_open_opportunities_are_noted_once_a_week(database: Database) -> None:
    tell(database, _deal(_LATER, stage="Proposal"))
    tell(database, an_opportunity(id="o2", status=OpportunityStatus.WON))
    with database.begin() as unit:
        assert unit.snapshots.take(date(2026, 3, 4)) == 1
        assert unit.snapshots.take(date(2026, 3, 6)) == 0
        assert unit.snapshots.take(date(2026, 3, 9)) == 1
        assert unit.snapshots.take(date(2026, 2, 20)) == 0  # what is known is of a later day
        [(_, stage, due)] = unit.snapshots.of_week(date(2026, 3, 2))
    assert (stage, due) == ("Proposal", _LATER)


def test_a_plan_without_a_date_is_a_plan(database: Database) -> None:
    plan = NextActivity(kind=ActivityKind.TASK, subject="", due_on=None)
    deal = Opportunity(id="o1", next_activity=plan, next_activity_known=True)
    tell(database, deal)
    assert only_open(database).opportunity.next_activity == plan
