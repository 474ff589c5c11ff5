"""Stores items by opportunity, finds duplicates, and gives them back group by group."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.intake.merging import merge_opportunities
from auditor.intake.report import IntakeReport

_SCHEMA = """
CREATE TABLE deals (id TEXT PRIMARY KEY, name TEXT, seq INTEGER, body TEXT) WITHOUT ROWID;
CREATE TABLE acts (seq INTEGER PRIMARY KEY, deal TEXT, body TEXT);
CREATE TABLE ids (id TEXT PRIMARY KEY, told BLOB) WITHOUT ROWID;
CREATE TABLE records (seq INTEGER PRIMARY KEY, deal TEXT, body TEXT);
"""
_GROUPS = """
WITH heads AS (
    SELECT deal, MIN(seq) AS head FROM (
        SELECT deal, seq FROM acts WHERE deal IS NOT NULL
        UNION ALL SELECT id, seq FROM deals
    ) GROUP BY deal
)
SELECT head, 0 AS rank, d.seq AS seq, 'deal' AS sort, d.id AS deal, d.body AS body
    FROM deals d JOIN heads ON heads.deal = d.id
UNION ALL SELECT head, 1, a.seq, 'act', a.deal, a.body
    FROM acts a JOIN heads ON heads.deal = a.deal
UNION ALL SELECT seq, 1, seq, 'act', NULL, body FROM acts WHERE deal IS NULL
UNION ALL SELECT seq, 1, seq, 'record', deal, body FROM records
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Gathered:
    """One item with the group it belongs to."""

    group: int
    """Number of the item with which the group began."""
    deal_id: str | None
    """The opportunity's id; None where there is none."""
    deal: Opportunity | None = None
    """The opportunity, all parts merged."""
    activity: Activity | None = None
    """An activity."""
    record: AuditRecord | None = None
    """A record that is complete in itself."""


def gather(
    items: Iterable[Opportunity | Activity | AuditRecord],
    database: sqlite3.Connection,
    report: IntakeReport,
) -> Iterator[Gathered]:
    """Takes all items, then yields them group by group; each group's opportunity comes first."""
    database.executescript(_SCHEMA)
    database.execute("BEGIN")
    for number, item in enumerate(items):
        if isinstance(item, Opportunity):
            _keep_deal(item, number, database)
        elif isinstance(item, Activity):
            _keep_activity(item, number, database, report)
        else:
            deal = item.activity.opportunity_id
            body = item.model_dump_json(exclude_unset=True)
            database.execute("INSERT INTO records VALUES (?, ?, ?)", (number, deal, body))
    _resolve_names(database)
    for head, _, _, sort, deal, body in database.execute(_GROUPS):
        yield _restore(head, sort, deal, body)


def _restore(head: int, sort: str, deal: str | None, body: str) -> Gathered:
    if sort == "deal":
        return Gathered(head, deal, deal=Opportunity.model_validate_json(body))
    if sort == "record":
        return Gathered(head, deal, record=AuditRecord.model_validate_json(body))
    activity = Activity.model_validate_json(body)
    if activity.opportunity_id != deal:
        activity = activity.model_copy(update={"opportunity_id": deal})
    return Gathered(head, deal, activity=activity)


def _keep_deal(deal: Opportunity, number: int, database: sqlite3.Connection) -> None:
    row = database.execute("SELECT body, seq FROM deals WHERE id = ?", (deal.id,)).fetchone()
    if row is not None:
        deal = merge_opportunities(Opportunity.model_validate_json(row[0]), deal)
        number = row[1]
    body = deal.model_dump_json(exclude_unset=True)
    database.execute(
        "INSERT OR REPLACE INTO deals VALUES (?, ?, ?, ?)", (deal.id, deal.name, number, body)
    )


def _keep_activity(
    activity: Activity, number: int, database: sqlite3.Connection, report: IntakeReport
) -> None:
    told = _digest(activity)
    identity, copy = activity.id, 1
    while True:
        done = database.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (identity, told))
        if done.rowcount == 1:
            break
        row = database.execute("SELECT told FROM ids WHERE id = ?", (identity,)).fetchone()
        if row[0] == told:
            report.duplicates += 1
            return
        copy += 1
        identity = f"{activity.id}~{copy}"
    if copy > 1:
        report.warn(
            (activity.source or "").rpartition(":")[0] or "(all files)",
            f"the id {activity.id!r} stands on several activities with different content; the "
            f"later ones are called {activity.id}~2 and so on",
        )
        activity = activity.model_copy(update={"id": identity})
    body = activity.model_dump_json(exclude_unset=True)
    database.execute("INSERT INTO acts VALUES (?, ?, ?)", (number, activity.opportunity_id, body))


def _digest(activity: Activity) -> bytes:
    """What makes two activities with one id the same: text, time and opportunity."""
    parts = (activity.text, activity.occurred_at.isoformat(), activity.opportunity_id or "")
    whole = "\x1f".join(parts).encode("utf-8", "replace")
    return hashlib.blake2b(whole, digest_size=12).digest()


def _resolve_names(database: sqlite3.Connection) -> None:
    """Puts activities that know their opportunity by name only under its id.

    A name that several opportunities share stays as it is.
    """
    database.execute(
        "CREATE TEMP TABLE named AS SELECT name, MIN(id) AS id FROM deals "
        "WHERE name <> '' AND id <> name GROUP BY name HAVING COUNT(*) = 1"
    )
    database.execute("CREATE UNIQUE INDEX named_name ON named (name)")
    for part, seq, name, identity in database.execute(
        "SELECT d.body, d.seq, d.id, n.id FROM deals d JOIN named n ON n.name = d.id"
    ).fetchall():
        # Rows of activities told of the opportunity under its name: one with the real one.
        database.execute("DELETE FROM deals WHERE id = ?", (name,))
        stray = Opportunity.model_validate_json(part)
        renamed = stray.model_copy(update={"id": identity})
        _keep_deal(renamed, seq, database)
    database.execute(
        "UPDATE acts SET deal = (SELECT id FROM named WHERE named.name = acts.deal) "
        "WHERE deal IN (SELECT name FROM named)"
    )
    database.execute("CREATE INDEX acts_deal ON acts (deal)")
