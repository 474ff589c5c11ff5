"""Runs the benchmarks one after the other, and writes the tables of docs/performance.md.

    python -m eval.bench.all --json OUT [--st-python PYTHON] [--only audit start …] [--docs FILE]
    python -m eval.bench.all --quick --json OUT        # minutes, small sizes, for a look

What was measured goes to OUT as JSON, a part for each benchmark; parts that are there and are not
run again stay, so that a long run can be made up of several.  ``--from-json`` runs nothing and
writes the tables of OUT.  The document is written where the run is not quick, or ``--docs`` names
it.  A benchmark that fails is told and leaves its table as it was; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.bench import audit, growth, imports, search_index, soak, start, workers
from eval.bench.measuring import ROOT, run_apart
from eval.bench.tables import Table, fill_in

DOCS = ROOT / "docs" / "performance.md"


@dataclass(frozen=True)
class Benchmark:
    """One benchmark and its table."""

    command: Sequence[str]
    """Module and arguments of a full run."""
    quick: Sequence[str]
    """The same of a quick one."""
    table: Callable[[Any], Table]
    """Makes the table of what it printed."""
    wants_st: bool = False
    """Whether it takes ``--st-python``."""
    by_lines: bool = False
    """Whether it prints a line of JSON for each measurement."""
    accept: Sequence[int] = (0,)
    """Exit codes after which its output counts."""


def webhooks_table(found: dict[str, dict[str, float]]) -> Table:
    """Of ``eval.bench.webhooks speed``."""
    columns = ["", "acknowledged/s", "of bare", "processor ms each", "at/s", "p50 ms", "p99 ms"]
    names = ("per_second", "share_of_bare", "cpu_ms_per_request", "at_per_second", "p50_ms")
    rows = [[k, *(v.get(n) for n in names), v["p99_ms"]] for k, v in found.items()]
    return Table(columns, rows, "Aim: half of the bare route, which commits one row to SQLite.")


def api_table(found: dict[str, dict[str, float]]) -> Table:
    """Of ``eval.bench.api``."""
    columns = ["", "records/s", "processor ms a record", "at/s", "p50 ms", "p99 ms"]
    names = ("per_second", "cpu_ms_per_record", "half_per_second", "half_p50_ms", "half_p99_ms")
    told = found["service"]
    note = (
        f"The service is at {told['share_of_encoder']:.2f} of the encoder by time, "
        f"{told['share_of_encoder_by_cpu']:.2f} by processor."
    )
    return Table(columns, [[k, *(v.get(n) for n in names)] for k, v in found.items()], note)


def health_table(found: Sequence[dict[str, Any]]) -> Table:
    """Of ``eval.bench.health``."""
    columns = ["", "seconds", "processor s", "peak MB"]
    names = ("seconds", "processor_seconds", "peak_mb")
    rows = [[r["what"], *(r.get(n) for n in names)] for r in found if r["what"] != "file"]
    return Table(columns, rows, "Aim: 30 s and 1 GB at 100,000 open opportunities.")


BENCHMARKS: dict[str, Benchmark] = {
    "start": Benchmark(["start"], ["start", "--repeats", "2"], start.table, wants_st=True),
    "audit": Benchmark(
        ["audit"],
        ["audit", "--notes", "24", "--repeats", "2", "--fitted-on", "40"],
        audit.table,
        wants_st=True,
    ),
    "api": Benchmark(["api"], ["api", "--seconds", "4"], api_table),
    "webhooks": Benchmark(
        ["webhooks", "speed"], ["webhooks", "speed", "--seconds", "3"], webhooks_table
    ),
    "imports": Benchmark(["imports"], ["imports", "--rows", "5000"], imports.table),
    "imports, PostgreSQL": Benchmark(
        ["imports", "--postgres", "--rows", "200000"],
        ["imports", "--postgres", "--rows", "5000"],
        imports.table,
    ),
    "health": Benchmark(
        ["health", "--open", "100000", "--closed", "1000000", "--activities", "5000000"],
        ["health", "--open", "500", "--closed", "5000", "--activities", "20000"],
        health_table,
        by_lines=True,
    ),
    "search": Benchmark(
        ["search_index"],
        ["search_index", "--notes", "20000", "--seeds", "100", "--queries", "30"],
        search_index.table,
    ),
    "workers": Benchmark(
        ["workers"], ["workers", "--notes", "300", "--workers", "1", "2"], workers.table
    ),
    "growth": Benchmark(["growth"], ["growth", "--sizes", "1000", "4000"], growth.table),
    "soak": Benchmark(
        ["soak", "--minutes", "30"],
        ["soak", "--minutes", "2", "--scale", "0.3"],
        soak.table,
        accept=(0, 1),
    ),
}


def run(benchmark: Benchmark, *, quick: bool, st_python: str | None, folder: Path) -> Any:
    """Runs a benchmark in a process of its own; returns what it printed."""
    module, *arguments = benchmark.quick if quick else benchmark.command
    if benchmark.wants_st and st_python:
        arguments += ["--st-python", st_python]
    if benchmark.by_lines:
        arguments += ["--db", f"sqlite:///{folder}/bench.db"]
    ended = run_apart(
        [sys.executable, "-m", f"eval.bench.{module}", *arguments], accept=benchmark.accept
    )
    if benchmark.by_lines:
        return [json.loads(line) for line in ended.output.splitlines()]
    return json.loads(ended.output[ended.output.index("{") :])


def machine() -> str:
    """The machine in a line."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        named = (s.partition(":")[2].strip() for s in told.splitlines() if "model name" in s)
        processor = next(named, "")
    except OSError:
        processor = ""
    return (
        f"{datetime.now(UTC):%-d %B %Y}, {os.cpu_count()} cores {processor or platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def tables_of(measured: dict[str, Any]) -> dict[str, str]:
    """Markdown of each table, with the command and the machine under it."""
    found = {}
    for name, part in measured.items():
        benchmark = BENCHMARKS[name]
        command = " ".join(benchmark.quick if part["quick"] else benchmark.command)
        text = benchmark.table(part["found"]).as_markdown()
        load = f", load {part['load']:.1f} at the start" if part["load"] > 1 else ""
        found[name] = f"{text}\n\n`python -m eval.bench.{command}`: {part['machine']}{load}."
    return found


def main() -> None:
    """Runs, keeps and writes."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.all", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--json", type=Path, required=True, help="keeps what was measured")
    parser.add_argument("--only", nargs="*", choices=list(BENCHMARKS), default=list(BENCHMARKS))
    parser.add_argument("--st-python", help="interpreter that has sentence-transformers")
    parser.add_argument("--docs", type=Path, help="document to write the tables into")
    parser.add_argument("--from-json", action="store_true", help="run nothing")
    given = parser.parse_args()
    measured: dict[str, Any] = json.loads(given.json.read_text()) if given.json.is_file() else {}
    failed = []
    for name in [] if given.from_json else given.only:
        began, load = time.perf_counter(), os.getloadavg()[0]
        sys.stderr.write(f"{name} …\n")
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = run(
                    BENCHMARKS[name], quick=given.quick, st_python=given.st_python,
                    folder=Path(folder),
                )  # fmt: skip
            except (RuntimeError, ValueError) as exc:
                failed.append(name)
                sys.stderr.write(f"{name} failed: {exc}\n")
                continue
        measured[name] = {"found": found, "quick": given.quick, "machine": machine(), "load": load}
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
        sys.stdout.write(f"{tables_of({name: measured[name]})[name]}\n\n")
        sys.stdout.flush()
    docs = given.docs or (None if given.quick else DOCS)
    if docs is not None:
        before = docs.read_text(encoding="utf-8") if docs.is_file() else "# Performance\n"
        docs.write_text(fill_in(before, tables_of(measured)), encoding="utf-8")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
