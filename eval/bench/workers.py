"""What more workers bring: ``python -m eval.bench.workers [--notes 2000] [--workers 1 2 4]``.

On one PostgreSQL, ``auditor work --once`` runs in one, two, four processes, a thread of the model
each, until nothing is due.  Each number of workers judges all notes anew, under another threshold,
which is another policy.  What is told includes the start of the processes.  More workers than cores
bring nothing: cores are told.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.classify.encoder import TEXT_VECTOR, Encoder
from auditor.jobs.searching import Searcher
from auditor.storage import Database, open_database
from eval.bench.imports import write_export
from eval.bench.measuring import AUDITOR, finish_apart, run_apart, start_apart
from eval.bench.servers import postgres
from eval.bench.tables import Table


class _Quick:
    """Stands for the encoder where the search is made, which is not measured here."""

    def __init__(self) -> None:
        self.version = Encoder().version

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same for all."""
        return np.full((len(texts), TEXT_VECTOR), TEXT_VECTOR**-0.5, np.float32)


def measure(notes: int, workers: Sequence[int], classifier: str) -> dict[str, Any]:
    """Rates of each number of workers."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with postgres(folder / "data") as url, open_database(url) as database:
            database.migrate()
            database.migrate_work()
            files = write_export(folder, notes)
            run_apart([*AUDITOR, "import", *map(str, files), "--db", url], folder=folder)
            Searcher(database, _Quick()).embed_missing()
            rows = [
                _run(database, url, number, 0.5 + at / 100, notes, classifier)
                for at, number in enumerate(workers)
            ]
    first = rows[0]["notes_per_second"]
    for row in rows:
        row["times_one"] = row["notes_per_second"] / first * rows[0]["workers"]
    return {"notes": notes, "cores": os.cpu_count(), "classifier": classifier, "rows": rows}


def _run(
    database: Database, url: str, number: int, threshold: float, notes: int, classifier: str
) -> dict[str, Any]:
    environment = {
        "AUDITOR_REVIEW_BELOW": str(threshold),
        "AUDITOR_CLASSIFIER": classifier,
        "AUDITOR_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    before = _verdicts(database)
    began = time.perf_counter()
    started = [
        start_apart([*AUDITOR, "work", "--once", "--db", url], environment=environment)
        for _ in range(number)
    ]
    ended = [finish_apart(each) for each in started]
    seconds = time.perf_counter() - began
    judged = _verdicts(database) - before
    assert judged == notes, f"{judged} of {notes} judged"
    return {
        "workers": number,
        "seconds": seconds,
        "notes_per_second": notes / seconds,
        "processor_ms_per_note": sum(e.cost.processor for e in ended) / notes * 1e3,
        "peak_mb_each": max(e.peak_mb for e in ended),
    }


def _verdicts(database: Database) -> int:
    with database.read() as unit:
        return unit.verdicts.count()


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    columns = ["workers", "seconds", "notes/s", "processor ms a note", "peak MB each", "times one"]
    note = (
        f"{found['notes']:,} notes, classifier {found['classifier']}, PostgreSQL and workers on "
        f"{found['cores']} cores; PostgreSQL's own processor time is not counted."
    )
    return Table(columns, [list(row.values()) for row in found["rows"]], note)


def main() -> None:
    """Prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.workers", description=__doc__)
    parser.add_argument("--notes", type=int, default=4_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--classifier", default="local", choices=["local", "rules"])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measure(given.notes, given.workers, given.classifier)
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
