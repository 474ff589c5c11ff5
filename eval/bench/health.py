"""Times digest and health on a pipeline of any size: ``python -m eval.bench.health --open 10000``.

The database is built once (``--db`` names it, SQLite or PostgreSQL; it must be empty or one that
was built before) and each measurement runs in a process of its own, so that its peak memory is its
own.  With PostgreSQL the server's memory and processor are apart from it and not counted.
Processor seconds stand beside wall-clock ones, for a machine that has other work to do.

Measured are: ``health``, the whole report; ``queue``, one rep's queue, which a lead router asks
for; ``team``, one supervisor's digest with its three twins; ``company``, one digest of everybody.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.render import render_html, render_text
from auditor.digest.view import make_view
from auditor.domain.policy import Policy
from auditor.domain.week import Week
from auditor.health import HealthRules, compute_health, health_data, rep_queue
from auditor.jobs.docketing import brief_docket
from auditor.storage import Database, SchemaState, open_database
from eval.bench.pipeline_rows import Pipeline, Size

AS_OF = date(2026, 11, 23)
# Pinned, so that what was built before new thresholds were released is still judged under it.
POLICY = Policy(
    classifier="bench", review_below=0.69, close_above=0.85, test_passes=0.5, test_margin=0.15
)
_MB = 1024


def build(database: Database, size: Size) -> float:
    """Makes and fills the tables; returns seconds."""
    begun = time.perf_counter()
    database.migrate()
    for table, columns, rows in Pipeline(size, POLICY, as_of=AS_OF).tables():
        with database.begin() as unit:
            added = unit.filler.fill(table, columns, rows())
        sys.stderr.write(f"{table}: {added:,} rows, {time.perf_counter() - begun:.0f} s\n")
    with database.begin() as unit:
        unit.filler.finish()
    return time.perf_counter() - begun


def _health(database: Database) -> int:
    found = compute_health(database, HealthRules(POLICY), as_of=AS_OF)
    return len(json.dumps(health_data(found)))


def _queue(database: Database) -> int:
    return len(rep_queue(database, HealthRules(POLICY), "Rep 0", as_of=AS_OF).deals)


def _team(database: Database) -> int:
    return _digest(database, "Team 0")


def _company(database: Database) -> int:
    return _digest(database, None)


def _digest(database: Database, team: str | None) -> int:
    seen = None if team is None else {team.casefold()}
    texts = ItemTexts(item_json)
    docket, _ = brief_docket(
        database,
        POLICY,
        week=Week.last_before(AS_OF),
        shown=12,
        seen_teams=seen,
        on_item=texts.add,
    )
    view = make_view(docket, classifier="bench", policy=POLICY.fingerprint)
    twin = json_parts(docket, view, texts, classifier="bench", policy=POLICY.fingerprint)
    return len(render_html(view)) + len(render_text(view)) + sum(map(len, twin))


MEASURED: dict[str, Callable[[Database], int]] = {
    "queue": _queue,
    "team": _team,
    "health": _health,
    "company": _company,
}


def measure(url: str, what: str) -> dict[str, Any]:
    """Times one measurement in this process, with its peak memory."""
    with open_database(url) as database:
        begun, worked = time.perf_counter(), time.process_time()
        size = MEASURED[what](database)
        seconds, busy = time.perf_counter() - begun, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MB
    return {
        "what": what,
        "seconds": round(seconds, 2),
        "processor_seconds": round(busy, 2),
        "peak_mb": round(peak),
        "size": size,
    }


def _measure_apart(url: str, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "eval.bench.health", "--db", url, "--measure", what]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - own
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def main() -> None:
    """Builds what is missing, measures, and prints a line of JSON for each measurement."""
    parser = argparse.ArgumentParser(description="Times digest and health.")
    parser.add_argument("--db", default="sqlite:///bench-health.db")
    parser.add_argument("--open", type=int, default=10_000, dest="open_ones")
    parser.add_argument("--closed", type=int, default=100_000)
    parser.add_argument("--activities", type=int, default=500_000)
    parser.add_argument("--measure", choices=list(MEASURED))
    parser.add_argument("--only", nargs="*", choices=list(MEASURED), default=list(MEASURED))
    given = parser.parse_args()
    if given.measure:
        sys.stdout.write(json.dumps(measure(given.db, given.measure)) + "\n")
        return
    with open_database(given.db) as database:
        if database.schema_state() is SchemaState.EMPTY:
            seconds = build(database, Size(given.open_ones, given.closed, given.activities))
            sys.stdout.write(json.dumps({"what": "build", "seconds": round(seconds, 1)}) + "\n")
    for what in given.only:
        sys.stdout.write(json.dumps(_measure_apart(given.db, what)) + "\n")
        sys.stdout.flush()
    _tell_size(given.db)


def _tell_size(url: str) -> None:
    if url.startswith("sqlite:///"):
        size = Path(url.removeprefix("sqlite:///")).stat().st_size
        sys.stdout.write(json.dumps({"what": "file", "mb": round(size / 2**20)}) + "\n")


if __name__ == "__main__":
    main()
