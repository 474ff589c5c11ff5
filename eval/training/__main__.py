"""Trains from a shell: ``python -m eval.training SET... --held-out SET... --out DIR``."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.training.model import Shape
from eval.training.run import REPORTS, train
from eval.training.settings import Settings


def main() -> None:
    """Parses the arguments and trains."""
    parser = argparse.ArgumentParser(prog="python -m eval.training", description=__doc__)
    parser.add_argument("sets", nargs="+", type=Path, help="record files or folders of them")
    parser.add_argument("--held-out", nargs="*", type=Path, default=[], help="sets to score on")
    parser.add_argument("--out", type=Path, default=Path("auditor/models"))
    parser.add_argument("--reports", type=Path, default=REPORTS)
    parser.add_argument("--version", default="1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=JSON", help="settings")
    given = parser.parse_args()
    report = train(
        given.sets,
        given.out,
        seed=given.seed,
        held_out=given.held_out,
        settings=settings_from(given.set),
        version=given.version,
        reports=given.reports,
    )
    print(report)  # noqa: T201 (the answer)


def settings_from(pairs: list[str]) -> Settings:
    """Settings with ``name=json`` pairs laid over the defaults; ``shape.name`` for the model's."""
    told: dict[str, Any] = {k: json.loads(v) for k, _, v in (p.partition("=") for p in pairs)}
    shape = {k.removeprefix("shape."): v for k, v in told.items() if k.startswith("shape.")}
    plain = {k: v for k, v in told.items() if not k.startswith("shape.")}
    base = Settings(**plain)
    return replace(base, shape=Shape(**shape))


if __name__ == "__main__":
    main()
