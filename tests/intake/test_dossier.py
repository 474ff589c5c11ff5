"""Activities are gathered under their opportunities."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.records import (
    Activity,
    ActivityKind,
    AuditRecord,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    StageChange,
)
from auditor.intake import HISTORY_LIMIT, IntakeReport, merge_opportunities

from .reading import dossiers, read

CALL = NextActivity(kind=ActivityKind.CALL, subject="Ring", due_on=date(2026, 5, 1))


def act(identity: str, deal: str | None = "D", day: int = 1, **more: object) -> Activity:
    values = {"text": f"words {identity}", "occurred_at": datetime(2026, 3, day)} | more
    return Activity.model_validate({"id": identity, "opportunity_id": deal, **values})


def test_activities_come_oldest_first_with_the_earlier_ones_as_history() -> None:
    (dossier,) = dossiers(act("3", day=3), Opportunity(id="D", name="Roof"), act("1", day=1))
    assert dossier.opportunity.name == "Roof"
    assert [r.activity.id for r in dossier.records] == ["1", "3"]
    assert [[p.id for p in r.history] for r in dossier.records] == [[], ["1"]]
    assert all(r.opportunity is dossier.opportunity for r in dossier.records)


def test_times_with_and_without_a_zone_sort_together() -> None:
    zoned = act("2", occurred_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    (dossier,) = dossiers(act("3", occurred_at=datetime(2026, 3, 1, 13)), zoned, act("1"))
    assert [r.activity.id for r in dossier.records] == ["1", "2", "3"]


def test_history_is_limited_to_the_latest() -> None:
    (dossier,) = dossiers(*(act(str(i), day=i) for i in range(1, 21)))
    assert [p.id for p in dossier.records[-1].history] == [str(i) for i in range(8, 20)]
    assert len(dossier.records[-1].history) == HISTORY_LIMIT


def test_an_unknown_opportunity_is_made_up_with_a_warning() -> None:
    report = IntakeReport()
    (dossier,) = dossiers(act("1", "ghost"), report=report)
    assert dossier.opportunity.id == "ghost"
    assert not dossier.alone
    assert "no file holds" in report.warnings[0].text


def test_activities_without_an_opportunity_are_judged_alone() -> None:
    found = dossiers(act("1", None), act("2", None))
    assert [(d.alone, len(d.records), d.records[0].history) for d in found] == [(True, 1, ())] * 2
    assert found[0].records[0].activity.opportunity_id is None


def test_a_name_leads_to_the_opportunity_that_alone_has_it() -> None:
    found = dossiers(
        act("1", "Roof"),
        Opportunity(id="Roof", stage="Offer"),
        Opportunity(id="D1", name="Roof", value=Decimal(5)),
        act("2", "Barn"),
        Opportunity(id="D2", name="Barn"),
        Opportunity(id="D3", name="Barn"),
    )
    roof = next(d for d in found if d.opportunity.id == "D1")
    assert [r.activity.opportunity_id for r in roof.records] == ["D1"]
    assert (roof.opportunity.stage, roof.opportunity.value) == ("Offer", Decimal(5))
    assert "Roof" not in [d.opportunity.id for d in found]
    assert "Barn" in [d.opportunity.id for d in found], "two have that name"


def test_the_same_activity_twice_is_dropped_and_counted() -> None:
    report = IntakeReport()
    (dossier,) = dossiers(act("1"), act("1"), report=report)
    assert len(dossier.records) == 1
    assert report.duplicates == 1


def test_one_id_on_different_activities_keeps_both_and_says_so() -> None:
    report = IntakeReport()
    (dossier,) = dossiers(act("1"), act("1", day=2), act("1", day=2), report=report)
    assert [r.activity.id for r in dossier.records] == ["1", "1~2"]
    assert report.duplicates == 1
    assert "different content" in report.warnings[0].text


def test_the_pending_task_goes_to_the_latest_activity() -> None:
    pending = Opportunity(id="D", next_activity=CALL, next_activity_known=True)
    (dossier,) = dossiers(act("1"), pending, act("2", day=2))
    assert dossier.opportunity.next_activity == CALL
    assert [r.activity.next_activity for r in dossier.records] == [None, CALL]


def test_the_earliest_of_several_pending_tasks_stands() -> None:
    later = NextActivity(subject="Later", due_on=date(2026, 9, 1))
    undated = NextActivity(subject="Some day")
    parts = [
        Opportunity(id="D", next_activity=each, next_activity_known=True)
        for each in (undated, later, CALL)
    ]
    (dossier,) = dossiers(*parts)
    assert dossier.opportunity.next_activity == CALL


def test_where_pending_tasks_are_told_none_means_none() -> None:
    report = IntakeReport(tells_pending=True)
    (told,) = dossiers(act("1"), report=report)
    assert told.opportunity.next_activity_known
    (untold,) = dossiers(act("1"))
    assert not untold.opportunity.next_activity_known


def test_what_the_latest_activity_left_is_the_pending_one() -> None:
    (dossier,) = dossiers(act("2", day=2, next_activity=CALL), act("1"))
    assert dossier.opportunity.next_activity == CALL
    (rolled,) = dossiers(act("1", next_activity=CALL), act("2", day=2))
    assert rolled.opportunity.next_activity_known
    assert rolled.opportunity.next_activity is None


def test_a_labelled_record_passes_as_it_is() -> None:
    record = AuditRecord(opportunity=Opportunity(id="r", stage="Offer"), activity=act("r", None))
    (dossier,) = dossiers(record)
    assert dossier.records == (record,)


def test_partial_opportunities_are_put_together() -> None:
    change = StageChange(stage="Offer", entered_on=date(2026, 1, 1))
    earlier = StageChange(stage="Demo", entered_on=date(2025, 12, 1))
    whole = Opportunity(id="D", name="Roof", stage="Lost", status=OpportunityStatus.LOST,
                        stage_history=(change,))  # fmt: skip
    part = Opportunity(id="D", stage="Offer", stage_history=(earlier, change))
    for merged in (merge_opportunities(whole, part), merge_opportunities(part, whole)):
        assert (merged.name, merged.stage, merged.status) == ("Roof", "Lost", whole.status)
        assert merged.stage_history == (earlier, change)


PARTS = st.builds(
    Opportunity,
    id=st.just("D"),
    name=st.sampled_from(["", "Roof"]),
    due_history=st.lists(st.dates(), max_size=2).map(tuple),
)


@given(PARTS, PARTS)
def test_merging_invents_nothing_and_loses_no_history(a: Opportunity, b: Opportunity) -> None:
    merged = merge_opportunities(a, b)
    assert merged.name in (a.name, b.name)
    assert set(merged.due_history) == {*a.due_history, *b.due_history}
    assert Opportunity.model_validate(merged.model_dump()) == merged


ITEMS = st.lists(
    st.builds(act, st.sampled_from("abcdef"), st.sampled_from(["D", "E", None]), st.integers(1, 5))
    | st.builds(Opportunity, id=st.sampled_from(["D", "E", "F"])),
    max_size=12,
)


@given(ITEMS)
def test_no_activity_is_lost_and_none_comes_twice(items: list[Activity | Opportunity]) -> None:
    report = IntakeReport()
    found = dossiers(*items, report=report)
    ids = [r.activity.id for d in found for r in d.records]
    given = [item for item in items if isinstance(item, Activity)]
    assert len(ids) == len(set(ids)) == len(given) - report.duplicates
    deals = [d.opportunity.id for d in found if not d.alone]
    assert len(deals) == len(set(deals))


def test_files_of_one_crm_come_together(tmp_path: Path) -> None:
    (tmp_path / "1_tasks.csv").write_text(
        "Id,WhatId,Subject,Description,ActivityDate,IsClosed\n"
        "1,006A,Call,Will think,2026-03-02,true\n2,006A,Ring,,2026-05-01,false\n"
    )
    (tmp_path / "2_opps.csv").write_text(
        "Id,Name,StageName,Amount\n006A,Roof,Offer,5\n006B,B,Offer,6\n"
    )
    (tmp_path / "3_OpportunityHistory.csv").write_text(
        "OpportunityId,StageName,CreatedDate\n006A,Offer,2026-01-02\n"
    )
    result = read(tmp_path)
    roof, barn = dossiers(*result.items, report=result.report)
    assert (roof.opportunity.name, roof.opportunity.value) == ("Roof", Decimal(5))
    assert roof.opportunity.stage_history[0].stage == "Offer"
    pending = roof.records[0].activity.next_activity
    assert pending is not None
    assert (pending.subject, pending.due_on) == (CALL.subject, CALL.due_on)
    assert barn.records == ()
    assert barn.opportunity.next_activity_known, "the tasks tell that it has none"
