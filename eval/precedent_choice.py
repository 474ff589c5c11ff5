"""Chooses the labelled notes that are shipped as precedents, from train only.

For each reason so many short notes without history, each of another family and from as many authors
as there are, in an order that depends on the record's id alone: ``python -m eval.precedent_choice``
writes ``auditor/models/precedents.jsonl`` anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from eval.training.data import Labelled, load

TRAIN = Path("eval/sets/train")
OUT = Path("auditor/models/precedents.jsonl")
PER_REASON = 10
SHORTEST, LONGEST = 30, 260
"""Characters of the text."""
HOSTILE = "fam_trh"
"""The file of hostile and odd notes, which make poor examples."""
_KEPT = ("id", "label", "reason", "evidence", "opportunity", "activity")


def choose(labelled: Iterable[Labelled], *, per_reason: int = PER_REASON) -> list[dict[str, Any]]:
    """The chosen records, by reason and id."""
    by_reason: dict[str, list[Labelled]] = {}
    for each in labelled:
        if _is_fit(each):
            by_reason.setdefault(str(each.record["reason"]), []).append(each)
    return [
        {k: one.record[k] for k in _KEPT}
        for _, fit in sorted(by_reason.items())
        for one in _spread(fit, per_reason)
    ]


def _is_fit(each: Labelled) -> bool:
    record = each.record
    text = str(record["activity"]["text"])
    if each.is_transcript or record.get("history") or each.source == HOSTILE:
        return False
    return SHORTEST <= len(text) <= LONGEST


def _spread(fit: Sequence[Labelled], count: int) -> list[Labelled]:
    """So many of them in turn from each author, no family twice."""
    ordered = sorted(fit, key=lambda x: hashlib.sha256(str(x.record["id"]).encode()).hexdigest())
    chosen: list[Labelled] = []
    families: set[str] = set()
    for most in range(1, count + 1):
        for one in ordered:
            authors = sum(c.source == one.source for c in chosen)
            if len(chosen) < count and authors < most and one.family not in families:
                chosen.append(one)
                families.add(one.family)
    return sorted(chosen, key=lambda x: str(x.record["id"]))


def main() -> None:
    """Writes the file."""
    rows = choose(load(sorted(TRAIN.glob("*.jsonl")), []))
    lines = (json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
    OUT.write_text("".join(lines), encoding="utf-8")
    print(f"{len(rows)} precedents in {OUT}")  # noqa: T201


if __name__ == "__main__":
    main()
