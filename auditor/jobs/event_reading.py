"""Reads events, each by its sender's rules, without taking anything in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from auditor.errors import AuditorError
from auditor.intake.crm.changes import PayloadError
from auditor.intake.crm.close import read_close
from auditor.intake.crm.events import Event, Names, Reading
from auditor.intake.crm.messages import read_message
from auditor.intake.crm.pipedrive import read_pipedrive
from auditor.intake.crm.salesforce import OUTBOUND, read_outbound
from auditor.storage.events import ReceivedEvent, StoredEvent
from auditor.webhook_settings import SenderSettings

_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Work:
    """An event with what was read from it."""

    event: StoredEvent
    """The event."""
    reading: Reading = field(default_factory=Reading)
    """What it tells."""
    unreadable: str | None = None
    """Why it can't be read, now or ever."""
    postponed: str | None = None
    """Why it can't be read just now."""
    wait: timedelta | None = None
    """How long to wait at least, where it is postponed."""
    record: ReceivedEvent | None = None
    """The record that was read for it, to be kept beside it."""


def read_event(stored: StoredEvent, settings: SenderSettings) -> Work:
    """Reads an event that carries what it tells of."""
    try:
        reader = _READERS[stored.origin or ""]
        return Work(stored, reader(as_event(stored), names_of(settings)))
    except PayloadError as exc:
        return Work(stored, unreadable=problem_of(exc))
    except Exception as exc:  # noqa: BLE001 - noted on the event for a person to see
        return Work(stored, postponed=problem_of(exc))


def as_event(stored: StoredEvent) -> Event:
    """An event as its reader takes it."""
    return Event(stored.kind, stored.dedup_key, stored.payload, stored.received_at)


def names_of(settings: SenderSettings) -> Names:
    """What stands for a sender's ids."""
    return Names(settings.owners, settings.teams, settings.stages)


def problem_of(exc: Exception) -> str:
    """What went wrong; of errors that aren't our own only the kind, as they may quote a note."""
    if isinstance(exc, AuditorError):
        return str(exc)[:_LONGEST_ERROR]
    return f"unexpected {type(exc).__name__}; please report it"


def _salesforce(event: Event, names: Names) -> Reading:
    return (read_outbound if event.kind.startswith(OUTBOUND) else read_message)(event, names)


_READERS: dict[str, Callable[[Event, Names], Reading]] = {
    "pipedrive": read_pipedrive,
    "salesforce": _salesforce,
    "close": read_close,
    "standard": read_message,
}
SENDERS = tuple(_READERS)
"""Senders whose events carry what they tell of."""
