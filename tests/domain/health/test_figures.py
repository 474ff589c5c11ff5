"""Estimates say how sure they are, shrink small numbers, and never add up currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from auditor.domain.health import (
    Life,
    Outcome,
    SaidGroup,
    fallout_rows,
    find_clogs,
    score_horizon,
    stage_odds,
    view_pipeline,
    wilson,
)
from auditor.domain.health.fallout import GroupCount
from auditor.domain.health.odds import chance_from
from auditor.domain.health.pipeline import after_docket
from auditor.domain.labels import Label
from auditor.domain.verdict import Action
from tests.domain.flow.making import a_deal

DAY = date(2026, 3, 2)


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, method 3.
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0.5, 0) == (0.0, 1.0)


def test_without_open_ones_the_chance_is_the_plain_share() -> None:
    lives = [Life(5, Outcome.WON, 3), Life(9, Outcome.LOST, 1)]
    assert chance_from(lives, 0) == (0.75, 4)


def test_open_ones_count_for_as_long_as_they_have_been_open() -> None:
    # After day 5: 2 of 4 lost, 2 at risk; one stays open on day 6, the last one is won.
    lives = [Life(5, Outcome.LOST, 2), Life(6, Outcome.OPEN, 1), Life(9, Outcome.WON, 1)]
    share, decided = chance_from(lives, 0)
    assert share == pytest.approx(0.5)
    assert decided == 3


def test_the_chance_agrees_with_statsmodels_cumulative_incidence() -> None:
    import numpy as np
    from statsmodels.duration.survfunc import CumIncidenceRight

    days = [3, 4, 4, 6, 7, 8, 9, 11, 12, 15]
    ends = [1, 2, 0, 2, 1, 0, 2, 1, 2, 2]
    names = (Outcome.OPEN, Outcome.WON, Outcome.LOST)
    with np.errstate(all="ignore"):  # its standard error of the last step divides by zero
        fitted = CumIncidenceRight(np.array(days, float), np.array(ends))
    won, lost = fitted.cinc[0][-1], fitted.cinc[1][-1]
    lives = [Life(d, names[e], 1) for d, e in zip(days, ends, strict=True)]
    assert chance_from(lives, 0)[0] == pytest.approx(won / (won + lost))


def test_small_numbers_lean_on_the_whole_and_say_how_few_they_are() -> None:
    whole = [Life(5, Outcome.WON, 50), Life(5, Outcome.LOST, 50)]
    _, [stage] = stage_odds({"Proposal": [Life(5, Outcome.WON, 1)]}, whole)
    first = stage.ages[0].chance
    assert first.value == pytest.approx((1 + 10 * 0.5) / 11)
    assert first.n == 1
    assert first.low is not None
    assert first.high is not None
    assert first.low < 0.5 < first.high
    assert stage.ages[-1].chance.note


def test_the_brier_score_counts_what_was_decided_and_is_set_beside_the_plain_rate() -> None:
    groups = [
        SaidGroup(0.8, True, Outcome.WON, "GBP", 1, 100.0),
        SaidGroup(0.4, True, Outcome.LOST, "GBP", 1, 50.0),
        SaidGroup(0.9, True, Outcome.OPEN, "GBP", 1, 70.0),
    ]
    found = score_horizon(30, DAY, groups, first=DAY)
    assert found.brier.value == pytest.approx((0.04 + 0.16) / 2)
    assert (found.brier.n, found.base_brier, found.slipped) == (2, 0.25, 1)
    assert found.kept.value == pytest.approx(1 / 3)
    assert found.said == (("GBP", 220.0, 100.0),)


def test_a_forecast_without_a_snapshot_says_since_when_there_are_any() -> None:
    found = score_horizon(60, None, (), first=DAY)
    assert found.brier.value is None
    assert "2026-03-02" in found.brier.note


def test_clogs_are_older_than_the_limit_and_have_no_real_step() -> None:
    deals = [
        a_deal(key=1, days_in_stage=50),
        a_deal(key=2, days_in_stage=50, label=Label.MEANINGFUL_NEXT_STEP),
        a_deal(key=3, days_in_stage=50, parked=True),
        a_deal(key=4, days_in_stage=None),
        a_deal(key=5, days_in_stage=30),
    ]
    clogs, untold = find_clogs(deals, {"proposal": 30.0})
    assert [c.deal.key for c in clogs] == [1]
    assert untold == 1


def test_the_honest_pipeline_is_without_what_the_docket_would_close() -> None:
    deals = [a_deal(key=1), a_deal(key=2, action=Action.CLOSE)]
    told = view_pipeline(deals, lambda _: 0.5, frozenset(), {"GBP": 2000.0}, records="open")
    honest = view_pipeline(
        after_docket(deals), lambda _: 0.5, frozenset(), {"GBP": 2000.0}, records="honest"
    )
    assert (told.money[0].percent_full.value, honest.money[0].percent_full.value) == (0.5, 0.25)


def test_currencies_are_never_summed() -> None:
    deals = [a_deal(), a_deal(currency="EUR", value=Decimal(7)), a_deal(currency=None)]
    view = view_pipeline(deals, lambda _: 1.0, frozenset(), {}, records="open")
    assert [(m.currency, m.value) for m in view.money] == [
        (None, 1000.0),
        ("EUR", 7.0),
        ("GBP", 1000.0),
    ]


def test_fallout_shrinks_a_source_of_one_and_keeps_values_by_currency() -> None:
    counts = [
        GroupCount("Referral", "GBP", 1, 0, 10.0, 0.0),
        GroupCount("Cold call", "GBP", 4, 15, 40.0, 90.0),
        GroupCount("Cold call", "EUR", 0, 5, 0.0, 20.0),
    ]
    cold, referral = fallout_rows("lead_source", counts, open_now={"Referral": 2})
    assert (cold.lost, cold.lost_value) == (20, (("EUR", 20.0), ("GBP", 90.0)))
    assert referral.rate.value == pytest.approx((1 + 10 * 0.2) / 11)
    assert referral.open_now == 2
