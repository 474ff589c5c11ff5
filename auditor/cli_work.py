"""The command line of standing work: ``auditor work`` and ``auditor failures``."""

from __future__ import annotations

from typing import Annotated

import typer

from auditor.cli_options import Database, PrintJson, settings_at

failures = typer.Typer(help="Work that failed: see it, have it tried again.", no_args_is_help=True)

_Kind = Annotated[str | None, typer.Option("--kind", help="Only of this kind: judge or digest.")]


def work(
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", "-c", min=1, max=32, help="Jobs at once, on PostgreSQL."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Do what there is, show progress, and end.")
    ] = False,
    db: Database = None,
) -> None:
    """Handle events, judge, and send digests: on PostgreSQL beside any number of other workers."""
    from auditor.commands.work import run_work
    from auditor.settings import load_settings

    run_work(load_settings(database_url=db, work_concurrency=concurrency), once=once)


@failures.command("list")
def list_(
    dead: Annotated[bool, typer.Option("--dead", help="Only what waits for a person.")] = False,
    kind: _Kind = None,
    as_json: PrintJson = False,
    db: Database = None,
) -> None:
    """List what failed, the latest first."""
    from auditor.commands.work import run_failures_list

    run_failures_list(settings_at(db), dead_only=dead, kind=kind, as_json=as_json)


@failures.command()
def requeue(
    numbers: Annotated[
        list[int], typer.Argument(help="Numbers from `auditor failures list`.")
    ] = [],  # noqa: B006 - typer reads the default, nothing changes it
    all_of_them: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    kind: _Kind = None,
    db: Database = None,
) -> None:
    """Have failed work tried again at once, once its cause is mended."""
    from auditor.commands.work import run_requeue

    run_requeue(settings_at(db), numbers, all_of_them=all_of_them, kind=kind)
