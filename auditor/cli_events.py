"""The command line of events: ``auditor events``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from auditor.cli_options import Database, PrintJson, settings_at

events = typer.Typer(help="What CRMs sent, and what became of it.", no_args_is_help=True)


class StateName(StrEnum):
    """Where an event may stand."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    DEAD = "dead"


@events.command("list")
def events_list(
    state: Annotated[StateName | None, typer.Option("--state", help="Only these.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only of this source.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most to show.")] = 50,
    as_json: PrintJson = False,
    db: Database = None,
) -> None:
    """List the last events, newest first."""
    from auditor.commands.events import run_events_list

    run_events_list(
        settings_at(db), state=state and state.value, source=source, limit=limit, as_json=as_json
    )


@events.command("show")
def events_show(
    number: Annotated[int, typer.Argument(help="The event's number, from `auditor events list`.")],
    db: Database = None,
) -> None:
    """Print one event as it was received, as JSON."""
    from auditor.commands.events import run_events_show

    run_events_show(settings_at(db), number)


@events.command("requeue")
def events_requeue(
    numbers: Annotated[list[int], typer.Argument(help="Events that are dead or ignored.")] = [],  # noqa: B006 - typer reads the default, nothing changes it
    all_dead: Annotated[bool, typer.Option("--all-dead", help="All that are dead.")] = False,
    db: Database = None,
) -> None:
    """Try dead or ignored events again."""
    from auditor.commands.events import run_events_requeue

    run_events_requeue(settings_at(db), numbers, all_dead=all_dead)
