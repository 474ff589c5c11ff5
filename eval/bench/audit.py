"""How fast notes are audited, beside the bare encoder and beside sentence-transformers + LR.

    python -m eval.bench.audit [--notes 256] [--repeats 5] [--st-python PYTHON] [--json FILE]

Each contender is a process of its own, so that memory and start are its own too; they work by turns
on the same notes of the training set, other notes each round, so that nothing is known from before.

``bare``: the ONNX session alone over windows that are read, cleaned and cut already, a window a
thread, as the auditor runs it.  ``bare, batched``: the same windows sorted by length in batches of
16, padded, all threads on one batch (a record's scores then depend on its neighbours).
``audit``: all that ``auditor audit`` does, from the file to the lines of verdicts.
``sentence-transformers + LR``: ``SentenceTransformer.encode`` of all-MiniLM-L6-v2 in batches of 32
over what the auditor reads (context and text), and a fitted logistic regression; ``…, text alone``
leaves the context out.  It gives a label and no act, date, evidence or test.

``--st-python`` names an interpreter that has sentence-transformers, which is no dependency; without
it PyTorch with the same weights, pooled by hand, stands for it, and the row says so.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.bench.measuring import ROOT, Cost, by_turns, middle, peak_mb, ratio, timed
from eval.bench.tables import Table

if TYPE_CHECKING:
    from auditor.domain.records import AuditRecord

_TRAIN = ROOT / "eval" / "sets" / "train"
FITTED_ON = 300
"""Records at the end that the logistic regression learns from; none is judged."""
_TODAY = date(2026, 11, 23)
_WORK = Callable[[Path], Callable[[], object]]
"""Prepares what is not timed for a file of notes, and gives what is."""


@cache
def labelled_lines() -> tuple[str, ...]:
    """Lines of the training set's notes, in an order that mixes its authors."""
    lines = [
        line
        for file in sorted(_TRAIN.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    lines = [s for s in lines if (json.loads(s).get("activity") or {}).get("format") == "note"]
    order = np.random.default_rng(7).permutation(len(lines))
    return tuple(lines[i] for i in order)


def read_records(file: Path) -> list[AuditRecord]:
    """The notes of a file."""
    from auditor.domain.records import AuditRecord
    from auditor.intake import IntakeOptions, IntakeReport, read_paths

    options = IntakeOptions(today=_TODAY)
    found = read_paths([str(file)], options=options, report=IntakeReport())
    return [r for r in found if isinstance(r, AuditRecord)]


def _audit(threads: int) -> _WORK:
    from auditor.classify.local import LocalClassifier
    from auditor.classify.registry import make_policy
    from auditor.commands.audit import FileOptions, run_audit
    from auditor.settings import Settings

    settings = Settings(threads=threads, classifier="local")
    make_policy(LocalClassifier(threads=threads), settings)

    def prepare_file(file: Path) -> Callable[[], object]:
        out = file.with_suffix(".out")
        return lambda: run_audit([str(file)], settings, FileOptions(), out=out, as_of=_TODAY)

    return prepare_file


def _windows(threads: int) -> tuple[Any, Callable[[Path], list[Any]]]:
    from auditor.classify.encoder import Encoder
    from auditor.classify.features import featurise
    from auditor.classify.local import encoder_input
    from auditor.reading.prepared import prepare

    encoder = Encoder(threads=threads)
    tokenizer, session, _ = encoder._load()  # the parts, bare

    def read(file: Path) -> list[Any]:
        inputs = [encoder_input(prepare(r)) for r in read_records(file)]
        return [w for f in featurise(inputs, tokenizer) for w in f.windows]

    return session, read


def _bare(threads: int) -> _WORK:
    from auditor.classify.encoder import _run_windows

    session, read = _windows(threads)

    def prepare_file(file: Path) -> Callable[[], object]:
        windows = read(file)
        return lambda: _run_windows(session, windows, threads=threads)

    return prepare_file


def _batched(threads: int) -> _WORK:
    import onnxruntime

    from auditor.classify.model_files import TOKENS_FILE, model_folder, read_bytes

    _, read = _windows(threads)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(read_bytes(model_folder(None), TOKENS_FILE), options)

    def prepare_file(file: Path) -> Callable[[], object]:
        windows = sorted(read(file), key=lambda w: len(w.ids))
        return lambda: [
            session.run(None, _padded(windows[at : at + 16])) for at in range(0, len(windows), 16)
        ]

    return prepare_file


def _padded(windows: Sequence[Any]) -> dict[str, Any]:
    size = max(len(w.ids) for w in windows)
    rows: dict[str, Any] = {
        name: np.zeros((len(windows), size), np.float32 if name == "shares" else np.int64)
        for name in ("ids", "mask", "types", "roles", "shares")
    }
    for i, window in enumerate(windows):
        n = len(window.ids)
        rows["mask"][i, :n] = 1
        for name in ("ids", "types", "roles", "shares"):
            rows[name][i, :n] = getattr(window, name)
    return rows


def _plain(threads: int, *, context: bool, fitted_on: int = FITTED_ON) -> _WORK:
    import torch
    from sklearn.linear_model import LogisticRegression

    torch.set_num_threads(threads)
    embed = _embedder()
    lines = labelled_lines()[-fitted_on:]
    with tempfile.TemporaryDirectory() as folder:
        records = read_records(_write(Path(folder) / "fit.jsonl", lines))
    labels = [json.loads(line)["label"] for line in lines]
    model = LogisticRegression(C=10.0, max_iter=300, class_weight="balanced")
    model.fit(embed(_texts(records, context=context)), labels)

    def prepare_file(file: Path) -> Callable[[], object]:
        def judge() -> object:
            return model.predict_proba(embed(_texts(read_records(file), context=context)))

        return judge

    return prepare_file


def _texts(records: Sequence[AuditRecord], *, context: bool) -> list[str]:
    from auditor.reading.prepared import prepare
    from eval.baselines import describe

    if not context:
        return [r.activity.text for r in records]
    return [describe(prepare(r)) for r in records]


def has_sentence_transformers() -> bool:
    """Whether this interpreter has it."""
    return importlib.util.find_spec("sentence_transformers") is not None


def _embedder() -> Callable[[Sequence[str]], Any]:
    if not has_sentence_transformers():
        from eval.bench.classifiers import frozen_embed

        return frozen_embed()
    from eval.training.run import base_folder

    library: Any = importlib.import_module("sentence_transformers")  # of another environment
    model = library.SentenceTransformer(str(base_folder()), device="cpu")
    return lambda texts: model.encode(list(texts), batch_size=32, show_progress_bar=False)


CONTENDERS: dict[str, Callable[[int], _WORK]] = {
    "bare": _bare,
    "bare, batched": _batched,
    "audit": _audit,
    "sentence-transformers + LR": partial(_plain, context=True),
    "sentence-transformers + LR, text alone": partial(_plain, context=False),
}


def serve(name: str, threads: int, fitted_on: int) -> None:
    """Works as a contender: a line names a file of notes, the answer is its cost as JSON."""
    began, worked = time.perf_counter(), time.process_time()
    make: Callable[..., _WORK] = CONTENDERS[name]
    work = make(threads, fitted_on=fitted_on) if "LR" in name else make(threads)
    told = {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - worked,
        "stands_in": name.startswith("sentence") and not has_sentence_transformers(),
    }
    _say(told)
    for line in sys.stdin:
        cost = timed(work(Path(line.strip())))
        _say({"seconds": cost.seconds, "processor": cost.processor, "peak_mb": peak_mb()})


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


@dataclass
class _Contender:
    """A process that works when it is asked."""

    name: str
    threads: int
    python: str
    fitted_on: int
    peak_mb: float = 0.0
    stands_in: bool = False

    def __post_init__(self) -> None:
        command = [self.python, "-m", "eval.bench.audit", "--serve", self.name]
        self._process = subprocess.Popen(  # noqa: S603 - this program
            [*command, "--threads", str(self.threads), "--fitted-on", str(self.fitted_on)],
            cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.stands_in = bool(self._hear()["stands_in"])

    def ask(self, file: Path) -> Cost:
        assert self._process.stdin
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        told = self._hear()
        self.peak_mb = max(self.peak_mb, told["peak_mb"])
        return Cost(told["seconds"], told["processor"])

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended early; run it with --serve to see why")
        told: dict[str, Any] = json.loads(line)
        return told

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def measure(
    notes: int, repeats: int, threads: int, st_python: str, *, fitted_on: int = FITTED_ON
) -> dict[str, Any]:
    """Costs of every contender, by turns."""
    lines = labelled_lines()[:-FITTED_ON]
    with tempfile.TemporaryDirectory() as folder:
        files = [
            _write(Path(folder) / f"{turn}.jsonl", _cut(lines, turn * notes, notes))
            for turn in range(repeats + 1)
        ]
        there = {
            name: _Contender(
                name, threads, st_python if "sentence" in name else sys.executable, fitted_on
            )
            for name in CONTENDERS
        }
        try:
            for each in there.values():
                each.ask(files[repeats])  # loads what loads late
            asks = {n: (lambda turn, c=c: c.ask(files[turn])) for n, c in there.items()}
            costs = by_turns(asks, repeats=repeats)
        finally:
            for each in there.values():
                each.end()
    rows = {name: _row(costs, name, notes, there[name].peak_mb) for name in costs}
    return {
        "notes": notes,
        "repeats": repeats,
        "threads": threads,
        "stands_in": there["sentence-transformers + LR"].stands_in,
        "rows": rows,
    }


def _cut(lines: Sequence[str], start: int, number: int) -> list[str]:
    return [lines[i % len(lines)] for i in range(start, start + number)]


def _write(file: Path, lines: Sequence[str]) -> Path:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _row(costs: dict[str, list[Cost]], name: str, notes: int, peak: float) -> dict[str, float]:
    cost, speed = middle(costs[name]), ratio(costs[name], costs["bare"])
    than_plain = ratio(costs[name], costs["sentence-transformers + LR"])
    return {
        "notes_per_second": notes / cost.seconds,
        "processor_ms_per_note": cost.processor / notes * 1e3,
        "share_of_bare": speed.seconds,
        "share_of_bare_by_processor": speed.processor,
        "times_sentence_transformers": than_plain.seconds,
        "times_sentence_transformers_by_processor": than_plain.processor,
        "peak_mb": peak,
    }


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    columns = [
        "", "notes/s", "processor ms a note", "of bare", "by processor",
        "times s-t + LR", "by processor", "peak MB",
    ]  # fmt: skip
    rows = [[name, *row.values()] for name, row in found["rows"].items()]
    stand_in = "; PyTorch pooled by hand stands for sentence-transformers"
    note = (
        f"{found['repeats']} rounds of {found['notes']} notes, {found['threads']} threads"
        f"{stand_in if found['stands_in'] else ''}. Aim: `audit` 0.8 of bare, twice s-t + LR."
    )
    return Table(columns, rows, note)


def main() -> None:
    """Prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.audit", description=__doc__)
    parser.add_argument("--notes", type=int, default=256, help="a round")
    parser.add_argument("--repeats", type=int, default=5, help="rounds")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--st-python", default=sys.executable, help="has sentence-transformers")
    parser.add_argument("--fitted-on", type=int, default=FITTED_ON, help="notes LR learns from")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.threads, given.fitted_on)
        return
    found = measure(
        given.notes, given.repeats, given.threads, given.st_python, fitted_on=given.fitted_on
    )
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
