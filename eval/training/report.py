"""The report of a run: data, settings, scores, so that any figure can be traced and repeated."""

from __future__ import annotations

import dataclasses
import json
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from eval.training.data import Labelled, data_hash
from eval.training.settings import Settings


def describe(labelled: Sequence[Labelled]) -> dict[str, Any]:
    """Number, hash and balance of labelled records."""
    return {
        "n": len(labelled),
        "transcripts": sum(x.is_transcript for x in labelled),
        "with_acts": sum(bool(x.acts) for x in labelled),
        "families": len({x.family for x in labelled}),
        "labels": dict(Counter(str(x.record["label"]) for x in labelled)),
        "hash": data_hash(labelled),
    }


def write_report(
    folder: Path,
    *,
    name: str,
    settings: Settings,
    train: Sequence[Labelled],
    held_out: Sequence[Labelled],
    results: dict[str, Any],
) -> Path:
    """Writes ``folder/<date>-<name>.json``.

    Args:
        folder: made if missing.
        name: of the run.
        settings: that it ran with.
        train: what it learned from.
        held_out: what it was scored on.
        results: scores, sizes and times.
    """
    now = datetime.now(UTC)
    report = {
        "name": name,
        "at": now.isoformat(timespec="seconds"),
        "settings": dataclasses.asdict(settings),
        "train": describe(train),
        "held_out": describe(held_out) if held_out else None,
        "machine": {"torch": torch.__version__, "python": platform.python_version()},
        **results,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%d-%H%M}-{name}.json"
    path.write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")
    return path
