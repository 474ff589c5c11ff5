"""New business is valued by its annuity and never mixed with repeat revenue."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from auditor.domain.new_business import (
    Annuity,
    NewBusinessRules,
    Transaction,
    annuity_value,
    keep_apart,
)

DAY = date(2026, 3, 2)


def _sold(day: int, amount: int = 100, account: str = "Marsh", **changes: object) -> Transaction:
    told = {"currency": "GBP", "record": f"{account}{day}", **changes}
    return Transaction(account, DAY + timedelta(day), Decimal(amount), **told)  # type: ignore[arg-type]


def _books(*sold: Transaction, **rules: object):  # type: ignore[no-untyped-def]
    return keep_apart(
        sold,
        NewBusinessRules(**rules),  # type: ignore[arg-type]
        since=DAY,
        until=DAY + timedelta(365),
    )


def test_a_customer_who_buys_once_is_worth_the_transaction() -> None:
    assert annuity_value(500.0, NewBusinessRules()) == 500.0


def test_the_present_value_is_that_of_an_annuity_due_with_survival() -> None:
    rules = NewBusinessRules(transactions_a_year=12, horizon_years=2, discount_rate=0.1, churn=0.2)
    ratio = (0.8 / 1.1) ** (1 / 12)
    by_hand = sum(100 * ratio**k for k in range(24))
    assert annuity_value(100.0, rules) == pytest.approx(by_hand)


def test_without_discount_and_churn_payments_are_added_up() -> None:
    rules = NewBusinessRules(transactions_a_year=4, horizon_years=3, discount_rate=0, churn=0)
    assert annuity_value(100.0, rules) == 1200.0


def test_the_lifetime_form_grosses_up_and_is_bounded_by_the_horizon() -> None:
    rules = NewBusinessRules(
        annuity=Annuity.LIFETIME, transactions_a_year=12, churn=0.25, horizon_years=10
    )
    assert annuity_value(100.0, rules) == 12 * 4 * 100
    short = rules.model_copy(update={"horizon_years": 2.0})
    assert annuity_value(100.0, short) == 12 * 2 * 100


def test_a_win_counts_after_its_qualifying_transactions_in_a_row() -> None:
    [book] = _books(_sold(0), _sold(30), _sold(60), qualifying_transactions=3)
    assert [w.qualified_on for w in book.wins] == [DAY + timedelta(60)]
    assert (book.repeat, book.pending) == (0, 0)


def test_a_gap_or_a_small_transaction_starts_the_count_again() -> None:
    [gap] = _books(_sold(0), _sold(200), qualifying_transactions=2)
    assert (len(gap.wins), gap.pending) == (0, 1)
    [small] = _books(_sold(0), _sold(10, 1), qualifying_transactions=2, smallest=Decimal(50))
    assert small.wins == ()


def test_what_comes_after_qualifying_is_repeat_revenue_and_is_kept_apart() -> None:
    [book] = _books(_sold(0), _sold(30, 70))
    assert (book.new_value, book.repeat) == (100.0, 70.0)
    assert not hasattr(book, "total")


def test_a_customer_of_before_the_period_is_no_new_business() -> None:
    [book] = _books(_sold(-30), _sold(30, 70))
    assert (book.wins, book.repeat) == ((), 70.0)


def test_a_lead_source_may_say_that_the_account_is_no_new_one() -> None:
    [book] = _books(_sold(0, lead_source="Existing customer"))
    assert (book.wins, book.repeat) == ((), 100.0)


def test_currencies_have_books_of_their_own() -> None:
    books = _books(_sold(0), _sold(1, 40, currency="EUR"), qualifying_transactions=2)
    assert [(b.currency, len(b.wins), b.pending) for b in books] == [("EUR", 0, 1), ("GBP", 0, 1)]
