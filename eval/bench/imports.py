"""How fast exports are imported: ``python -m eval.bench.imports [--rows 1000000] [--postgres]``.

A made-up export (a CSV of activities and one of their opportunities, ten activities each, texts of
the training set varied) is imported by ``auditor import``, then once more, when nothing is new.
Beside it, in the same run, what a script would do: ``csv.DictReader`` and ``executemany`` into one
SQLite table with the id as its key, nothing checked, understood, hashed or put together.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from eval.bench.audit import labelled_lines
from eval.bench.measuring import AUDITOR, Cost, run_apart, timed
from eval.bench.servers import postgres
from eval.bench.tables import Table

_TODAY = date(2026, 11, 23)
EACH = 10
"""Activities of an opportunity."""
DEALS = (
    "id name account stage owner team value currency status opened_on next_activity_kind "
    "next_activity_subject next_activity_due_on"
).split()
ACTIVITIES = "id opportunity_id kind occurred_at owner text".split()
_STAGES = ("Prospecting", "Discovery", "Proposal", "Negotiation")
_KINDS = ("call", "call", "email", "meeting", "note")
_AT_ONCE = 500


def texts() -> list[str]:
    """Texts of the training set's notes."""
    return [str(json.loads(line)["activity"]["text"]) for line in labelled_lines()]


def write_export(folder: Path, rows: int, *, seed: int = 0) -> tuple[Path, Path]:
    """Writes an export: opportunities and activities, the same for the same seed."""
    deals, activities = folder / "opportunities.csv", folder / "activities.csv"
    said, chance = texts(), random.Random(seed)  # noqa: S311 - made-up data
    with deals.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(DEALS)
        out.writerows(_deal(n) for n in range(max(1, rows // EACH)))
    with activities.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(ACTIVITIES)
        out.writerows(_activity(n, said, chance) for n in range(rows))
    return deals, activities


def _deal(number: int) -> list[object]:
    rep = number % 40
    return [
        f"O{number}", f"Deal {number}", f"Account {number // 3}", _STAGES[number % len(_STAGES)],
        f"Rep {rep}", f"Team {rep // 8}", 1_000 + number * 7_919 % 250_000, "GBP", "open",
        _TODAY - timedelta(30 + number % 300), "call", "Call back",
        _TODAY + timedelta(number % 60 - 10),
    ]  # fmt: skip


def _activity(number: int, said: list[str], chance: random.Random) -> list[object]:
    deal = number // EACH
    day = datetime(2026, 11, 20, 9) - timedelta(days=3 * (EACH - number % EACH), minutes=deal % 500)
    text = f"{chance.choice(said)} Ref {number}"
    return [f"A{number}", f"O{deal}", _KINDS[number % 5], day.isoformat(), f"Rep {deal % 40}", text]


def plain_import(activities: Path, database: Path) -> int:
    """What a script would do; returns the rows stored."""
    with sqlite3.connect(database) as connection, activities.open(encoding="utf-8") as file:
        connection.execute("PRAGMA journal_mode = WAL")
        columns = ", ".join(f"{c} TEXT" for c in ACTIVITIES[1:])
        connection.execute(f"CREATE TABLE activities (id TEXT PRIMARY KEY, {columns})")
        marks = ", ".join("?" * len(ACTIVITIES))
        rows = (tuple(row[c] for c in ACTIVITIES) for row in csv.DictReader(file))
        while part := list(islice(rows, _AT_ONCE)):
            connection.executemany(f"INSERT OR REPLACE INTO activities VALUES ({marks})", part)  # noqa: S608 - marks only
            connection.commit()
        number: int = connection.execute("SELECT count(*) FROM activities").fetchone()[0]
    return number


@contextmanager
def _database(folder: Path, on_postgres: bool) -> Iterator[str]:
    if on_postgres:
        with postgres(folder / "data") as url:
            yield url
    else:
        yield f"sqlite:///{folder}/auditor.db"


def measure(rows: int, *, on_postgres: bool = False) -> dict[str, Any]:
    """Costs of the script, of the import, and of the import again."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        files = write_export(folder, rows)
        found: dict[str, dict[str, Any]] = {}
        plain = timed(lambda: plain_import(files[1], folder / "plain.db"))
        found["csv + sqlite3, a script"] = _row(plain, rows, None)
        with _database(folder, on_postgres) as url:
            command = [*AUDITOR, "import", *map(str, files), "--db", url, "--json"]
            for title in ("auditor import", "the same again"):
                ended = run_apart(command, folder=folder)
                told = json.loads(ended.output.splitlines()[-1])
                found[title] = _row(ended.cost, rows, ended.peak_mb)
                new = rows if title == "auditor import" else 0
                assert told["new_activities"] == new, told
    return {
        "rows": rows,
        "on": "PostgreSQL" if on_postgres else "SQLite",
        "found": found,
        "of_script": plain.seconds / found["auditor import"]["seconds"],
        "of_script_by_processor": plain.processor / found["auditor import"]["processor_seconds"],
    }


def _row(cost: Cost, rows: int, peak: float | None) -> dict[str, Any]:
    return {
        "seconds": cost.seconds,
        "rows_per_second": rows / cost.seconds,
        "processor_seconds": cost.processor,
        "processor_ms_per_row": cost.processor / rows * 1e3,
        "peak_mb": peak,
    }


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    columns = ["", "seconds", "rows/s", "processor s", "processor ms a row", "peak MB"]
    rows = [[name, *row.values()] for name, row in found["found"].items()]
    note = (
        f"{found['rows']:,} activities, {found['on']}. The import runs at "
        f"{found['of_script']:.2f} of the script's rate, {found['of_script_by_processor']:.2f} by "
        "processor time."
    )
    return Table(columns, rows, note)


def main() -> None:
    """Prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.imports", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    text = json.dumps(measure(given.rows, on_postgres=given.postgres), indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
