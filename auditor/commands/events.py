"""``auditor events``: what CRMs sent, what became of it, and another try for what is dead."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.table import Table

from auditor.commands.screen import notice, out, print_json
from auditor.digest.view import count
from auditor.errors import InputError
from auditor.settings import Settings
from auditor.storage import Database, open_database
from auditor.storage.events import EventState, StoredEvent

_SHOWN_ERROR = 80


def run_events_list(
    settings: Settings, *, state: str | None, source: str | None, limit: int, as_json: bool
) -> None:
    """Prints the last events, newest first, without what they hold.

    Args:
        settings: where the database is.
        state: only those that stand there; None is all.
        source: only those of one source.
        limit: most to show.
        as_json: print a list of objects.

    Raises:
        StorageError: the database can't be used.
    """
    with _opened(settings) as database, database.read() as unit:
        events = unit.events.listed(
            state=EventState(state) if state else None, source=source, limit=limit
        )
        counts = unit.events.counts()
    if as_json:
        sys.stdout.write(json.dumps([_shown(event) for event in events], indent=2) + "\n")
        return
    if not counts:
        notice("No event has come in yet; docs/webhooks.md tells how to set a CRM up")
        return
    if events:
        _print_table(events)
    else:
        notice("No event stands there" if state or source else "No event")
    told = (f"{source} {held} {number:,}" for (source, held), number in sorted(counts.items()))
    notice("In all: " + ", ".join(told))


def run_events_show(settings: Settings, key: int) -> None:
    """Prints one event as JSON, as it was received.

    Raises:
        InputError: there is none of that number.
        StorageError: the database can't be used.
    """
    with _opened(settings) as database, database.read() as unit:
        event = unit.events.get(key)
    if event is None:
        raise InputError(f"there is no event {key}; see: auditor events list")
    told = _shown(event) | {"payload": event.payload}
    print_json(told, indent=2)


def run_events_requeue(settings: Settings, keys: Sequence[int], *, all_dead: bool) -> None:
    """Makes events pending again, as if they had just come in.

    Args:
        settings: where the database is.
        keys: which, dead or ignored.
        all_dead: all that are dead.

    Raises:
        InputError: neither or both are given, or none of them is dead or ignored.
        StorageError: the database can't be used.
    """
    if bool(keys) == all_dead:
        raise InputError("give the numbers of events (auditor events list), or --all-dead")
    with _opened(settings) as database, database.begin() as unit:
        done = unit.events.requeue(None if all_dead else keys)
    if not done and keys:
        raise InputError("none of these is dead or ignored; see: auditor events list --state dead")
    notice(
        f"{count(done, 'event', 'events')} will be handled again, by the running service or the "
        "next `auditor work`"
        if done
        else "No event is dead"
    )


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        yield database


def _shown(event: StoredEvent) -> dict[str, Any]:
    def moment(value: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="seconds")

    return {
        "event": event.key,
        "source": event.source,
        "kind": event.kind,
        "about": event.external_id,
        "received_at": moment(event.received_at),
        "state": event.state.value,
        "attempts": event.attempts,
        "next_at": moment(event.next_at),
        "handled_at": moment(event.handled_at),
        "error": event.error,
    }


def _print_table(events: Sequence[StoredEvent]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("event", "source", "kind", "about", "received", "state", "tries", "error"):
        table.add_column(name, overflow="fold")
    for event in events:
        error = event.error or ""
        short = error if len(error) <= _SHOWN_ERROR else error[: _SHOWN_ERROR - 1] + "…"
        cells = (
            str(event.key),
            event.source,
            event.kind,
            event.external_id or "",
            f"{event.received_at:%Y-%m-%d %H:%M:%S}",
            event.state.value,
            str(event.attempts),
            short,
        )
        table.add_row(*(_harmless(cell) for cell in cells))
    out.print(table)


def _harmless(text: str) -> Any:
    """Text from outside, without markup and without what a terminal would obey."""
    from rich.text import Text

    return Text("".join(char if char.isprintable() else "�" for char in text))
