"""The command line of the write-back: ``auditor outbox``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from auditor.cli_options import Database, PrintJson, settings_at

outbox = typer.Typer(
    help="What decisions write to the CRM, and what came of it.", no_args_is_help=True
)


class RequestState(StrEnum):
    """Where a request may stand."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


_Numbers = Annotated[list[int], typer.Argument(help="Numbers, from `auditor outbox list`.")]


@outbox.command("list")
def outbox_list(
    state: Annotated[RequestState | None, typer.Option("--state", help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most to show.")] = 50,
    as_json: PrintJson = False,
    db: Database = None,
) -> None:
    """List requests to CRMs, the latest first."""
    from auditor.commands.outbox import run_outbox_list

    run_outbox_list(settings_at(db), state=state and state.value, limit=limit, as_json=as_json)


@outbox.command("show")
def outbox_show(
    number: Annotated[int, typer.Argument(help="The request's number.")],
    db: Database = None,
) -> None:
    """Print one request exactly as it is sent, without the token, and the last answer."""
    from auditor.commands.outbox import run_outbox_show

    run_outbox_show(settings_at(db), number)


@outbox.command("retry")
def outbox_retry(numbers: _Numbers, db: Database = None) -> None:
    """Send dead requests again."""
    from auditor.commands.outbox import run_outbox_retry

    run_outbox_retry(settings_at(db), numbers)


@outbox.command("cancel")
def outbox_cancel(numbers: _Numbers, db: Database = None) -> None:
    """Cancel requests that are not sent; the decisions stand."""
    from auditor.commands.outbox import run_outbox_cancel

    run_outbox_cancel(settings_at(db), numbers)
