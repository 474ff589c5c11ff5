"""How long a command takes from its start to its end: ``python -m eval.bench.start``.

By turns in one run: an empty Python, ``auditor --help`` (limit 0.4 s), ``auditor audit`` of one
note (limit 1.5 s), and the same note by a script of sentence-transformers with a fitted logistic
regression, where ``--st-python`` names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eval.bench.measuring import AUDITOR, Cost, Ended, by_turns, middle, run_apart
from eval.bench.tables import Table

_NOTE = {
    "id": "n1",
    "opportunity": {"id": "o1", "stage": "Proposal"},
    "activity": {
        "id": "n1",
        "kind": "call",
        "format": "note",
        "occurred_at": "2026-11-20T10:00:00",
        "text": "Spoke to Lee. She takes the quote to the board on Thursday, call her on Friday.",
        "next_activity": {"kind": "call", "subject": "Board's answer", "due_on": "2026-11-27"},
    },
}
LIMITS = {"auditor --help": 0.4, "auditor audit, one note": 1.5}
"""Seconds on a machine that has nothing else to do."""
_SCRIPT = """
import pickle, sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
with open(sys.argv[2], "rb") as file:
    fitted = pickle.load(file)
print(fitted.predict(model.encode([sys.argv[3]])))
"""


def measure(repeats: int, st_python: str | None) -> dict[str, Any]:
    """Costs and memory of each start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = _commands(folder, st_python)
        peaks: dict[str, float] = {}

        def runner(name: str) -> Callable[[int], Cost]:
            def run(_: int) -> Cost:
                ended: Ended = run_apart(commands[name], folder=folder)
                peaks[name] = max(peaks.get(name, 0.0), ended.peak_mb)
                return ended.cost

            return run

        for name in commands:
            runner(name)(0)  # files into the cache
        costs = by_turns({name: runner(name) for name in commands}, repeats=repeats)
    return {
        "repeats": repeats,
        "rows": {
            name: {
                "seconds": middle(told).seconds,
                "fastest_seconds": min(c.seconds for c in told),
                "processor_seconds": middle(told).processor,
                "limit_seconds": LIMITS.get(name),
                "peak_mb": peaks[name],
            }
            for name, told in costs.items()
        },
    }


def _commands(folder: Path, st_python: str | None) -> dict[str, list[str]]:
    note = folder / "note.jsonl"
    note.write_text(json.dumps(_NOTE) + "\n", encoding="utf-8")
    found = {
        "empty Python": [sys.executable, "-c", "pass"],
        "auditor --help": [*AUDITOR, "--help"],
        "auditor audit, one note": [*AUDITOR, "audit", str(note)],
    }
    if st_python:
        from eval.training.run import base_folder

        script, fitted = folder / "plain.py", folder / "fitted.pickle"
        script.write_text(_SCRIPT, encoding="utf-8")
        fitted.write_bytes(pickle.dumps(_fitted()))
        text = str(_NOTE["activity"]["text"])  # type: ignore[index]  # a literal
        found["sentence-transformers + LR, one note"] = [
            st_python, str(script), str(base_folder()), str(fitted), text,
        ]  # fmt: skip
    return found


def _fitted() -> Any:
    """Any fitted regression: its start is timed, not its answer."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    vectors = np.random.default_rng(0).normal(size=(30, 384))
    return LogisticRegression().fit(vectors, [0, 1, 2] * 10)


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    columns = ["", "seconds", "fastest", "processor s", "limit, s", "peak MB"]
    rows = [[name, *row.values()] for name, row in found["rows"].items()]
    return Table(columns, rows, f"Medians of {found['repeats']} starts by turns, files cached.")


def main() -> None:
    """Prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.start", description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--st-python", help="has sentence-transformers")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    text = json.dumps(measure(given.repeats, given.st_python), indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
