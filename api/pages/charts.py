"""Small charts as SVG: where the marks stand, and the same in words for who can't see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.pages.words import reason_words
from auditor.digest.words import count, listing
from auditor.domain.flow import FlowReport
from auditor.domain.flow.queues import AGE_STEPS
from auditor.domain.health import FalloutRow, Health
from auditor.domain.labels import Reason

WIDTH = 320
"""Of a chart, in its own units."""
_NAME, _NUMBER = 108, 62
_ROW, _BAR = 26, 12
_FULL = WIDTH - _NAME - _NUMBER
_MOST_ROWS = 12


@dataclass(frozen=True)
class Bar:
    """One row of a chart."""

    name: str
    """What it is of."""
    number: str
    """The figure, as it is shown beside the bar."""
    y: int
    """Top of the row."""
    parts: tuple[tuple[str, int, int], ...]
    """Kind, left edge and width of each part."""
    limit: int | None = None
    """Where a limit is marked."""


@dataclass(frozen=True)
class Chart:
    """A chart of bars."""

    title: str
    """What it shows."""
    words: str
    """The same in words."""
    bars: tuple[Bar, ...]
    """Rows from the top."""
    height: int
    """In the chart's own units."""
    key: tuple[tuple[str, str], ...] = ()
    """Kind and meaning of each colour."""


def make_charts(health: Health) -> list[Chart]:
    """The charts of a report that have anything to show."""
    made = [_queues(health.flow), _ages(health.flow), _losses(health.fallout.get("reason", ()))]
    return [chart for chart in made if chart.bars]


def _queues(flow: FlowReport) -> Chart:
    reps = sorted(flow.reps, key=lambda r: -r.queue)[:_MOST_ROWS]
    most = max([1, *(max(r.queue, r.cap) for r in reps)])
    rows = []
    for n, rep in enumerate(reps):
        vague = round(_FULL * rep.vague / most)
        whole = round(_FULL * rep.queue / most)
        parts = (("vague", _NAME, vague), ("other", _NAME + vague, whole - vague))
        limit = _NAME + round(_FULL * rep.cap / most)
        rows.append(Bar(_short(rep.rep), f"{rep.queue} of {rep.cap}", n * _ROW, parts, limit))
    words = listing(
        [f"{r.rep} {r.queue} of {r.cap}, {count(r.vague, 'vague callback')}" for r in reps]
    )
    key = (("vague", "vague callbacks"), ("other", "the rest"), ("limit", "cap"))
    return _chart("Queues against their caps", words, rows, key)


def _ages(flow: FlowReport) -> Chart:
    sums = [sum(t.age.groups[n] for t in flow.teams) for n in range(len(AGE_STEPS))]
    if not any(sums):
        return _chart("Age of what is open", "", [])
    names = [f"{a} to {b - 1} days" for a, b in pairwise(AGE_STEPS)] + [f"{AGE_STEPS[-1]} days on"]
    rows = [
        Bar(name, str(n), at * _ROW, (("other", _NAME, round(_FULL * n / max(sums))),))
        for at, (name, n) in enumerate(zip(names, sums, strict=True))
    ]
    words = listing([f"{n} {name}" for name, n in zip(names, sums, strict=True)])
    return _chart("Age of what is open", words, rows)


def _losses(rows: Sequence[FalloutRow]) -> Chart:
    lost = [r for r in rows if r.lost][:8]
    most = max([1, *(r.lost for r in lost)])
    bars = [
        Bar(
            _short(_reason(r.group)),
            str(r.lost),
            at * _ROW,
            (("lost", _NAME, round(_FULL * r.lost / most)),),
        )
        for at, r in enumerate(lost)
    ]
    words = listing([f"{_reason(r.group)} {r.lost}" for r in lost])
    return _chart("Why opportunities were lost", words, bars)


def _reason(group: str) -> str:
    return reason_words(group) if group in set(Reason) else group.replace("_", " ") or "not told"


def _short(name: str) -> str:
    return name if len(name) <= 17 else name[:16].rstrip() + "…"


def _chart(
    title: str, words: str, bars: Sequence[Bar], key: tuple[tuple[str, str], ...] = ()
) -> Chart:
    return Chart(title, words, tuple(bars), max(_ROW, len(bars) * _ROW), key)
