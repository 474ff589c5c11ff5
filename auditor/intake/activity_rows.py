"""Turns rows of activities into activities, pending next activities and their opportunities."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time
from typing import Any

from auditor.domain.records import (
    Activity,
    ActivityKind,
    NextActivity,
    Opportunity,
    Participant,
    Side,
    TextFormat,
    side_of,
)
from auditor.errors import RowError
from auditor.intake.cells import Cells
from auditor.intake.deal_rows import deal_id, deal_values, read_next
from auditor.intake.tables import Row
from auditor.intake.transcripts.text import looks_like_turns
from auditor.intake.values import name_disposition, parse_duration, parse_kind, parse_yes

_REMEMBERED_DEALS = 20_000


class ActivityReader:
    """Reads the rows of one table of activities."""

    def __init__(self, cells: Cells) -> None:
        """Makes a reader; what holds for the whole table is told once."""
        self._cells = cells
        self._kind = _table_kind(cells)
        self._unit = _duration_unit(cells.title("duration"))
        told = ("stage", "value", "account", "opportunity_name", "expected_close_on")
        self._tells_deals = any(cells.has(name) for name in told)
        self._today = cells.intake.options.as_of
        has_date = any(
            cells.has(n) for n in ("occurred_at", "completed_at", "created_at", "due_on")
        )
        self._undated = None if has_date else cells.intake.options.undated_as

    def read(self, row: Row) -> Iterator[Opportunity | Activity]:
        """Yields what a row tells: an activity or a pending one, and news of the opportunity.

        Raises:
            RowError: the row can't be used.
        """
        cells = self._cells
        identity = deal_id(cells, row)
        kind = self._kind_of(row)
        if self._is_pending(row, kind):
            pending = self._read_pending(row, kind, identity)
            if pending is not None:
                yield pending
            return
        activity = self._read_done(row, kind, identity)
        if identity is not None and self._tells_deals:
            deal = Opportunity(id=identity, **deal_values(cells, row))
            if self._is_news(deal):
                yield deal
        yield activity

    def _is_news(self, deal: Opportunity) -> bool:
        seen, told = self._cells.intake.seen_deals, hash(deal)
        if seen.get(deal.id) == told:
            return False
        if len(seen) >= _REMEMBERED_DEALS:
            seen.clear()
        seen[deal.id] = told
        return True

    def _kind_of(self, row: Row) -> ActivityKind:
        kind = parse_kind(self._cells.get(row, "kind")) or self._kind
        if kind in (None, ActivityKind.TASK):
            by_subject = parse_kind(self._cells.get(row, "subject")[:40])
            kind = by_subject or kind
        if kind is None:
            talked = self._cells.get(row, "duration") or self._cells.get(row, "disposition")
            kind = ActivityKind.CALL if talked else ActivityKind.NOTE
        return kind

    def _is_pending(self, row: Row, kind: ActivityKind) -> bool:
        cells = self._cells
        status = cells.get(row, "done")
        if status:
            done = parse_yes(status)
            if done is None:
                cells.intake.report.warn(
                    cells.table.file, f"the status {status[:40]!r} is not known; taken for done"
                )
            return done is False and not cells.get(row, "completed_at")
        if cells.has("done") and cells.has("due_on"):
            return not cells.get(row, "completed_at") and bool(cells.get(row, "due_on"))
        if cells.get(row, "completed_at") or kind is ActivityKind.NOTE:
            return False
        with suppress(RowError):
            planned = cells.when(row, "due_on") or cells.when(row, "occurred_at")
            return planned is not None and planned.date() > self._today
        return False

    def _read_pending(
        self, row: Row, kind: ActivityKind, identity: str | None
    ) -> Opportunity | None:
        cells = self._cells
        report = cells.intake.report
        report.tells_pending = True
        if identity is None:
            report.tally(cells.table.file).skipped += 1
            report.warn(
                cells.table.file,
                "open tasks without an opportunity are passed over: nothing to judge",
            )
            return None
        name = "due_on" if cells.get(row, "due_on") else "occurred_at"
        text = cells.text(row, "text").strip()
        subject = cells.text(row, "subject").strip() or text
        if text and text != subject:
            report.warn(cells.table.file, "notes on open tasks are not judged; their subjects are")
        pending = NextActivity(kind=kind, subject=subject, due_on=cells.day(row, name))
        known: dict[str, Any] = {}
        if self._tells_deals:
            known = deal_values(cells, row)
        return Opportunity(id=identity, next_activity=pending, next_activity_known=True, **known)

    def _read_done(self, row: Row, kind: ActivityKind, identity: str | None) -> Activity:
        cells = self._cells
        subject = cells.text(row, "subject").strip()
        text = cells.text(row, "text") or subject
        text = text or name_disposition(cells.get(row, "disposition"))
        if not text:
            raise cells.error(
                row,
                "text",
                "the activity has no text, subject or outcome",
                "nothing can be judged; name another column with --map text=COLUMN",
            )
        when = self._when(row)
        owner = cells.get(row, "owner") or None
        is_turns = text.count("\n") >= 2 and looks_like_turns(text)
        duration = cells.get(row, "duration")
        return Activity(
            id=cells.get(row, "id") or _content_id(identity, kind, when, text),
            opportunity_id=identity,
            kind=kind,
            format=TextFormat.TRANSCRIPT if is_turns else TextFormat.NOTE,
            occurred_at=when,
            text=text,
            participants=self._participants(row, owner),
            next_activity=read_next(cells, row),
            owner=owner,
            duration_seconds=parse_duration(duration, self._unit) if duration else None,
            subject=subject or None,
            source=f"{cells.table.key}:{row.line}",
        )

    def _when(self, row: Row) -> datetime:
        cells = self._cells
        problem: RowError | None = None
        for name in ("completed_at", "occurred_at", "due_on", "created_at"):
            try:
                when = cells.when(row, name)
            except RowError as exc:
                problem = problem or exc
                continue
            if when is not None:
                if problem:
                    cells.intake.report.flaw(problem)
                return self._with_time(row, when)
        if problem:
            raise problem
        if self._undated is not None:
            return self._undated
        raise cells.error(
            row, "occurred_at", "has no date", "fill in when it happened, or give --undated-as DAY"
        )

    def _with_time(self, row: Row, when: datetime) -> datetime:
        """A bare day gets the time at which the row was created, if that was the same day."""
        if when.time() != time(0) or when.tzinfo is not None:
            return when
        with suppress(RowError):
            created = self._cells.when(row, "created_at")
            if created is not None and created.date() == when.date():
                return created
        return when

    def _participants(self, row: Row, owner: str | None) -> tuple[Participant, ...]:
        cells = self._cells
        people = [
            Participant(
                name=str(item["name"]),
                role=side_of(str(item.get("role") or "")),
                email=_text(item.get("email")),
            )
            for item in cells.nested(row, "participants")
            if item.get("name")
        ]
        if people:
            return tuple(people)
        if owner and not re.fullmatch(r"\d+|005\w{12,15}", owner):
            people.append(Participant(name=owner, role=Side.REP))
        for name in map(str.strip, cells.get(row, "contact").split(";")):
            if name:
                people.append(Participant(name=name, role=Side.BUYER))
        return tuple(people)


def _content_id(identity: str | None, kind: ActivityKind, when: datetime, text: str) -> str:
    """An id for an activity that has none, the same each time the same row is read."""
    told = "\x1f".join((identity or "", kind.value, when.isoformat(), text))
    return "h-" + hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _duration_unit(title: str) -> str:
    if "second" in title:
        return "s"
    if "minute" in title:
        return "min"
    if title in ("hs call duration", "duration ms", "duration milliseconds"):
        return "ms"
    return "hh:mm" if title in ("activity duration", "call duration hh mm ss") else "s"


def _table_kind(cells: Cells) -> ActivityKind | None:
    """The kind that the names of the columns, or of the file, give to every row."""
    title = cells.title("text")
    if re.search(r"\b(?:call|meeting|email|task)\b", title):
        return parse_kind(title)
    if title.startswith(("note ", "hs note")):
        return ActivityKind.NOTE
    stem = cells.table.key.rpartition("/")[2].lower()
    for word in ("calls", "emails", "meetings", "notes", "tasks"):
        if word in stem:
            return parse_kind(word)
    return None
