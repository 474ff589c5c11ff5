"""The tables of flow and health: the report's figures, and sums that add up to no lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from auditor.digest.health_view import make_health_view
from auditor.digest.tables import HEALTH_TABLES, csv_bytes, health_table, table_of_section
from auditor.domain.health import Health, Scope
from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.health import HealthRules, compute_health
from auditor.intake import IntakeReport
from auditor.jobs.importing import Importer
from auditor.storage import Database, open_database
from tests.builders import an_opportunity
from tests.digest.tables.reading import lines_of
from tests.storage.making import POLICY

DAY = date(2026, 3, 2)
WON, LOST = OpportunityStatus.WON, OpportunityStatus.LOST


def closed(
    name: str, status: OpportunityStatus, source: str | None, value: int, currency: str | None
) -> Opportunity:
    return an_opportunity(
        id=name, name=name, account=name, status=status, lead_source=source, currency=currency,
        value=Decimal(value), opened_on=DAY - timedelta(40), closed_on=DAY - timedelta(10),
        lost_reason="No budget" if status is LOST else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    file: Path = tmp_path_factory.mktemp("tables") / "auditor.db"
    with open_database(f"sqlite:///{file}") as opened:
        opened.migrate()
        deals = [
            closed("a", WON, "=Fair", 100, "GBP"),
            closed("b", WON, "=Fair", 70, "EUR"),
            closed("c", LOST, "=Fair", 30, "GBP"),
            closed("d", LOST, None, 40, None),
            an_opportunity(id="e", name="e", account="e", lead_source="Web", opened_on=DAY),
        ]
        Importer(opened, "crm", DAY, IntakeReport()).run(deals)
        yield opened


@pytest.fixture(scope="module")
def health(database: Database) -> Health:
    return compute_health(database, HealthRules(POLICY), as_of=DAY, scope=Scope())


def lines(health: Health, name: str) -> list[dict[str, str]]:
    table = health_table(health, name)
    assert table is not None
    return lines_of(csv_bytes(table))


def test_fallout_has_a_row_a_group_and_a_column_a_currency(health: Health) -> None:
    told = {(x["dimension"], x["group"]): x for x in lines(health, "fallout")}
    fair = told["lead_source", "'=Fair"]
    assert (fair["won"], fair["lost"], fair["open_now"]) == ("2", "1", "0")
    assert (fair["won_value_GBP"], fair["won_value_EUR"], fair["lost_value_GBP"]) == (
        "100", "70", "30",
    )  # fmt: skip
    assert float(fair["win_rate_low"]) < float(fair["win_rate"]) < float(fair["win_rate_high"])
    assert fair["share_of_losses"] == ""
    assert told["lead_source", "(not told)"]["lost_value"] == "40"
    assert told["lead_source", "Web"]["open_now"] == "1"
    reason = told["reason", "No budget"]
    assert (reason["won"], reason["lost"], reason["open_now"]) == ("", "2", "")
    assert reason["win_rate"] == ""
    assert float(reason["share_of_losses"]) == 1


def test_within_a_dimension_rows_add_up_to_what_was_closed(health: Health) -> None:
    for dimension in ("lead_source", "rep", "stage"):
        own = [x for x in lines(health, "fallout") if x["dimension"] == dimension]
        assert sum(int(x["won"]) for x in own) == 2
        assert sum(int(x["lost"]) for x in own) == 2
        assert sum(float(x["won_value_GBP"] or 0) for x in own) == 100


def test_every_section_of_the_page_has_its_table(health: Health) -> None:
    view = make_health_view(health, caps_set=False)
    assert {table_of_section(s.key) for s in view.sections} == set(HEALTH_TABLES) - {"definitions"}
    for name in HEALTH_TABLES:
        table = health_table(health, name)
        assert table is not None
        assert table.name == name
        assert len(set(table.columns)) == len(table.columns)
    assert health_table(health, "nothing") is None


def test_figures_are_those_of_the_report_each_with_its_day(health: Health) -> None:
    [whole] = [x for x in lines(health, "cycles") if x["stage"] == "(opening to closing)"]
    assert whole["entered"] == str(health.whole_cycle.median.n)
    assert whole["as_of"] == "2026-03-02"
    money = {(x["pipeline"], x["currency"]): x for x in lines(health, "pipeline")}
    assert money["as_told", "GBP"]["value"] == "1000"
    assert {x["key"] for x in lines(health, "definitions")} >= {"win_rate", "share_of_losses"}
    flow = {x["rep"]: x for x in lines(health, "flow")}
    assert flow["Dana"]["queue"] == "1"
    assert flow["Dana"]["records"] == "queue:Dana"


def test_a_table_without_rows_has_its_headings(health: Health) -> None:
    bare = replace(health, fallout={}, clogs=())
    assert lines(bare, "fallout") == []
    table = health_table(bare, "clogs")
    assert table is not None
    assert table.columns[:3] == ("as_of", "opportunity", "team")
