"""``auditor train``: retrains the local model from the labelled sets (extra ``train``)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from auditor.commands.screen import notice
from auditor.errors import ConfigurationError


def run_train(
    sets: Sequence[Path],
    held_out: Sequence[Path],
    out: Path,
    *,
    seed: int,
    version: str,
    reports: Path,
) -> None:
    """Trains and exports a model; each run leaves a report.

    Raises:
        ConfigurationError: where the training libraries are not installed.
        InputError: where a set can't be read.
        ModelError: where the base weights are missing.
    """
    missing = [name for name in ("torch", "onnx") if find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"training needs {' and '.join(missing)}; run `pip install torch==2.13.0` and "
            '`pip install ".[train]"`'
        )
    train = import_module("eval.training.run").train
    report = train(
        sets,
        out,
        seed=seed,
        held_out=[p for p in held_out if p.exists()],
        version=version,
        reports=reports,
        log=notice,
    )
    notice(f"Written: the model in {out}, the report {report}")
