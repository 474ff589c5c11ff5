"""Exports to findings and docket: idempotent, resumable, and the same as from files."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from auditor.digest.render import render_json
from auditor.digest.view import make_view
from auditor.domain.docket import FullDocket
from auditor.domain.records import Opportunity
from auditor.domain.week import Week
from auditor.intake import IntakeOptions, IntakeReport, assemble, read_paths
from auditor.intake.sample import load_sample
from auditor.jobs.audit import audit, make_docket
from auditor.jobs.due import judge_due
from auditor.jobs.importing import BATCH, Importer
from auditor.storage import Database, open_database
from tests.builders import a_pending, an_activity, an_opportunity
from tests.storage.making import (
    DAY,
    POLICY,
    RULES,
    contents,
    docket_of,
    import_all,
    judge_all,
    rows,
)

_HEADER = "Activity ID,Opportunity ID,Stage,Amount,Owner,Activity Date,Type,Full Comments\n"


def _export(folder: Path, number: int) -> Path:
    path = folder / "tasks.csv"
    lines = [
        f"a{i},o{i % (number // 5)},Proposal,{1000 + i % (number // 5)},Dana,"
        f"{DAY - timedelta(days=60 - i * 60 // number)},Call,Spoke to Lee about item {i}\n"
        for i in range(number)
    ]
    path.write_text(_HEADER + "".join(lines), encoding="utf-8")
    return path


def _import(database: Database, path: Path, report: IntakeReport | None = None) -> int:
    report = report or IntakeReport()
    items = read_paths([path], options=IntakeOptions(today=DAY), report=report)
    return Importer(database, "crm", DAY, report).run(items).taken.written


def _words(docket: FullDocket) -> str:
    view = make_view(docket, classifier=RULES.name, policy=POLICY.fingerprint, heading="")
    return render_json(docket, view, classifier=RULES.name, policy=POLICY.fingerprint)


def test_the_docket_is_the_same_from_files_and_from_the_database(database: Database) -> None:
    sample = load_sample(DAY)
    items = [*sample.opportunities, *sample.activities]
    week = Week.last_before(sample.as_of)
    audited = audit(assemble(items), RULES, POLICY, as_of=sample.as_of)
    from_files = make_docket(audited, week=week, policy=POLICY, shown=12)
    import_all(database, items, on=sample.as_of)
    judge_all(database)
    assert _words(docket_of(database, week)) == _words(from_files)


def test_a_second_import_of_the_same_files_changes_nothing(
    database: Database, url: str, tmp_path: Path
) -> None:
    path = _export(tmp_path, 50)
    assert _import(database, path) == 60
    before = contents(url)
    assert _import(database, path) == 0
    assert contents(url) == before


def test_a_row_more_is_all_that_a_longer_export_adds(
    database: Database, url: str, tmp_path: Path
) -> None:
    path = _export(tmp_path, 50)
    _import(database, path)
    told = path.read_text(encoding="utf-8").splitlines(keepends=True)
    told.insert(1, "new,o3,Proposal,1003,Dana,2026-03-01,Call,An earlier call\n")
    path.write_text("".join(told), encoding="utf-8")
    assert _import(database, path) == 1
    assert len(rows(url, "SELECT key FROM inbound WHERE kind = 'activity'")) == 51


def test_what_cannot_be_stored_is_reported_and_the_rest_is_kept(database: Database) -> None:
    report = IntakeReport()
    items = [
        an_opportunity(),
        an_activity(DAY, id="good"),
        an_activity(DAY, id="x" * 600),
        an_activity(DAY, id="nul", owner="a\0b", source="tasks.json:7"),
        an_activity(DAY, id="long").model_copy(update={"duration_seconds": 2**40}),
        an_activity(DAY, r"a literal \u0000 is fine", id="fine"),
        an_opportunity(id="odd").model_copy(update={"value": Decimal("1E+99")}),
    ]
    done = Importer(database, "crm", DAY, report).run(items)
    assert (done.taken.new_opportunities, done.taken.new_activities) == (1, 2)
    assert report.error_count == 4
    assert any(str(e).startswith("tasks.json:7: 'nul'") for e in report.errors)


def test_roll_overs_come_from_what_imports_saw(database: Database) -> None:
    for week in range(4):
        day = DAY + timedelta(weeks=week)
        pending = a_pending(day + timedelta(days=9))
        deal = an_opportunity(next_activity=pending, next_activity_known=True)
        import_all(database, [deal, an_activity(DAY, "Call back in a while")], on=day)
    judge_all(database)
    [item] = docket_of(database, Week.of(day)).items
    assert item.standing.roll_overs == 3
    assert "kept_rolling" in item.standing.defects


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_exports_imported_in_any_order_end_in_the_same_plan_and_moves(
    database: Database, order: tuple[int, ...]
) -> None:
    for week in order:
        day = DAY + timedelta(weeks=week)
        deal = an_opportunity(
            value=1000 + week, next_activity=a_pending(day), next_activity_known=True
        )
        import_all(database, [deal, an_activity(DAY)], on=day)
    judge_all(database)
    [item] = docket_of(database, Week.of(DAY + timedelta(weeks=3))).items
    assert item.opportunity.value == 1002
    assert item.opportunity.next_activity == a_pending(DAY + timedelta(weeks=2))
    assert item.opportunity.due_history == (DAY, DAY + timedelta(weeks=1))


def test_only_the_team_asked_for_is_in_the_docket(database: Database) -> None:
    import_all(database, [an_opportunity(), an_opportunity(id="o2", team="South")])
    from auditor.jobs.docketing import stored_docket

    docket, teams = stored_docket(database, POLICY, week=Week.of(DAY), shown=12, team="SOUTH")
    assert [i.opportunity.id for i in docket.items] == ["o2"]
    assert teams == {"North", "South"}


_KILLED = """
import os, signal, sys
from datetime import date
from auditor.intake import IntakeOptions, IntakeReport, read_paths
from auditor.jobs.importing import Importer
from auditor.storage import open_database

