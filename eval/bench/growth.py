"""What a thousand to a million notes cost, and how the cost grows: ``python -m eval.bench.growth``.

    python -m eval.bench.growth [--sizes 1000 10000 100000 1000000] [--steps …] [--json FILE]

For each size an export and a judged pipeline are made up (opportunities a tenth, of which a fifth
are open; texts of the training set varied), and each step is measured in a process of its own by
processor time, after a first go on a small part where something loads late.  ``reading`` reads the
export's files, ``import`` takes them into an empty database; the others work on the judged
pipeline, on SQLite:

``due, nothing``: looking what is due where all is judged, as is done each minute; ``due, all``:
walking through what is due under a new policy; ``docket``: a supervisor's docket, of a team of
eight; ``digest``: the company's, with its three twins; ``health``; ``search, first``: the first
search of a process, which reads all vectors; ``search``: a later one; ``copies``: where else a note
stands; ``copied notes``: the list of the most copied ones.

The slope is the exponent b of cost = a * size^b, over all sizes and over the last two: constants
flatten the small end.  1 is linear; 0 does not grow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from auditor.classify.encoder import Encoder
from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.render import render_html, render_text
from auditor.digest.view import make_view
from auditor.domain.policy import Policy
from auditor.domain.week import Week
from auditor.health import HealthRules, compute_health
from auditor.intake import IntakeOptions, IntakeReport, read_paths
from auditor.jobs.docketing import brief_docket, stored_docket
from auditor.jobs.due import count_due, due_blocks
from auditor.jobs.importing import Importer
from auditor.jobs.searching import Searcher, text_hash
from auditor.storage import Database, open_database
from auditor.storage.browsing import Wanted
from eval.bench.imports import texts, write_export
from eval.bench.measuring import peak_mb, run_apart, slope
from eval.bench.pipeline_rows import Pipeline, Size
from eval.bench.search_index import multiply, unit
from eval.bench.tables import Table

_TODAY = date(2026, 11, 23)
_POLICY = Policy(classifier="bench")
_NEW_POLICY = Policy(classifier="bench", review_below=0.5)
_WEEK = Week.last_before(_TODAY)
_QUERIES = (
    "who is waiting for budget?",
    "the contact has left the company",
    "went with a competitor",
    "asked us to call after the holidays",
    "voicemail again",
)
_VARIED = 20_011
"""Different texts; each stands on several opportunities where there are more notes."""
_BATCH = 256


def build(folder: Path, notes: int) -> None:
    """Makes the export and the judged pipeline of a size."""
    write_export(folder, notes)
    deals = max(10, notes // 10)
    size = Size(max(2, deals // 5), deals - max(2, deals // 5), notes)
    said = texts()
    varied = [f"{said[n % len(said)]} Ref {n}" for n in range(_VARIED)]
    pipeline = Pipeline(size, _POLICY, as_of=_TODAY, notes=varied)
    with open_database(_url(folder)) as database:
        database.migrate()
        for table, columns, rows in pipeline.tables():
            with database.begin() as work:
                work.filler.fill(table, columns, rows())
        with database.begin() as work:
            columns = ["key", "activity_key", "model", "text_hash", "vector"]
            work.filler.fill("note_vectors", columns, _vector_rows(notes, varied))
            work.filler.finish()


def _vector_rows(notes: int, varied: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    model = f"text-{Encoder().version}"
    hashes = [text_hash(text) for text in varied[: notes + 1]]
    seeds = unit(np.random.default_rng(3).standard_normal((64, 384), dtype=np.float32))
    for at in range(0, notes, 50_000):
        rows = multiply(seeds, min(50_000, notes - at), seed=at)
        for offset, row in enumerate(rows):
            key = at + offset + 1
            yield key, key, model, hashes[key % len(varied) % len(hashes)], row.tobytes()


def _url(folder: Path) -> str:
    return f"sqlite:///{folder}/judged.db"


def _read(folder: Path) -> Iterator[Any]:
    files = [str(folder / "opportunities.csv"), str(folder / "activities.csv")]
    return read_paths(files, options=IntakeOptions(today=_TODAY), report=IntakeReport())


def _reading(folder: Path, _: int) -> Callable[[], object]:
    return lambda: sum(1 for _ in _read(folder))


def _import(folder: Path, _: int) -> Callable[[], object]:
    def work() -> None:
        with open_database(f"sqlite:///{folder}/imported.db") as database:
            database.migrate()
            Importer(database, "bench", _TODAY, IntakeReport()).run(_read(folder))

    return work


def _on_judged(work: Callable[[Database, int], Any]) -> Callable[[Path, int], Callable[[], object]]:
    def prepare(folder: Path, notes: int) -> Callable[[], object]:
        def measured() -> object:
            with open_database(_url(folder)) as database:
                return work(database, notes)

        return measured

    return prepare


def _due_nothing(database: Database, _: int) -> None:
    assert count_due(database, _POLICY) == 0
    assert not due_blocks(database, _POLICY)


def _due_all(database: Database, notes: int) -> None:
    seen, after, now = 0, -1, datetime.now(UTC)
    while True:
        with database.read() as work:
            keys = work.activities.due_keys(
                _NEW_POLICY.fingerprint, after=after, before=None, limit=_BATCH, at=now
            )
        if not keys:
            break
        seen, after = seen + len(keys), keys[-1][0]
    assert seen == notes


def _docket(database: Database, _: int) -> None:
    stored_docket(database, _POLICY, week=_WEEK, shown=12, seen_teams={"team 0"})


def _digest(database: Database, _: int) -> None:
    texts = ItemTexts(item_json)
    docket, _teams = brief_docket(database, _POLICY, week=_WEEK, shown=12, on_item=texts.add)
    view = make_view(docket, classifier="bench", policy=_POLICY.fingerprint)
    render_html(view)
    render_text(view)
    for _part in json_parts(docket, view, texts, classifier="bench", policy=_POLICY.fingerprint):
        pass


def _health(database: Database, _: int) -> None:
    compute_health(database, HealthRules(_POLICY), as_of=_TODAY)


def _search_first(folder: Path, _: int) -> Callable[[], object]:
    encoder = Encoder()
    encoder.text_vectors(["warm"])

    def work() -> None:
        with open_database(_url(folder)) as database:
            Searcher(database, encoder).search(_QUERIES[0], Wanted())

    return work


def _search(folder: Path, _: int) -> Callable[[], object]:
    database = open_database(_url(folder))
    searcher = Searcher(database, Encoder())
    for query in _QUERIES:
        searcher.search(query, Wanted())
    return lambda: [searcher.search(query, Wanted()) for query in _QUERIES]


def _copies(folder: Path, notes: int) -> Callable[[], object]:
    database = open_database(_url(folder))
    searcher = Searcher(database, Encoder())
    asked = [1 + n * (notes // 7) for n in range(len(_QUERIES))]
    for key in asked:
        searcher.copies(key, Wanted())
    return lambda: [searcher.copies(key, Wanted()) for key in asked]


def _copied_notes(database: Database, _: int) -> None:
    Searcher(database, Encoder()).copied_notes()


STEPS: dict[str, Callable[[Path, int], Callable[[], object]]] = {
    "reading": _reading,
    "import": _import,
    "due, nothing": _on_judged(_due_nothing),
    "due, all": _on_judged(_due_all),
    "docket": _on_judged(_docket),
    "digest": _on_judged(_digest),
    "health": _on_judged(_health),
    "search, first": _search_first,
    "search": _search,
    "copies": _copies,
    "copied notes": _on_judged(_copied_notes),
}
_SEVERAL = {"search": len(_QUERIES), "copies": len(_QUERIES)}
_AGAIN = {"import": 1, "search, first": 1}
"""How often a step is timed; two or three times where it is short."""


def measure_one(step: str, folder: Path, notes: int) -> dict[str, float]:
    """Times a step in this process; the best of up to three goes."""
    work = STEPS[step](folder, notes)
    costs: list[tuple[float, float]] = []
    while len(costs) < _AGAIN.get(step, 3):
        began, worked = time.perf_counter(), time.process_time()
        work()
        costs.append((time.process_time() - worked, time.perf_counter() - began))
        if sum(c[0] for c in costs) > 20:
            break
    share = _SEVERAL.get(step, 1)
    busy, seconds = min(costs)
    typical = median(c[1] for c in costs)
    return {
        "processor_seconds": busy / share,
        "seconds": min(seconds, typical) / share,
        "peak_mb": peak_mb(),
    }


def measure(sizes: Sequence[int], steps: Sequence[str]) -> dict[str, Any]:
    """Costs by step and size."""
    found: dict[str, dict[int, dict[str, float]]] = {step: {} for step in steps}
    for notes in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            build(folder, notes)
            for step in steps:
                ended = run_apart(
                    [sys.executable, "-m", "eval.bench.growth", "--one", step,
                     "--folder", name, "--sizes", str(notes)]
                )  # fmt: skip
                found[step][notes] = json.loads(ended.output.splitlines()[-1])
                sys.stderr.write(f"{notes:,} {step}: {found[step][notes]}\n")
    return {"sizes": list(sizes), "rows": {s: _with_slopes(r) for s, r in found.items()}}


def _with_slopes(by_size: dict[int, dict[str, float]]) -> dict[str, Any]:
    sizes = list(by_size)
    costs = [max(1e-6, r["processor_seconds"]) for r in by_size.values()]
    several = len(sizes) > 1
    return {
        "processor_seconds": costs,
        "seconds": [r["seconds"] for r in by_size.values()],
        "peak_mb": [r["peak_mb"] for r in by_size.values()],
        "slope": slope(sizes, costs) if several else None,
        "last_slope": slope(sizes[-2:], costs[-2:]) if several else None,
    }


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    sizes = [f"{n:,}" for n in found["sizes"]]
    columns = ["processor seconds for … notes", *sizes, "slope", "last", "peak MB at the last"]
    rows = [
        [step, *row["processor_seconds"], row["slope"], row["last_slope"], row["peak_mb"][-1]]
        for step, row in found["rows"].items()
    ]
    return Table(columns, rows, "SQLite; each step in a process of its own.")


def main() -> None:
    """Prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--steps", nargs="*", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        told = measure_one(given.one, given.folder, given.sizes[0])
        sys.stdout.write(json.dumps(told) + "\n")
        return
    text = json.dumps(measure(given.sizes, given.steps), indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
