"""Gathers activities under their opportunities: one dossier each, oldest activity first.

What is gathered lies in a private SQLite database that SQLite keeps in its page cache and puts in a
temporary file, gone with the connection, once it outgrows it.  So an export of a million rows stays
flat in memory, and a small one never touches the disk.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from auditor.domain.records import (
    Activity,
    AuditRecord,
    NextActivity,
    Opportunity,
    PastActivity,
)
from auditor.intake.gathering import Gathered, gather
from auditor.intake.report import IntakeReport

HISTORY_LIMIT = 12
"""Most earlier activities that a record carries."""


@dataclass(frozen=True)
class Dossier:
    """An opportunity with the records to judge."""

    opportunity: Opportunity
    """All that the sources tell of it."""
    records: tuple[AuditRecord, ...]
    """Its activities, oldest first, each with the earlier ones as history; may be empty."""
    alone: bool = False
    """True where the source gave no opportunity: ``opportunity`` is a stand-in for one activity."""


def assemble(
    items: Iterable[Opportunity | Activity | AuditRecord],
    *,
    report: IntakeReport | None = None,
    history_limit: int = HISTORY_LIMIT,
    cache_mb: int = 32,
) -> Iterator[Dossier]:
    """Groups items into dossiers.

    All items are taken before the first dossier comes.  Dossiers come in the order in which their
    opportunity was first met; labelled records and activities without an opportunity come as
    dossiers of their own.

    Args:
        items: what ``read_paths`` yields.
        report: takes warnings and counts duplicates; its ``tells_pending`` says whether an
            opportunity without an open task has none.
        history_limit: most earlier activities that a record carries.
        cache_mb: memory used before the temporary file is.
    """
    report = report or IntakeReport()
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute(f"PRAGMA cache_size = -{cache_mb * 1024}")
        gathered = gather(items, database, report)
        for _, rows in groupby(gathered, key=lambda row: row.group):
            yield from _dossiers(list(rows), report, history_limit)


def _dossiers(rows: list[Gathered], report: IntakeReport, history_limit: int) -> Iterator[Dossier]:
    first = rows[0]
    if first.record is not None:
        yield Dossier(first.record.opportunity, (first.record,), alone=not first.deal_id)
        return
    activities = sorted(
        (row.activity for row in rows if row.activity is not None),
        key=lambda activity: sortable(activity.occurred_at),
    )
    deal = next((row.deal for row in rows if row.deal is not None), None)
    if deal is None:
        yield from _without_deal(first, activities, report, history_limit)
        return
    deal = _with_pending(deal, activities, report)
    yield Dossier(deal, _records(deal, activities, history_limit))


def _without_deal(
    first: Gathered, activities: list[Activity], report: IntakeReport, history_limit: int
) -> Iterator[Dossier]:
    """Makes up the opportunity that activities name, or that they lack."""
    if first.deal_id is None:
        for activity in activities:
            stand_in = Opportunity(id=activity.id)
            yield Dossier(stand_in, _records(stand_in, [activity], history_limit), alone=True)
        return
    report.warn(
        "(all files)",
        "some activities name opportunities that no file holds; their stage, value and owner are "
        "not known; name the export of opportunities too",
    )
    deal = _with_pending(Opportunity(id=first.deal_id), activities, report)
    yield Dossier(deal, _records(deal, activities, history_limit))


def sortable(when: datetime) -> datetime:
    """Returns a time that can be compared with any other: one without a zone counts as UTC."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _with_pending(
    deal: Opportunity, activities: list[Activity], report: IntakeReport
) -> Opportunity:
    """Settles the pending activity: as told, else what the latest activity left."""
    if deal.next_activity_known:
        return deal
    left = [activity.next_activity for activity in activities]
    if any(pending is not None for pending in left):
        update = {"next_activity": left[-1], "next_activity_known": True}
    elif report.tells_pending:
        update = {"next_activity": None, "next_activity_known": True}
    else:
        return deal
    return deal.model_copy(update=update)


def _records(
    deal: Opportunity, activities: list[Activity], history_limit: int
) -> tuple[AuditRecord, ...]:
    records = []
    earlier: deque[PastActivity] = deque(maxlen=history_limit)
    for number, activity in enumerate(activities, start=1):
        judged = activity
        if number == len(activities):
            judged = _leaving(activity, deal.next_activity)
        records.append(
            AuditRecord.model_construct(opportunity=deal, activity=judged, history=tuple(earlier))
        )
        earlier.append(_as_past(activity))
    return tuple(records)


def _leaving(activity: Activity, pending: NextActivity | None) -> Activity:
    """The latest activity with the pending one, where its own row does not tell one."""
    if activity.next_activity is not None or pending is None:
        return activity
    return activity.model_copy(update={"next_activity": pending})


def _as_past(activity: Activity) -> PastActivity:
    return PastActivity.model_construct(
        kind=activity.kind,
        occurred_at=activity.occurred_at,
        text=activity.text,
        next_activity=activity.next_activity,
        format=activity.format,
        id=activity.id,
        duration_seconds=activity.duration_seconds,
    )
