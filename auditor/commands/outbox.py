"""``auditor outbox``: what is to be written to CRMs, as the exact requests, and what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from auditor.commands.screen import notice, out, print_json
from auditor.digest.view import count
from auditor.errors import InputError
from auditor.jobs.writing_back import cancel, plan, retry
from auditor.settings import Settings
from auditor.storage import Database, open_database
from auditor.storage.outbox import StoredRequest

ACTOR = "cli"
"""Who acts, as the audit log has it."""


def run_outbox_list(settings: Settings, *, state: str | None, limit: int, as_json: bool) -> None:
    """Prints requests, the latest first; those of new decisions are made first.

    Raises:
        StorageError: the database can't be used.
    """
    with _opened(settings) as database:
        if settings.write_back.is_on:
            plan(database, settings.write_back, now=datetime.now(UTC))
        with database.read() as unit:
            found = unit.outbox.listed(state=state, limit=limit)
    if as_json:
        sys.stdout.write(json.dumps([_as_data(r) for r in found]) + "\n")
        return
    if not settings.write_back.is_on:
        notice("The write-back is off; docs/write-back.md tells how to switch a CRM on")
    if not found:
        notice("Nothing is to be written")
        return
    table = Table("number", "CRM", "request", "state", "tries", "not before", "problem")
    for request in found:
        told = request.request
        table.add_row(
            str(request.key),
            request.target,
            escape(f"{told.get('method', '-')} {told.get('url', '')}"),
            request.state,
            str(request.attempts),
            f"{request.next_at:%Y-%m-%d %H:%M}" if request.state == "pending" else "",
            escape(request.error or ""),
        )
    out.print(table)
    if settings.write_back.dry_run:
        notice("Dry run: nothing is sent; see one with  auditor outbox show NUMBER")


def run_outbox_show(settings: Settings, key: int) -> None:
    """Prints one request exactly as it is sent, but for the token, and the last answer.

    Raises:
        InputError: there is no such request.
    """
    with _opened(settings) as database, database.read() as unit:
        found = unit.outbox.get(key)
    if found is None:
        raise InputError(f"there is no request {key}; see `auditor outbox list`")
    print_json(_as_data(found), indent=1)


def run_outbox_retry(settings: Settings, keys: Sequence[int]) -> None:
    """Has dead requests sent again.

    Raises:
        InputError: none of them is dead.
    """
    with _opened(settings) as database:
        done = retry(database, list(keys), actor=ACTOR)
    notice(f"{count(len(done), 'request')} will be sent again by the running service")


def run_outbox_cancel(settings: Settings, keys: Sequence[int]) -> None:
    """Cancels requests that are not sent.

    Raises:
        InputError: none of them is pending or dead.
    """
    with _opened(settings) as database:
        done = cancel(database, list(keys), actor=ACTOR)
    notice(f"{count(len(done), 'request')} cancelled; the decisions stand")


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        yield database


def _as_data(request: StoredRequest) -> dict[str, Any]:
    moments = {n: getattr(request, n) for n in ("next_at", "created_at", "done_at")}
    return {
        "number": request.key,
        "decision": request.decision_key,
        "target": request.target,
        "request": request.request,
        "state": request.state,
        "attempts": request.attempts,
        "answer": request.answer,
        "error": request.error,
    } | {name: at and at.isoformat() for name, at in moments.items()}
