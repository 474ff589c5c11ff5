"""A win counts after its first transactions of a file; repeat revenue stays apart from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from auditor.domain.flow import TeamRules
from auditor.domain.health import Health, Scope
from auditor.domain.new_business import NewBusinessRules
from auditor.domain.records import OpportunityStatus
from auditor.errors import ConfigurationError
from auditor.health import compute_health, find_records, health_data, health_rules
from auditor.health.rules import HealthRules
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.builders import an_opportunity
from tests.storage.making import DAY, POLICY, tell

HEAD = "account,day,amount,currency,id"
ROWS = (
    "marsh,2026-01-05,100,GBP,m1",
    "Marsh,2026-02-04,110,GBP,m2",
    "Marsh,2026-02-20,120,GBP,m3",
    "Reed,2026-02-01,500,GBP,r1",
    "Old Mill,2026-02-01,70,GBP,o1",
    "Unknown,2026-02-01,9000,GBP,u1",
    "Marsh,2026-04-01,1,GBP,later",
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'sold.db'}") as opened:
        opened.migrate()
        for n, (account, team, source) in enumerate(
            (
                ("Marsh", "North", "Web"),
                ("Reed", "North", "Web"),
                ("Old Mill", "South", "Existing customer"),
                ("Fresh", "South", "Web"),
                ("Old Hat", "South", "Existing customer"),  # bought nothing: no new account
            )
        ):
            deal = an_opportunity(
                id=f"d{n}",
                account=account,
                team=team,
                lead_source=source,
                status=OpportunityStatus.WON,
                closed_on=date(2026, 1, 2),
                value=9_999,
                currency="GBP",
            )
            tell(opened, deal)
        yield opened


def _rules(tmp_path: Path, *rows: str) -> HealthRules:
    file = tmp_path / "paid.csv"
    file.write_text("\n".join((HEAD, *rows)), encoding="utf-8")
    teams = {"default": TeamRules(new_business=NewBusinessRules(qualifying_transactions=2))}
    return health_rules(Settings(transactions_file=file, teams=teams), POLICY)


def _health(database: Database, rules: HealthRules, **scope: str) -> Health:
    return compute_health(database, rules, as_of=DAY, scope=Scope(**scope))


def test_a_win_counts_after_its_qualifying_transactions(database: Database, tmp_path: Path) -> None:
    [book] = _health(database, _rules(tmp_path, *ROWS)).new_business
    assert [(w.account, w.qualified_on, w.records) for w in book.wins] == [
        ("marsh", date(2026, 2, 4), ("m1", "m2"))
    ]
    assert (book.new_value, book.new_initial) == (100.0, 100.0)
    assert book.pending == 2  # Reed has bought once, Fresh not yet
    assert (book.repeat, book.repeat_records) == (190.0, ("m3", "o1"))


def test_a_team_has_the_accounts_that_it_won(database: Database, tmp_path: Path) -> None:
    rules = _rules(tmp_path, *ROWS)
    [north] = _health(database, rules, team="North").new_business
    [south] = _health(database, rules, team="South").new_business
    assert (len(north.wins), north.pending, north.repeat) == (1, 1, 120.0)
    assert (len(south.wins), south.pending, south.repeat) == (0, 1, 70.0)


def test_the_note_says_what_counts_and_what_was_left_out(
    database: Database, tmp_path: Path
) -> None:
    note = _health(database, _rules(tmp_path, *ROWS, "Reed,soon,1,GBP,x")).new_business_note
    assert "those of paid.csv" in note
    assert "a win is 2 transactions in a row" in note
    assert "1 account of it has no won opportunity here and is left out" in note
    assert "1 row of it can't be used" in note


def test_the_records_are_the_transactions(database: Database, tmp_path: Path) -> None:
    rules = _rules(tmp_path, *ROWS)
    data = health_data(_health(database, rules))["new_business"][0]
    new = find_records(database, rules, data["new_records"], as_of=DAY)
    repeat = find_records(database, rules, data["repeat_records"], as_of=DAY)
    assert {r.id for r in new} == {"m1", "m2"}
    assert len(repeat) == data["repeat_transactions"] == 2


def test_without_a_file_won_opportunities_are_the_transactions(database: Database) -> None:
    health = _health(database, HealthRules(POLICY))
    assert len(health.new_business[0].wins) == 3  # the others are old customers
    assert health.new_business_note.startswith("Won opportunities count as transactions")


def test_a_file_that_changed_is_read_again(database: Database, tmp_path: Path) -> None:
    before = _rules(tmp_path, ROWS[0])
    after = _rules(tmp_path, *ROWS)
    assert before.bought is not None
    assert after.bought is not None
    assert (len(before.bought.transactions), len(after.bought.transactions)) == (1, len(ROWS))
    (tmp_path / "paid.csv").unlink()
    with pytest.raises(ConfigurationError, match="mend transactions_file"):
        health_rules(Settings(transactions_file=tmp_path / "paid.csv"), POLICY)
