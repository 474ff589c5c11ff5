"""The command line: arguments in, exit codes out; the work is done in ``auditor.commands``.

The commands stand in ``auditor.cli_*``, by subject.  Exit codes: 0 fine, 1 findings or a failed
gate where asked for, 2 bad usage or input.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from auditor import (
    __version__,
    cli_docket,
    cli_events,
    cli_files,
    cli_outbox,
    cli_people,
    cli_upkeep,
    cli_work,
)
from auditor.errors import AuditorError

app = typer.Typer(
    name="auditor",
    help="Tells a meaningful next step from a vague callback and an implicit loss.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(cli_work.work)
app.command()(cli_docket.demo)
app.command()(cli_files.audit)
app.command("import")(cli_files.import_)
app.command()(cli_upkeep.migrate)
app.command()(cli_docket.digest)
app.command()(cli_docket.health)
app.command()(cli_upkeep.train)
app.command()(cli_upkeep.stages)
app.command()(cli_upkeep.doctor)
app.command()(cli_upkeep.replay)
app.command()(cli_upkeep.serve)
app.add_typer(cli_people.user, name="user")
app.add_typer(cli_people.key, name="key")
app.add_typer(cli_work.failures, name="failures")
app.add_typer(cli_events.events, name="events")
app.add_typer(cli_outbox.outbox, name="outbox")


def _print_version(given: bool) -> None:
    if given:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Reads activity notes and call transcripts and hands the supervisor a weekly docket."""


def _mount_eval() -> None:
    """Hangs on the evaluators' commands, which stand above this package."""
    from importlib import import_module

    app.add_typer(import_module("eval.cli").app, name="eval")


def main() -> None:
    """Runs the command line; errors for the user become one line and exit code 2."""
    _mount_eval()
    try:
        app()
    except AuditorError as exc:
        from auditor.digest.words import visible

        typer.secho(f"auditor: {visible(str(exc))}", err=True, fg=typer.colors.RED)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        typer.echo("auditor: stopped", err=True)
        sys.exit(130)
