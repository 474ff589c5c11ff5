"""Short ways to tell a database something and to see what is in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import create_engine, text

from auditor.classify.rules import RulesClassifier
from auditor.domain.docket import FullDocket
from auditor.domain.policy import Policy
from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.domain.week import Week
from auditor.intake import HISTORY_LIMIT, IntakeItem, IntakeReport
from auditor.jobs.docketing import stored_docket
from auditor.jobs.due import judge_due
from auditor.jobs.importing import Imported, Importer
from auditor.storage import Database, StoredOpportunity, Taken, Told, take

DAY = date(2026, 3, 2)
RULES = RulesClassifier()
POLICY = Policy(classifier=RULES.name)
TABLES = (
    "inbound",
    "opportunities",
    "activities",
    "stage_changes",
    "due_changes",
    "policies",
    "verdicts",
    "pipeline_snapshots",
)


def tell(
    database: Database,
    opportunity: Opportunity | None,
    *activities: Activity,
    on: date = DAY,
    source: str = "crm",
) -> Taken:
    """Takes in one opportunity with its activities, as an export of a day tells it."""
    deal = opportunity or Opportunity(id="none")
    records = tuple(AuditRecord(opportunity=deal, activity=a) for a in activities)
    with database.begin() as unit:
        return take(
            unit,
            [Told(opportunity, records)],
            source=source,
            seen_on=on,
            history_limit=HISTORY_LIMIT,
        )


def import_all(
    database: Database, items: list[IntakeItem], *, on: date = DAY, source: str = "crm"
) -> Imported:
    """Imports items the way the command does."""
    return Importer(database, source, on, IntakeReport()).run(items)


def judge_all(database: Database, policy: Policy = POLICY) -> int:
    """Judges what is due with the rules."""
    return judge_due(database, RULES, policy)


def docket_of(database: Database, week: Week, policy: Policy = POLICY) -> FullDocket:
    """The stored docket of a week."""
    return stored_docket(database, policy, week=week, shown=12)[0]


def only_open(database: Database) -> StoredOpportunity:
    """The one open opportunity."""
    with database.read() as unit:
        [[stored]] = list(unit.opportunities.open_ones(10))
    return stored


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    found = {table: rows(url, "SELECT * FROM " + table) for table in TABLES}  # noqa: S608 - ours
    return {table: sorted(held, key=repr) for table, held in found.items()}


def rows(url: str, query: str) -> list[dict[str, Any]]:
    """Rows of a plain SQL query, past the code under test."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    try:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]
    finally:
        engine.dispose()


def run_sql(url: str, *statements: str) -> None:
    """Runs plain SQL, past the code under test."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
