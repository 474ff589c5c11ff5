"""A run as one HTML file that needs no network: tables, plots, and a browser of the items.

Texts are shown as they are in the set: keep a report as carefully as the set itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from auditor.domain.labels import Label
from auditor.reading.prepared import SUBJECT, TEXT, history_field, raw_fields
from eval.evidence_metrics import occurrences
from eval.labelled import LabelledRecord, LabelledSet
from eval.results import RunItem, RunResult
from eval.score_rows import score_rows

PLOT = 240
"""Side of a plot in pixels."""
MIN_SLICE = 5
"""Tags with fewer records get no row."""
SHORT = {
    Label.MEANINGFUL_NEXT_STEP.value: "meaningful",
    Label.VAGUE_CALLBACK.value: "vague",
    Label.IMPLICIT_LOSS.value: "loss",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of a text that is marked in one way."""

    text: str
    """The words."""
    marks: str
    """``gold``, ``said``, ``gold said`` or nothing, as classes of the page."""


@dataclass(frozen=True)
class ShownField:
    """A field of a record, cut into marked pieces."""

    name: str
    """The contract's name."""
    words: str
    """What it is called on the page."""
    pieces: tuple[Piece, ...]
    """In text order; together they are the raw field."""


@dataclass(frozen=True)
class ShownItem:
    """An item of the browser."""

    item: RunItem
    """What was expected and said."""
    fields: tuple[ShownField, ...]
    """The record's texts."""
    stage: str
    """The opportunity's stage."""
    day: str
    """When it was logged."""
    pending: str
    """The pending activity in words."""
    kind: str
    """``right`` or what it was taken for, for the filter."""


def render_report(result: RunResult, labelled: LabelledSet) -> str:
    """Renders a run; the annotator ceiling stands beside its scores where it was measured.

    Args:
        result: the run.
        labelled: the set that was run, for the texts.
    """
    records = {r.id: r for r in labelled}
    shown = [_shown(i, records[i.id]) for i in result.items if i.id in records]
    shown.sort(key=lambda s: (s.item.right, -s.item.confidence))
    scores = result.scores
    tags = [(t, v) for t, v in scores["by_tag"].items() if v["n"] >= MIN_SLICE]
    environment = Environment(
        loader=PackageLoader("eval"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        s={"ceiling": None, **scores, "set": {"slice": "", **scores["set"]}},
        rows=score_rows(scores),
        short=SHORT,
        items=shown,
        kinds=sorted(Counter(s.kind for s in shown).items()),
        tags=sorted(tags, key=lambda t: t[1]["accuracy"]),
        min_slice=MIN_SLICE,
        size=PLOT,
        bars=_reliability_bars(scores["reliability"]),
        line=_risk_line(scores["risk_coverage"]),
        heat=_heat(scores["confusion"]),
    )


def _shown(item: RunItem, record: LabelledRecord) -> ShownItem:
    pending = record.record.activity.next_activity
    words = "none"
    if pending:
        due = f"{pending.due_on:%a %d %b %Y}" if pending.due_on else "no date"
        words = f"{pending.kind.value}, {due}"
    taken = f"{SHORT[item.gold.value]} taken for {SHORT[item.label.value]}"
    fields = _shown_fields(item, record)
    stage = record.record.opportunity.stage
    day = f"{record.record.activity.occurred_at:%a %d %b %Y}"
    return ShownItem(item, fields, stage, day, words, "right" if item.right else taken)


def _shown_fields(item: RunItem, record: LabelledRecord) -> tuple[ShownField, ...]:
    texts = dict(raw_fields(record.record))
    gold = [p for quote in record.evidence for p in occurrences(quote, texts)]
    said = [(e.field, e.start, e.end) for e in item.evidence]
    names = {TEXT: "text", SUBJECT: "pending"} | {
        history_field(i): f"{past.occurred_at:%d %b %Y}, {past.kind.value}"
        for i, past in enumerate(record.record.history)
    }
    return tuple(
        ShownField(
            name,
            names[name],
            tuple(mark_pieces(text, _in_field(gold, name), _in_field(said, name))),
        )
        for name, text in texts.items()
    )


def _in_field(places: Sequence[tuple[str, int, int]], name: str) -> list[tuple[int, int]]:
    return [(start, end) for field, start, end in places if field == name]


def mark_pieces(
    text: str, gold: Sequence[tuple[int, int]], said: Sequence[tuple[int, int]]
) -> list[Piece]:
    """Cuts a text where marks begin and end; the pieces together are the text."""
    cuts = {0, len(text), *(min(at, len(text)) for span in [*gold, *said] for at in span)}
    edges = sorted(cuts)
    pieces = []
    for start, end in pairwise(edges):
        marks = [
            name
            for name, spans in (("gold", gold), ("said", said))
            if any(a <= start and end <= b for a, b in spans)
        ]
        pieces.append(Piece(text[start:end], " ".join(marks)))
    return pieces


def _reliability_bars(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Bars of the reliability plot in pixels, origin at the top left."""
    return [
        {
            "x": PLOT * b["low"],
            "width": PLOT * (b["high"] - b["low"]) - 1,
            "y": PLOT * (1 - b["accuracy"]),
            "height": PLOT * b["accuracy"],
            "n": b["n"],
            "confidence": b["confidence"],
            "accuracy": b["accuracy"],
        }
        for b in bins
    ]


def _risk_line(points: Sequence[Sequence[float]]) -> str:
    """Points of accuracy (1 less the risk) by coverage; the plot's top is an accuracy of 1."""
    return " ".join(f"{PLOT * c:.1f},{PLOT * risk:.1f}" for c, risk, _ in points)


def _heat(confusion: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Share of each gold label's records in each cell, for its shade."""
    return {
        gold: {said: n / max(1, sum(row.values())) for said, n in row.items()}
        for gold, row in confusion.items()
    }
