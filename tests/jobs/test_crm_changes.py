"""Whatever the order and number of deliveries, the database says the same in the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.intake.crm.changes import Change, RecordKind, make_change, make_deletion
from auditor.jobs.crm_changes import take_changes
from auditor.storage import Database, open_database
from tests.storage.making import rows, run_sql

TODAY = date(2026, 3, 30)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LIVE = {
    "opportunities": "SELECT * FROM opportunities",
    "activities": (
        "SELECT a.id, o.id AS deal, a.kind, a.text, a.occurred_at, a.occurred_utc, a.own_next, "
        "a.left_next, a.left_known, a.content_hash, a.input_hash FROM activities a LEFT JOIN "
        "opportunities o ON o.key = a.opportunity_key WHERE a.deleted_at IS NULL"
    ),
    "stages": (
        "SELECT o.id, s.stage, s.entered_on, s.observed FROM stage_changes s JOIN opportunities o "
        "ON o.key = s.opportunity_key"
    ),
    "plans": (
        "SELECT o.id, d.seen_on, d.kind, d.subject, d.due_on FROM due_changes d JOIN "
        "opportunities o ON o.key = d.opportunity_key ORDER BY d.seen_on, d.key"
    ),
    "registers": "SELECT kind, id, opportunity_id, told FROM crm_records",
}


def state(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that is live, without the numbers that the database gives."""
    found = {name: rows(url, query) for name, query in _LIVE.items()}
    told = {r["opportunity_id"] for r in found["registers"]}
    for row in found["registers"]:
        row["told"] = json.dumps(json.loads(row["told"]), sort_keys=True)
    # An opportunity that only activities named which have left it stays, empty.
    found["opportunities"] = [
        {k: v for k, v in row.items() if k != "key"}
        for row in found["opportunities"]
        if row["id"] in told
    ]
    plans = found.pop("plans")
    return {name: sorted(held, key=repr) for name, held in found.items()} | {
        "plans": plans_of(plans)
    }


def plans_of(plans: list[dict[str, Any]]) -> list[Any]:
    """By opportunity, in order."""
    by_deal: dict[str, list[Any]] = {}
    for row in plans:
        by_deal.setdefault(row["id"], []).append((row["seen_on"], row["subject"], row["due_on"]))
    return sorted(by_deal.items())


def deal(number: int, minute: int, **told: Any) -> Change:
    """A change of an opportunity."""
    at = START + timedelta(minutes=minute)
    return make_change(RecordKind.OPPORTUNITY, f"d{number}", at, f"e{minute}", told)


def note(number: int, minute: int, **told: Any) -> Change:
    """A change of an activity."""
    at = START + timedelta(minutes=minute)
    return make_change(RecordKind.ACTIVITY, f"{number}", at, f"e{minute}", told)


def gone(kind: RecordKind, identity: str, minute: int) -> Change:
    """A deletion."""
    return make_deletion(kind, identity, START + timedelta(minutes=minute), f"e{minute}")


def deliver(database: Database, changes: Sequence[Change], size: int = 1) -> None:
    """Takes changes in, some at a time."""
    for at in range(0, len(changes), size):
        with database.begin() as unit:
            take_changes(unit, changes[at : at + size], source="crm", today=TODAY, zone=UTC)


PLANS = [None, {"subject": "Call back"}, {"subject": "Demo", "due_on": "2026-04-02"}]
STORY = [
    deal(1, 0, name="Marsh racking", stage="Lead", status="open", owner="Dana"),
    note(11, 1, opportunity_id="d1", kind="call", text="Call back in a week", occurred_at=START),
    note(12, 2, opportunity_id="d1", is_done=False, subject="Call back", due_on="2026-03-09"),
    deal(1, 3000, stage="Proposal"),
    note(12, 4500, is_done=False, subject="Call back", due_on="2026-03-16", opportunity_id="d1"),
    note(
        12,
        14000,
        is_done=True,
        subject="Call back",
        text="No answer",
        opportunity_id="d1",
        occurred_at=START + timedelta(minutes=14000),
    ),
    note(13, 14010, opportunity_id="d1", is_done=False, subject="Call back", due_on="2026-03-30"),
    deal(1, 20000, stage="Lead"),
]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[Database, str]]:
    """A SQLite database that is emptied by each example."""
    url = f"sqlite:///{tmp_path / 'auditor.db'}"
    with open_database(url) as database:
        database.migrate()
        yield database, url


def empty(url: str) -> None:
    """Removes what was taken in."""
    run_sql(
        url,
        *(
            f"DELETE FROM {table}"  # noqa: S608 - ours
            for table in (
                "due_changes",
                "stage_changes",
                "activities",
                "opportunities",
                "crm_records",
            )
        ),
    )


