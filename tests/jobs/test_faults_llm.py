"""What goes wrong while a language model is asked loses no note, judges none twice, pays once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from auditor.classify.llm.making import make_llm
from auditor.domain.policy import Policy
from auditor.errors import StorageError
from auditor.jobs.due import count_due, judge_due
from auditor.jobs.failures import list_failures
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.builders import an_activity, an_opportunity
from tests.classify.llm.conftest import make_settings, server
from tests.classify.llm.making import BOOKED, Local
from tests.classify.llm.server import Scripted, ScriptedServer, answers, fails
from tests.storage.making import rows, run_sql, tell

__all__ = ["make_settings", "server"]

MakeSettings = Callable[..., Settings]
NOTES = 6
_POLICY = Policy(classifier="llm-test", review_below=0.55)


def _fill(database: Database) -> None:
    for number in range(NOTES):
        tell(
            database,
            an_opportunity(id=f"o{number}"),
            an_activity(
                date(2026, 3, 2 + number),
                f"{BOOKED} Visit {number}.",
                id=f"a{number}",
                opportunity_id=f"o{number}",
            ),
        )


def _judge(database: Database, settings: Settings) -> int:
    return judge_due(database, make_llm(settings, base=Local()), _POLICY)


def _verdicts(url: str) -> list[dict[str, Any]]:
    """What the verdicts say, in the order of the activities; one an activity."""
    found = rows(url, "SELECT activity_key, verdict FROM verdicts ORDER BY activity_key")
    assert len({row["activity_key"] for row in found}) == len(found) == NOTES
    held = [row["verdict"] for row in found]
    return [json.loads(v) if isinstance(v, str) else v for v in held]


def _by_model(verdicts: list[dict[str, Any]]) -> int:
    """How many verdicts say what the language model said; the local one says vague."""
    return sum(v["label"] == "meaningful_next_step" for v in verdicts)


def _not_heard(verdict: dict[str, Any]) -> bool:
    return any("the language model was not heard" in w for w in verdict["warnings"])


def test_a_model_that_goes_away_amid_a_batch_leaves_the_rest_to_the_local_one(
    database: Database, url: str, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    _fill(database)
    server.script(answers(), answers(), fails(503))
    assert _judge(database, make_settings(llm_concurrency=1)) == NOTES
    verdicts = _verdicts(url)
    assert _by_model(verdicts) == 2
    assert sum(_not_heard(v) for v in verdicts) == NOTES - 2
    assert count_due(database, _POLICY) == 0


_KILLED = """
import os, signal, sys
from auditor.classify.llm.asking import Asker
from auditor.settings import Settings
from auditor.storage import open_database
from tests.jobs.test_faults_llm import _judge
real, asked = Asker.ask, []
def ask(self, *given):
    asked.append(real(self, *given))
    if len(asked) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return asked[-1]
Asker.ask = ask
with open_database(sys.argv[1]) as database:
    _judge(database, Settings.model_validate_json(sys.argv[2]))
"""


def test_a_process_killed_amid_its_questions_does_not_pay_again_for_what_was_answered(
    tmp_path: Path, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    url, settings = f"sqlite:///{tmp_path / 'killed.db'}", make_settings(llm_concurrency=1)
    with open_database(url) as database:
        database.migrate()
        _fill(database)
        where = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, url, settings.model_dump_json()],
            env=os.environ | {"PYTHONPATH": str(where)},
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        assert len(server.bodies) == 3
        assert rows(url, "SELECT key FROM verdicts") == []
        assert _judge(database, settings) == NOTES
        assert _by_model(_verdicts(url)) == NOTES
        assert len(server.bodies) == NOTES, "three answers were kept"


def test_while_the_disk_is_full_answers_are_kept_and_verdicts_wait(
    tmp_path: Path, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    url = f"sqlite:///{tmp_path / 'full.db'}"
    full = [False]

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages if full[0] else 2**31 - 2}").close()

    with open_database(url) as database:
        database.migrate()
        _fill(database)
        event.listen(database._engine, "connect", limit)
        full[0] = True
        database._engine.dispose()
        with pytest.raises(StorageError, match="full"):
            _judge(database, make_settings())
        assert rows(url, "SELECT key FROM verdicts") == []
        assert list_failures(database) == [], "no note is blamed"
        asked = len(server.bodies)
        full[0] = False
        database._engine.dispose()
        assert _judge(database, make_settings()) == NOTES
        assert _by_model(_verdicts(url)) == NOTES
        assert len(server.bodies) == max(asked, NOTES), "no question was paid for twice"


@pytest.mark.parametrize("table", ["calls", "answers"])
def test_a_ledger_without_room_costs_no_verdict(
    table: str,
    database: Database,
    url: str,
    server: ScriptedServer,
    make_settings: MakeSettings,
    tmp_path: Path,
) -> None:
    _fill(database)
    settings = make_settings()
    make_llm(settings, base=Local())  # makes the ledger
    run_sql(
        f"sqlite:///{tmp_path / 'llm.db'}",
        f"CREATE TRIGGER no_room BEFORE INSERT ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
    assert _judge(database, settings) == NOTES
    verdicts = _verdicts(url)
    if table == "calls":
        assert server.bodies == [], "what can't be booked is not asked"
        assert _by_model(verdicts) == 0
        assert all(_not_heard(v) for v in verdicts)
    else:
        assert _by_model(verdicts) == NOTES


def test_a_model_that_hangs_holds_up_no_stop_longer_than_its_limit(
    database: Database, url: str, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    _fill(database)
    server.script(Scripted(hangs=True))
    began = time.monotonic()
    assert _judge(database, make_settings(llm_timeout=0.5, llm_concurrency=2)) == NOTES
    assert time.monotonic() - began < 20
    assert _by_model(_verdicts(url)) == 0
