"""Health is computed alike on both databases, and each figure gives its records."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from auditor.domain.flow import TeamRules
from auditor.domain.health import Health, Scope
from auditor.domain.recommendation import recommend
from auditor.domain.records import Opportunity, OpportunityStatus, StageChange
from auditor.domain.standing import compute_standing
from auditor.errors import InputError, StorageError
from auditor.health import (
    HealthRules,
    compute_health,
    find_records,
    health_data,
    release_answer,
    rep_queue,
)
from auditor.intake.sample import load_sample
from auditor.jobs.due import judge_due
from auditor.storage import Database
from auditor.storage.counting import Counted
from tests.builders import a_pending, an_activity, an_opportunity
from tests.storage.making import POLICY, RULES, import_all, run_sql, tell

DAY = date(2026, 3, 2)
HEALTH = HealthRules(POLICY)
WON, LOST = OpportunityStatus.WON, OpportunityStatus.LOST


def _days(*ago: int) -> list[date]:
    return [DAY - timedelta(n) for n in ago]


def _staged(*steps: tuple[str, int]) -> tuple[StageChange, ...]:
    return tuple(StageChange(stage=s, entered_on=DAY - timedelta(n)) for s, n in steps)


def _closed(name: str, status: OpportunityStatus, opened: int, closed: int, **more: Any):  # type: ignore[no-untyped-def]
    return an_opportunity(
        id=name,
        name=name,
        account=name,
        status=status,
        opened_on=DAY - timedelta(opened),
        closed_on=DAY - timedelta(closed),
        **more,
    )


def _compute(database: Database, **scope: str) -> Health:
    return compute_health(database, HEALTH, as_of=DAY, scope=Scope(**scope))


def _keys(told: Any) -> Iterator[tuple[str, int]]:
    """Every figure that names its records, with the number that it says to rest on."""
    if isinstance(told, dict):
        if told.get("records") and isinstance(told["records"], str) and "definition" in told:
            yield told["records"], told.get("n", told.get("count"))
        for value in told.values():
            yield from _keys(value)
    elif isinstance(told, list):
        for value in told:
            yield from _keys(value)


def test_each_figure_of_the_sample_rests_on_the_records_that_it_gives(database: Database) -> None:
    sample = load_sample(DAY)
    import_all(database, [*sample.opportunities, *sample.activities], on=sample.as_of)
    judge_due(database, RULES, POLICY)
    health = compute_health(database, HEALTH, as_of=sample.as_of)
    figures = dict(_keys(health_data(health)))
    assert len(figures) > 50
    # One of each kind: every one of them reads the whole past again.
    kinds = {key.split(":")[0] + key.partition("=")[0][-6:]: key for key in sorted(figures)}
    wrong = {
        key: (figures[key], len(found))
        for key in kinds.values()
        if len(found := find_records(database, HEALTH, key, as_of=sample.as_of)) != figures[key]
    }
    assert wrong == {}
    assert (health.pipeline.count, health.knowledge.closed_count) == (128, 210)


def test_times_in_stages_count_open_ones_as_censored(database: Database) -> None:
    for n in range(5):
        stages = _staged(("Discovery", 60), ("Proposal", 40))
        tell(database, _closed(f"c{n}", LOST, 60, 20, stage_history=stages))
    tell(database, an_opportunity(id="open", stage_history=_staged(("Proposal", 30))))
    health = _compute(database)
    times = {c.stage: (c.median.value, c.median.n, c.still_in) for c in health.cycles}
    assert times == {"Discovery": (20.0, 5, 0), "Proposal": (20.0, 6, 1)}
    assert health.whole_cycle.median.value == 40.0


def test_a_stage_named_after_an_outcome_is_no_stage(database: Database) -> None:
    stages = _staged(("Proposal", 40), ("Closed Lost", 20))
    tell(database, _closed("c", LOST, 60, 20, stage="Closed Lost", stage_history=stages))
    health = _compute(database)
    assert [c.stage for c in health.cycles] == ["Proposal"]
    assert [row.group for row in health.fallout["stage"]] == ["Proposal"]


def test_with_opening_and_closing_days_alone_it_says_what_it_cannot_know(
    database: Database,
) -> None:
    for n in range(6):
        tell(database, _closed(f"c{n}", WON if n % 2 else LOST, 50, 10))
    tell(database, an_opportunity(id="open", opened_on=DAY - timedelta(5)))
    health = _compute(database)
    assert (health.cycles, health.clogs) == ((), ())
    assert health.whole_cycle.median.value == 40.0
    assert any("stage history" in words for words in health.knowledge.words)


def test_weekly_snapshots_alone_build_history_and_forecasts(database: Database) -> None:
    said = an_opportunity(id="a", stage="Discovery", probability=0.8, expected_close_on=DAY)
    early = DAY - timedelta(30)
    tell(database, said, on=early)
    with database.begin() as unit:
        unit.snapshots.take(early)
    tell(database, said.model_copy(update={"stage": "Proposal"}), on=DAY - timedelta(9))
    health = _compute(database)
    assert health.knowledge.observed_only == 1
    assert [c.stage for c in health.cycles] == ["Proposal"]
    assert health.forecast[0].slipped == 1
    [queue] = rep_queue(database, HEALTH, "dana", as_of=DAY).deals
    assert (queue.age_days, queue.days_in_stage, queue.at_least) == (30, 9, True)


def test_a_forecast_is_scored_against_what_happened(database: Database) -> None:
    early = DAY - timedelta(30)
    deal = an_opportunity(id="a", probability=0.8, expected_close_on=DAY - timedelta(3))
    tell(database, deal, on=early)
    with database.begin() as unit:
        unit.snapshots.take(early)
    done = {"status": WON, "closed_on": DAY - timedelta(2)}
    tell(database, deal.model_copy(update=done), on=DAY)
    month = _compute(database).forecast[0]
    assert month.brier.value == pytest.approx(0.04)
    assert (month.kept.value, month.said) == (1.0, (("GBP", 1000.0, 1000.0),))
    assert [r.id for r in find_records(database, HEALTH, "forecast:30", as_of=DAY)] == ["a"]


def test_dirty_data_is_reported_and_survived(database: Database) -> None:
    tell(database, _closed("backwards", LOST, 5, 50))
    tell(database, an_opportunity(id="bare", owner=None, team=None, value=None, stage=""))
    tell(database, an_opportunity(id="euro", currency="EUR", value=Decimal(7)))
    tell(database, an_opportunity(id="none", currency=None, value=Decimal(3)))
    undated = an_opportunity(id="undated", status=WON, account=None)
    tell(database, undated)
    tell(database, an_opportunity(id="euro"), source="other")
    health = _compute(database)
    flaws = {f.key: f.count for f in health.flaws}
    for key in ("closed_before_opened", "closed_without_day", "open_without_value", "same_id"):
        assert flaws[key] >= 1
        found = find_records(database, HEALTH, f"flaw:{key}", as_of=DAY)
        assert len(found) == flaws[key]
    assert {m.currency: m.value for m in health.pipeline.money} == {
        None: 3.0,
        "EUR": 7.0,
        "GBP": 1000.0,
    }
    assert health.whole_cycle.median.value is None


def test_conversations_are_told_from_attempts_by_text_and_length(database: Database) -> None:
    talk = "Lee said they will decide at the board meeting on 12 March"
    monday, tuesday = _days(7, 6)
    tell(
        database,
        an_opportunity(opened_on=monday),
        an_activity(monday, talk, id="long", duration_seconds=300),
        an_activity(monday, talk, id="short", duration_seconds=12),
        an_activity(tuesday, "No answer, left voicemail", id="vm"),
    )
    judge_due(database, RULES, POLICY)
    [rep] = _compute(database).flow.reps
    assert (rep.work.conversations, rep.work.short, rep.work.attempts) == (1, 1, 2)
    contacts = find_records(database, HEALTH, "contacts:Dana", as_of=DAY)
    assert sorted(c.contact for c in contacts) == ["attempt", "short", "two_way"]  # type: ignore[union-attr]


def test_a_lead_router_gets_yes_or_no_with_the_reason(database: Database) -> None:
    tell(database, an_opportunity(id="a", opened_on=DAY), _pended())
    tell(database, _closed("b", LOST, 30, 0))
    rules = HealthRules(POLICY, {"north": TeamRules(cap=2)})
    view = rep_queue(database, rules, "DANA", as_of=DAY)
    answer = release_answer(view)
    assert (answer.allowed, answer.may_receive) == (True, 1)
    assert "received 1, closed 1; 1 of 2 in the queue" in answer.reason
    full = rep_queue(database, rules, "Dana", as_of=DAY, reserved=1)
    assert not release_answer(full).allowed
    assert not release_answer(rep_queue(database, rules, "Nemo", as_of=DAY)).allowed


def _pended():  # type: ignore[no-untyped-def]
    return an_activity(DAY, "spoke to Lee", next_activity=a_pending(DAY + timedelta(7)))


def test_a_scope_counts_only_its_people_and_an_unknown_one_is_refused(database: Database) -> None:
    tell(database, an_opportunity(id="a"))
    tell(database, an_opportunity(id="b", owner="Siobhán", team="South"))
    assert _compute(database, rep="SIOBHÁN").pipeline.count == 1
    assert _compute(database, team="north").pipeline.count == 1
    with pytest.raises(InputError, match="stored are Dana, Siobhán"):
        _compute(database, rep="Nemo")
    with pytest.raises(InputError, match="no figure"):
        find_records(database, HEALTH, "cycles", as_of=DAY)


def test_what_its_crm_has_deleted_is_neither_won_nor_lost(database: Database) -> None:
    tell(database, _closed("gone", OpportunityStatus.DELETED, 30, 3))
    tell(database, _closed("lost", LOST, 30, 3, lost_reason="price"))
    health = _compute(database)
    assert health.knowledge.closed_count == 1
    assert [(row.group, row.lost) for row in health.fallout["reason"]] == [("price", 1)]
    assert health.whole_cycle.median.n == 1
    [rep] = health.flow.reps
    assert rep.work.closed == 1


def test_the_pass_counts_what_the_listing_of_spells_counts(database: Database) -> None:
    chance = random.Random(8)  # noqa: S311 - made-up data
    for n in range(60):
        days = sorted((chance.randint(0, 120) for _ in range(4)), reverse=True)
        names = [chance.choice(("Discovery", "Proposal", "proposal", "Closed")) for _ in days]
        staged = _staged(*zip(names, days, strict=True))
        status = chance.choice((WON, LOST, OpportunityStatus.OPEN))
        closed = None if status is OpportunityStatus.OPEN else DAY - timedelta(chance.randint(0, 9))
        tell(
            database,
            an_opportunity(id=f"o{n}", status=status, closed_on=closed, stage_history=staged),
        )
    counted = Counted(DAY, DAY - timedelta(100))
    with database.read() as unit:
        past = unit.health.past(counted)
        for stage in ("Discovery", "Proposal", "proposal"):
            listed = list(unit.records.of_stage(counted, [stage]))
            passed = [s for s in past.spells if s.stage == stage]
            assert sum(s.count for s in passed) == len(listed) > 0
            assert sum(s.days * s.count for s in passed) == sum(r.days or 0 for r in listed)


def test_nothing_but_open_ones_gives_no_invented_figure(database: Database) -> None:
    tell(database, Opportunity(id="a", owner="Dana"))
    health = _compute(database)
    assert health.whole_odds.ages[0].chance.n == 0
    assert (health.sizes, health.new_business, health.whole_cycle.median.value) == ((), (), None)
    assert any("known to have closed" in words for words in health.knowledge.words)


def test_flaws_of_stages_and_fallout_are_counted_as_their_records_are_listed(
    database: Database,
) -> None:
    chance = random.Random(9)  # noqa: S311 - made-up data
    odd = ('He said "no",\n\\o/', "Ünïcödé \u2028", "")
    for n in range(40):
        names = ("Discovery", "Proposal", "Closed Lost")
        steps = [(name, chance.randint(-5, 60)) for name in names[: chance.randint(0, 3)]]
        status = chance.choice((WON, LOST, OpportunityStatus.OPEN))
        closed = None if status is OpportunityStatus.OPEN else DAY - timedelta(chance.randint(0, 9))
        deal = an_opportunity(
            id=f"o{n}",
            status=status,
            stage=chance.choice(("Proposal", "Closed Lost", "")),
            opened_on=DAY - timedelta(chance.randint(10, 70)),
            closed_on=closed,
            owner=chance.choice(odd) or None,
            lost_reason=chance.choice(odd) if status is LOST else None,
            lead_source=chance.choice(odd),
            value=chance.choice((None, Decimal("12.50"))),
            stage_history=_staged(*steps),
        )
        tell(database, deal)
    health = _compute(database)
    figures = [(f"flaw:{f.key}", f.count) for f in health.flaws]
    figures += [
        (f"fallout:{dimension}={row.group}", row.rate.n)
        for dimension, rows in health.fallout.items()
        for row in rows
    ]
    assert {"flaw:stage_after_closing", "flaw:stage_before_opening", "flaw:stage_later"} <= dict(
        figures
    ).keys()
    for key, count in figures:
        assert (key, len(find_records(database, HEALTH, key, as_of=DAY))) == (key, count)


def _fill_with_sample(database: Database) -> date:
    sample = load_sample(DAY)
    import_all(database, [*sample.opportunities, *sample.activities], on=sample.as_of)
    judge_due(database, RULES, POLICY)
    with database.begin() as unit:
        unit.snapshots.take(sample.as_of)
    return sample.as_of


def test_figures_are_the_same_however_many_are_read_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = _fill_with_sample(database)
    whole = health_data(compute_health(database, HEALTH, as_of=day))
    monkeypatch.setattr("auditor.health.opens._AT_ONCE", 7)
    monkeypatch.setattr("auditor.storage.past._AT_ONCE", 11)
    monkeypatch.setattr("auditor.storage.health._SOLD_AT_ONCE", 5)
    assert health_data(compute_health(database, HEALTH, as_of=day)) == whole
    assert (whole["pipeline"]["count"], whole["knowledge"]["closed_count"]) == (128, 210)
    assert whole["new_business"][0]["new_accounts"] > 0


def test_standings_of_brief_findings_are_those_of_whole_ones(database: Database) -> None:
    day = _fill_with_sample(database)
    with database.read() as unit:
        stored = [each for page in unit.opportunities.open_ones(50) for each in page]
        keys = [each.key for each in stored]
        whole = unit.verdicts.current(keys, POLICY.fingerprint)
        brief = unit.brief_findings.current(keys, POLICY.fingerprint).findings()
    assert brief.keys() == whole.keys()
    for each in stored:
        told = [
            (
                standing.model_copy(update={"quotes": (), "warnings": (), "defects": ()}),
                bool(standing.quotes),
                recommend(each.opportunity, standing, policy=POLICY),
            )
            for findings in (whole, brief)
            for ago in (0, 30)
            for standing in [
                compute_standing(
                    each.opportunity, findings.get(each.key, []), as_of=day - timedelta(ago)
                )
            ]
        ]
        assert told[:2] == told[2:]


def test_a_report_that_fails_while_it_is_read_says_so_and_leaves_no_thread(
    database: Database, url: str
) -> None:
    tell(database, an_opportunity(id="a"))
    run_sql(url, "ALTER TABLE pipeline_snapshots RENAME TO gone")
    before = threading.active_count()
    with pytest.raises(StorageError, match="pipeline_snapshots"):
        _compute(database)
    assert threading.active_count() == before