def test_a_told_story_is_kept_with_its_moves_and_stages(fresh: tuple[Database, str]) -> None:
    database, url = fresh
    deliver(database, STORY)
    told = state(url)
    [opportunity] = told["opportunities"]
    assert (opportunity["stage"], opportunity["pending_due_on"]) == ("Lead", "2026-03-30")
    assert [(s["stage"], s["entered_on"]) for s in told["stages"]] == [
        ("Lead", "2026-03-16"),
        ("Proposal", "2026-03-04"),
    ]
    [(_, plans)] = told["plans"]
    assert [p[2] for p in plans] == ["2026-03-09", "2026-03-16", None, "2026-03-30"]
    left = {
        a["id"]: a["left_next"] and json.loads(a["left_next"])["due_on"] for a in told["activities"]
    }
    assert left == {"11": "2026-03-16", "12": "2026-03-30"}


def _changes() -> st.SearchStrategy[list[Change]]:
    minute = st.integers(0, 40_000)
    deals = st.sampled_from([1, 2])
    notes = st.integers(8, 12)
    on = st.one_of(st.none(), st.sampled_from(["d1", "d2"]))
    return st.lists(
        st.one_of(
            st.builds(
                lambda n, m, s, o: deal(n, m, stage=s, status=o),
                deals,
                minute,
                st.sampled_from(["Lead", "Proposal", "Won"]),
                st.sampled_from(["open", "won", "lost"]),
            ),
            st.builds(lambda n, m: gone(RecordKind.OPPORTUNITY, f"d{n}", m), deals, minute),
            st.builds(
                lambda n, m, o, d, due: note(
                    n, m, opportunity_id=o, is_done=d, subject="Call back", due_on=due,
                    occurred_at="2026-03-10T00:00:00",
                ),
                st.integers(8, 12),
                minute,
                on,
                st.booleans(),
                st.sampled_from(["2026-03-09", "2026-03-16", "2026-04-01"]),
            ),
            st.builds(
                lambda n, m, p: deal(n, m, next_activity=p), deals, minute, st.sampled_from(PLANS)
            ),
            st.builds(
                lambda n, m, o, p: note(n, m, opportunity_id=o, text="x", next_activity=p),
                notes,
                minute,
                on,
                st.sampled_from(PLANS),
            ),
            st.builds(lambda n, m, t: note(n, m, text=t), notes, minute, st.sampled_from("ab")),
            st.builds(lambda n, m: gone(RecordKind.ACTIVITY, f"{n}", m), notes, minute),
        ),
        min_size=2,
        max_size=9,
    )  # fmt: skip


@given(changes=_changes(), data=st.data())
@settings(
    max_examples=int(os.environ.get("CONVERGENCE_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_and_repetition_gives_the_same_state(
    fresh: tuple[Database, str], changes: list[Change], data: st.DataObject
) -> None:
    database, url = fresh
    empty(url)
    deliver(database, sorted(changes, key=lambda c: c.stamp))
    in_order = state(url)
    empty(url)
    again = data.draw(st.lists(st.sampled_from(changes), max_size=3))
    shuffled = data.draw(st.permutations([*changes, *again]))
    deliver(database, shuffled, size=data.draw(st.integers(1, 4)))
    assert state(url) == in_order


@pytest.mark.xfail(strict=True, reason="a task that leaves a deleted opportunity out of order")
def test_a_task_that_leaves_an_opportunity_told_late_converges(
    fresh: tuple[Database, str],
) -> None:
    """Found by CONVERGENCE_EXAMPLES=700: the opportunity's columns depend on the order."""
    database, url = fresh
    plan = {"subject": "Call back", "occurred_at": "2026-03-10T00:00:00"}
    told = [
        note(9, 516, opportunity_id="d2", text="x", next_activity={"subject": "Call back"}),
        gone(RecordKind.OPPORTUNITY, "d2", 1796),
        note(10, 63, opportunity_id="d2", is_done=False, due_on="2026-03-16", **plan),
        deal(2, 1500, stage="Proposal", status="open"),
        note(10, 13306, text="b"),
        gone(RecordKind.OPPORTUNITY, "d2", 2371),
        gone(RecordKind.OPPORTUNITY, "d1", 0),
        note(10, 1238, opportunity_id=None, is_done=True, due_on="2026-04-01", **plan),
    ]
    deliver(database, sorted(told, key=lambda c: c.stamp))
    in_order = state(url)
    empty(url)
    deliver(database, told, size=1)
    assert state(url) == in_order