stored = 0

def stop(number):
    global stored
    stored += number
    if stored > 600:
        os.kill(os.getpid(), signal.SIGKILL)

report = IntakeReport()
day = date.fromisoformat(sys.argv[3])
items = read_paths([sys.argv[2]], options=IntakeOptions(today=day), report=report)
with open_database(sys.argv[1]) as database:
    Importer(database, "crm", day, report).run(items, on_stored=stop)
"""


def test_an_import_killed_midway_leaves_whole_batches_and_the_next_one_completes(
    database: Database, url: str, tmp_path: Path
) -> None:
    number = 4 * BATCH
    path = _export(tmp_path, number)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, url, str(path), DAY.isoformat()], check=False
    )
    assert done.returncode == -signal.SIGKILL
    kept = rows(url, "SELECT COUNT(*) AS n FROM activities")[0]["n"]
    assert 0 < kept < number
    assert kept % 5 == 0  # an opportunity is stored with all its activities or not at all
    unsettled = rows(url, "SELECT key FROM activities WHERE input_hash = ''")
    assert unsettled == []
    _import(database, path)
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    with open_database(fresh) as other:
        other.migrate()
        _import(other, path)
    query = "SELECT id, text, input_hash FROM activities ORDER BY id"
    assert rows(url, query) == rows(fresh, query)
    assert len(rows(url, "SELECT key FROM inbound")) == len(rows(fresh, "SELECT key FROM inbound"))


def test_judging_stopped_midway_goes_on_with_the_rest(database: Database, tmp_path: Path) -> None:
    _import(database, _export(tmp_path, 600))
    judged = []

    def stop(number: int) -> None:
        judged.append(number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge_due(database, RULES, POLICY, on_judged=stop)
    assert judge_all(database) == 600 - sum(judged)
    assert judge_all(database) == 0


def test_two_imports_at_the_same_time_store_each_row_once(
    database: Database, url: str, tmp_path: Path
) -> None:
    path = _export(tmp_path, BATCH)
    failures: list[BaseException] = []

    def go() -> None:
        try:
            with open_database(url) as own:
                _import(own, path)
        except BaseException as exc:  # noqa: BLE001 - shown by the assertion below
            failures.append(exc)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert rows(url, "SELECT COUNT(*) AS n FROM activities") == [{"n": BATCH}]
    assert len(rows(url, "SELECT key FROM inbound WHERE kind = 'activity'")) == BATCH


def test_an_opportunity_told_by_tasks_alone_fills_in_later(database: Database) -> None:
    import_all(database, [Opportunity(id="o1", stage="Proposal"), an_activity(DAY)])
    import_all(database, [an_opportunity(value=5)], on=date(2026, 3, 3))
    [item] = docket_of(database, Week.of(DAY)).items
    assert (item.opportunity.name, item.opportunity.value) == ("Marsh racking", 5)
