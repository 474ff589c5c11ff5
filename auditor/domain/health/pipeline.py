"""The open pipeline, as told and as the docket would have it: weighted, percent full, its clogs.

Sums are made a currency at a time and never across.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from auditor.domain.flow.deals import OpenDeal
from auditor.domain.health.estimates import Z95, Estimate
from auditor.domain.labels import Label
from auditor.domain.verdict import Action

Chance = Callable[[OpenDeal], float]
"""Probability of an open opportunity to be won."""


@dataclass(frozen=True, slots=True)
class Clog:
    """An opportunity that has been in its stage longer than nine in ten, with no real step."""

    deal: OpenDeal
    """The opportunity."""
    limit_days: float
    """90th percentile of the time in its stage."""


@dataclass(frozen=True, slots=True)
class MoneyView:
    """The pipeline in one currency."""

    currency: str | None
    """ISO 4217 code; None where the CRM told none."""
    count: int
    """Opportunities with a value in it."""
    value: float
    """Sum of their values."""
    weighted: Estimate
    """Sum of value times probability."""
    needed: float | None
    """What the quarter's target still needs; None without a target in this currency."""
    percent_full: Estimate
    """Weighted value against what is needed."""


@dataclass(frozen=True, slots=True)
class PipelineView:
    """The open pipeline."""

    count: int
    """Opportunities in it."""
    without_value: int
    """Of these, those without a value: in no sum."""
    with_step: int
    """Those whose pending step can answer their stage's question."""
    clogs: int
    """Clogged ones."""
    money: tuple[MoneyView, ...]
    """By currency."""


def find_clogs(
    deals: Sequence[OpenDeal], limits: Mapping[str, float | None]
) -> tuple[tuple[Clog, ...], int]:
    """Finds what clogs the pipeline, the longest over its limit first.

    Args:
        deals: open ones; parked ones are no clogs.
        limits: 90th percentile of the days in a stage, by the stage's name in small letters.

    Returns:
        The clogs, and how many could not be told: without a limit, a day of entry or a judgement.
    """
    clogs, untold = [], 0
    for deal in deals:
        limit = limits.get(deal.stage.casefold())
        if not deal.in_queue or deal.label is Label.MEANINGFUL_NEXT_STEP:
            continue
        if limit is None or deal.days_in_stage is None or deal.label is None:
            untold += 1
        elif deal.days_in_stage > limit:
            clogs.append(Clog(deal, limit))
    clogs.sort(key=lambda c: c.limit_days - (c.deal.days_in_stage or 0))
    return tuple(clogs), untold


def view_pipeline(
    deals: Sequence[OpenDeal],
    chance: Chance,
    clogged: frozenset[int],
    needed: Mapping[str | None, float],
    *,
    records: str,
) -> PipelineView:
    """Views the open pipeline.

    Args:
        deals: the open ones to count.
        chance: probability of each to be won.
        clogged: positions (``id()``) of the clogged ones among all.
        needed: by currency: what the quarter's target still needs.
        records: under what the opportunities can be asked for.
    """
    money: dict[str | None, list[OpenDeal]] = {currency: [] for currency in needed}
    for deal in deals:
        if deal.value is not None:
            money.setdefault(deal.currency, []).append(deal)
    return PipelineView(
        count=len(deals),
        without_value=sum(d.value is None for d in deals),
        with_step=sum(d.answer == "yes" for d in deals),
        clogs=sum(id(d) in clogged for d in deals),
        money=tuple(
            _money(currency, money[currency], chance, needed.get(currency), records)
            for currency in sorted(money, key=lambda c: c or "")
        ),
    )


def after_docket(deals: Sequence[OpenDeal]) -> list[OpenDeal]:
    """The open ones if the docket's recommendations were taken: those to close are out."""
    return [d for d in deals if d.action is not Action.CLOSE]


def _money(
    currency: str | None,
    deals: Sequence[OpenDeal],
    chance: Chance,
    needed: float | None,
    records: str,
) -> MoneyView:
    pairs = [(float(d.value or 0), chance(d)) for d in deals]
    weighted = sum(v * p for v, p in pairs)
    spread = Z95 * sqrt(sum(v * v * p * (1 - p) for v, p in pairs))
    unit = currency or "unknown currency"
    low, high = max(0.0, weighted - spread), weighted + spread
    asked = f"{records}:{currency or '-'}"
    if needed is None:
        full = Estimate(None, "share", "percent_full", note="set a target under [teams.NAME]")
    elif needed <= 0:
        full = Estimate(None, "share", "percent_full", note="the quarter's target is reached")
    else:
        full = Estimate(
            weighted / needed,
            "share",
            "percent_full",
            low / needed,
            high / needed,
            len(deals),
            asked,
        )
    return MoneyView(
        currency,
        len(deals),
        sum(v for v, _ in pairs),
        Estimate(weighted, unit, "weighted", low, high, len(deals), asked),
        needed,
        full,
    )
