"""The digest's words: sums, counts, sources and the summary are right and whole."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from auditor.digest.view import DigestView, count, make_view, money
from auditor.domain.docket import build_docket
from auditor.domain.findings import Contact, Finding
from auditor.domain.policy import Policy
from auditor.domain.records import Opportunity
from auditor.domain.week import Week
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_finding, an_opportunity

WEEK = Week(2026, 10)
LOGGED = WEEK.monday + timedelta(2)


def make(*rows: tuple[Opportunity, list[Finding]], shown: int = 12) -> DigestView:
    """A view of a docket of these opportunities."""
    docket = build_docket(rows, week=WEEK, policy=Policy(classifier="t"), shown=shown)
    return make_view(docket, classifier="t", policy="sha256:x", heading="North")


def row(name: str, label: object, **finding: object) -> tuple[Opportunity, list[Finding]]:
    """An opportunity with one finding."""
    opportunity = an_opportunity(id=name, name=name, value=Decimal(50_000))
    return opportunity, [a_finding(LOGGED, label, **finding)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "currency", "short", "words"),
    [
        (48_200, "GBP", False, "£48,200"),
        (48_200, "GBP", True, "£48k"),
        (1_250_000, "EUR", True, "€1.2m"),
        (13_000_000, "USD", True, "$13m"),
        (950, None, True, "950"),
        (1_000, "CHF", False, "CHF 1,000"),
    ],
)
def test_money_is_written_as_people_do(
    value: float, currency: str | None, short: bool, words: str
) -> None:
    assert money(value, currency, short=short) == words


def test_counts_agree_with_their_nouns() -> None:
    assert count(1, "decision") == "1 decision"
    assert count(2, "activity", "activities") == "2 activities"


def test_the_summary_says_what_the_pipeline_stands_on() -> None:
    view = make(row("a", LOSS), row("b", VAGUE), row("c", MEANINGFUL))
    assert view.summary == (
        "Of 3 open opportunities, 1 holds a real next step, 1 is kept open by a callback and 1 is "
        "in effect lost. £100k of £150k in the pipeline rests on no agreed step."
    )


def test_an_item_carries_quote_source_question_and_consequence() -> None:
    item = make(row("a", LOSS)).items[0]
    assert item.quotes[0].words == "spoke to Lee"
    assert item.quotes[0].source == "Dana, call, 4 March"
    assert item.question.endswith("?")
    assert item.step == "Close as lost: lost on price."
    assert item.if_nothing == "It stays in Dana's queue and its value stays in the forecast."


def test_trouble_counts_attempts_and_the_clock() -> None:
    opportunity = an_opportunity(opened_on=WEEK.reading_day - timedelta(90))
    tries = [
        a_finding(LOGGED - timedelta(days), VAGUE, contact=Contact.ATTEMPT) for days in (14, 7, 0)
    ]
    trouble = make((opportunity, tries)).items[0].trouble
    assert trouble.startswith("3 attempts unanswered in a row; 90 days open without")


def test_an_empty_floor_says_so_in_one_line() -> None:
    view = make()
    assert view.empty
    assert view.title == "Nothing to decide this week"


def test_a_week_with_nothing_to_decide_keeps_the_queues() -> None:
    ahead = (WEEK.reading_day + timedelta(3),)
    view = make(row("fine", MEANINGFUL, commits=ahead))
    assert view.title == "Nothing to decide this week"
    assert view.teams[0].rows[0].real == 1


def test_what_does_not_fit_is_counted_not_dropped() -> None:
    view = make(*(row(f"o{n}", VAGUE) for n in range(30)), shown=12)
    assert len(view.items) + len(view.more) + view.more_left == 30


def test_bars_sum_to_a_hundred() -> None:
    view = make(row("a", LOSS), row("b", VAGUE), row("c", MEANINGFUL))
    assert sum(view.teams[0].rows[0].widths) == 100


def test_the_reading_day_is_stated() -> None:
    assert "9 March 2026" in make(row("a", LOSS)).footer
    assert date(2026, 3, 9) == WEEK.reading_day
