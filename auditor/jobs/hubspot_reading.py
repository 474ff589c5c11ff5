"""Reads the records that HubSpot's events name, many at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from auditor.intake.crm.changes import PayloadError
from auditor.intake.crm.events import Event, Reading
from auditor.intake.crm.hubspot import RECORD, Named, gone, read_named, read_record
from auditor.jobs.event_reading import Work, as_event, names_of, problem_of
from auditor.storage.events import EventState, ReceivedEvent, StoredEvent
from auditor.webhook_settings import HubSpotSettings

if TYPE_CHECKING:
    from auditor.intake.crm.hubspot_api import HubSpotApi

SENDER = "hubspot"
"""Its name."""
_LONGEST_WAIT_SECONDS = 3600.0
_NOT_READ = "not a deal, task, note, call, meeting or e-mail"
_NOT_SET = (
    "the record can't be read: webhooks.hubspot.token is not set; set it, then: "
    "auditor events requeue"
)
_Records = dict[tuple[str, str], dict[str, Any]]


class HubSpotReader:
    """Reads HubSpot's events; one for a process, so that names are kept."""

    def __init__(self, settings: HubSpotSettings) -> None:
        self._settings = settings
        self._api: HubSpotApi | None = None

    def close(self) -> None:
        """Closes all connections."""
        if self._api is not None:
            self._api.close()
            self._api = None

    def read(self, events: Sequence[StoredEvent], *, now: datetime) -> list[Work]:
        """Reads events with the records that they name.

        Args:
            events: to be read.
            now: when the records are read.
        """
        found: list[Work | tuple[StoredEvent, Named]] = [self._name(event) for event in events]
        wanted = [each[1] for each in found if isinstance(each, tuple)]
        try:
            records = self._ask(wanted)
        except _NotRead as exc:
            return [
                Work(each[0], postponed=exc.problem, wait=exc.wait)
                if isinstance(each, tuple)
                else each
                for each in found
            ]
        return [
            self._tell(*each, records, now) if isinstance(each, tuple) else each for each in found
        ]

    def _name(self, stored: StoredEvent) -> Work | tuple[StoredEvent, Named]:
        event = as_event(stored)
        try:
            named = read_named(event)
        except PayloadError as exc:
            return Work(stored, unreadable=problem_of(exc))
        if named is None:
            return Work(stored, Reading(ignored=_NOT_READ))
        if named.is_deletion:
            return Work(stored, gone(named, event))
        return stored, named

    def _ask(self, named: Sequence[Named]) -> _Records:
        from auditor.intake.crm.hubspot_api import HubSpotApi, ReadBackError

        if not named:
            return {}
        if self._settings.token is None:
            raise _NotRead(_NOT_SET)
        if self._api is None:
            token = self._settings.token.get_secret_value()
            self._api = HubSpotApi(token, self._settings.api_url)
        found: _Records = {}
        try:
            for sort in sorted({each.type for each in named}):
                ids = sorted({each.id for each in named if each.type == sort})
                read = self._api.read(sort, ids)
                found |= {(sort, identity): record for identity, record in read.items()}
        except ReadBackError as exc:
            raise _NotRead(problem_of(exc), exc.retry_after) from exc
        return found

    def _tell(self, stored: StoredEvent, named: Named, records: _Records, now: datetime) -> Work:
        record = records.get((named.type, named.id))
        if record is None:
            # It is gone as of now, whatever the event was about.
            return Work(stored, gone(replace(named, at=now), as_event(stored)))
        payload = json.dumps(record, sort_keys=True, ensure_ascii=False)
        kept = ReceivedEvent(
            stored.source,
            RECORD + named.type,
            payload,
            external_id=named.id,
            origin=SENDER,
            state=EventState.DONE,
        )
        # HubSpot does not date a new association: of two readings the later one counts.
        event = Event(kept.kind, now.isoformat(), payload, now)
        try:
            reading = read_record(event, names_of(self._settings))
        except PayloadError as exc:
            return Work(stored, unreadable=problem_of(exc), record=kept)
        return Work(stored, reading, record=kept)


class _NotRead(Exception):
    def __init__(self, problem: str, seconds: float | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.wait = (
            None if seconds is None else timedelta(seconds=min(seconds, _LONGEST_WAIT_SECONDS))
        )
