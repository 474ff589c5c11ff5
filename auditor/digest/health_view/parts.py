"""What the sections are made of: tables, figures in words, bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from auditor.digest.view import money
from auditor.domain.health import Estimate

_BAR = 10


@dataclass(frozen=True)
class TableView:
    """A table: headings, rows of words, and which columns are numbers."""

    columns: tuple[str, ...]
    """Headings; the first column names the row."""
    rows: tuple[tuple[str, ...], ...]
    """Cells as they are shown."""
    left: int = 0
    """Rows beyond those shown."""
    records: tuple[str, ...] = ()
    """For each row what to ask for to see its records; empty where there is nothing to ask."""


@dataclass(frozen=True)
class SectionView:
    """One section."""

    key: str
    """Short name."""
    title: str
    """Heading."""
    says: str
    """What it means, in a sentence or two."""
    tables: tuple[TableView, ...] = ()
    """The figures."""
    notes: tuple[str, ...] = ()
    """What it can't know, and what to do about it."""
    definitions: tuple[str, ...] = ()
    """Keys of the definitions of its figures."""


@dataclass(frozen=True)
class HealthView:
    """The whole report in words."""

    title: str
    """Headline."""
    subtitle: str
    """Whose, and as of which day."""
    sections: tuple[SectionView, ...]
    """In reading order."""


def say_estimate(estimate: Estimate, *, currency: str | None = None) -> str:
    """A figure with its interval: ``24 (20-31)``; a dash where it is not known."""
    if estimate.value is None:
        return "-"
    write = _writer(estimate.unit, currency)
    if estimate.low is None and estimate.high is None:
        return write(estimate.value)
    low = "?" if estimate.low is None else write(estimate.low)
    high = "?" if estimate.high is None else write(estimate.high)
    return f"{write(estimate.value)} ({low} to {high})"


def _writer(unit: str, currency: str | None) -> Callable[[float], str]:
    if unit == "share":
        return lambda v: f"{v:.0%}"
    if unit == "days":
        return lambda v: f"{v:.0f}"
    return lambda v: money(v, currency, short=True)


def bar(share: float) -> str:
    """A bar of ten places for a share of 0 to 1."""
    full = round(max(0.0, min(1.0, share)) * _BAR)
    return "█" * full + "░" * (_BAR - full)


def say_sums(values: Iterable[tuple[str | None, float]]) -> str:
    """Sums of several currencies side by side, never added."""
    return " + ".join(money(v, c, short=True) for c, v in values) or "-"


def sentence(words: str) -> str:
    """The words with a capital and a full stop."""
    text = words.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def say_rate(value: float | None) -> str:
    """One place; a dash where it is not known."""
    return "-" if value is None else f"{value:.1f}"
