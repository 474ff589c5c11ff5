"""Chats of PersuasionForGood (X. Wang et al. 2019) as records: a real yes, a soft no, a put-off.

In each chat one person asks another for a donation, and what the other then gave is known.  The
data stays outside the project; the adapter takes its path::

    python -m eval.bench.dialogs CHATS.jsonl [--set OUT.jsonl] [--json OUT.json]

A line of the input is ``{"id", "text", "donated_usd"}``, the text one turn a line, ``Persuader:``
or ``Persuadee:``.  A chat becomes the transcript of a call with the persuader as rep and the
persuadee as buyer, in a stage "Ask", with nothing pending.

What was given is an outcome and no label of the codebook: many said yes and gave nothing.  So the
measure is how well the model's probability of ``meaningful_next_step`` tells those who gave from
those who did not (AUC, the chance that a giver gets the higher one).  ``--set`` writes a labelled
set for ``auditor eval run``: givers as ``meaningful_next_step``, the others as ``vague_callback``,
since the outcome does not tell a put-off from a no.  Of its scores only those of
``meaningful_next_step`` say something.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auditor.classify.protocol import Classifier
from auditor.domain.labels import Label
from auditor.errors import AuditorError, InputError
from auditor.reading.prepared import prepare
from eval import intervals
from eval.labelled import audit_record
from eval.metrics import Floats
from eval.terminal import write_json, write_lines

LOGGED_AT = "2018-09-04T12:00:00"
"""Day taken for all chats; theirs are not told."""
_RESAMPLES = 500
_BATCH = 64


@dataclass(frozen=True)
class Dialog:
    """One chat with its outcome."""

    id: str
    """As in the data."""
    text: str
    """One turn a line."""
    donated_usd: float
    """What the persuadee gave afterwards, US dollars."""

    @property
    def gave(self) -> bool:
        """Whether anything was given."""
        return self.donated_usd > 0


def read_dialogs(path: Path) -> list[Dialog]:
    """Reads chats.

    Raises:
        InputError: where the file can't be read, or a line is no chat.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{str(path)!r} can't be read ({exc}); check the path") from exc
    return [_dialog(line, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip()]


def _dialog(line: str, place: str) -> Dialog:
    try:
        raw = json.loads(line)
        return Dialog(str(raw["id"]), str(raw["text"]), float(raw["donated_usd"]))
    except (ValueError, TypeError, KeyError) as exc:
        raise InputError(
            f"{place}: no chat ({exc!r}); give an object with id, text and donated_usd"
        ) from exc


def as_record(dialog: Dialog) -> dict[str, Any]:
    """A chat in the codebook's format, without label."""
    people = [("Persuader", "rep"), ("Persuadee", "buyer")]
    return {
        "id": dialog.id,
        "opportunity": {"stage": "Ask"},
        "activity": {
            "kind": "call",
            "format": "transcript",
            "occurred_at": LOGGED_AT,
            "text": dialog.text,
            "participants": [{"name": name, "role": role} for name, role in people],
            "next_activity": None,
        },
    }


def as_labelled_row(dialog: Dialog) -> dict[str, Any]:
    """A chat as a flat row with the label that its outcome stands for; see above what it is not."""
    label = Label.MEANINGFUL_NEXT_STEP if dialog.gave else Label.VAGUE_CALLBACK
    return {
        "id": dialog.id,
        "text": dialog.text,
        "label": label.value,
        "stage": "Ask",
        "kind": "call",
        "format": "transcript",
        "occurred_at": LOGGED_AT,
        "participants": [
            {"name": "Persuader", "role": "rep"},
            {"name": "Persuadee", "role": "buyer"},
        ],
        "tags": ["gave" if dialog.gave else "gave-nothing"],
        "source": "PersuasionForGood",
    }


def measure(dialogs: Sequence[Dialog], classifier: Classifier) -> dict[str, Any]:
    """How well the classifier's view of the chats tells who gave."""
    chances: list[Mapping[Label, float]] = []
    records = [prepare(audit_record(as_record(d))) for d in dialogs]
    for start in range(0, len(records), _BATCH):
        opinions = classifier.opine(records[start : start + _BATCH])
        chances += [o.probabilities for o in opinions]
    said = [max(p, key=lambda label: p[label]) for p in chances]
    gave = np.asarray([d.gave for d in dialogs])
    meaningful = np.asarray([p[Label.MEANINGFUL_NEXT_STEP] for p in chances])
    interval = intervals.index_interval(
        lambda rows: auc(meaningful[rows], gave[rows]),
        [d.id for d in dialogs],
        resamples=_RESAMPLES,
    )
    return {
        "classifier": classifier.name,
        "n": len(dialogs),
        "gave": int(gave.sum()),
        "auc": round(auc(meaningful, gave), 6),
        "auc_ci95": interval.as_list() if interval else None,
        "said": {
            group: {label.value: _count(said, gave == is_giver, label) for label in Label}
            for group, is_giver in (("gave", True), ("gave nothing", False))
        },
    }


def _count(said: Sequence[Label], wanted: np.ndarray[Any, np.dtype[np.bool_]], label: Label) -> int:
    return sum(s is label for s, w in zip(said, wanted, strict=True) if w)


def auc(scores: Floats, positive: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    """Chance that a positive's score is above a negative's, ties half; NaN where one is missing.

    Source: J. Hanley & B. McNeil (1982), "The meaning and use of the area under a receiver
    operating characteristic (ROC) curve" (the Wilcoxon form).
    """
    ups, downs = int(positive.sum()), int((~positive).sum())
    if not ups or not downs:
        return float("nan")
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    total = float(middle[ranks.reshape(-1)][positive].sum())
    return (total - ups * (ups + 1) / 2) / (ups * downs)


def main() -> None:
    """Prints the measure; writes the set and the JSON where asked for."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.dialogs", description=__doc__)
    parser.add_argument("chats", type=Path)
    parser.add_argument("--set", type=Path, dest="set_to", help="write a labelled set here")
    parser.add_argument("--json", type=Path, dest="json_to", help="write the measure here")
    given = parser.parse_args()
    try:
        dialogs = read_dialogs(given.chats)
        if given.set_to:
            write_lines([as_labelled_row(d) for d in dialogs], given.set_to)
        from auditor.classify.registry import make_classifier
        from auditor.settings import Settings

        found = measure(dialogs, make_classifier("local", Settings()))
        write_json(found, given.json_to)
    except AuditorError as exc:
        parser.exit(2, f"dialogs: {exc}\n")
    low, high = found["auc_ci95"] or (float("nan"), float("nan"))
    sys.stdout.write(
        f"{found['classifier']} on {found['n']} chats, {found['gave']} gave: AUC "
        f"{found['auc']:.3f} ({low:.3f} to {high:.3f})\n"
    )
    for group, counts in found["said"].items():
        told = ", ".join(f"{label} {n}" for label, n in counts.items())
        sys.stdout.write(f"  {group}: {told}\n")


if __name__ == "__main__":
    main()
