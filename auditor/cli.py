"""The command line: arguments in, exit codes out; the work is done in ``auditor.commands``.

Exit codes: 0 fine, 1 findings or a failed gate where asked for, 2 bad usage or input.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from auditor import __version__
from auditor.errors import AuditorError

app = typer.Typer(
    name="auditor",
    help="Tells a meaningful next step from a vague callback and an implicit loss.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the audit; today by default."),
]


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


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("auditor-demo"),
    as_of: _AsOf = None,
) -> None:
    """Audit the shipped sample of a sales team: no network, no key, no set-up."""
    from auditor.commands.demo import run_demo
    from auditor.settings import load_settings

    run_demo(out, load_settings(), today=_day(as_of))


def _day(given: datetime | None) -> date:
    return given.date() if given else datetime.now().astimezone().date()


def main() -> None:
    """Runs the command line; errors for the user become one line and exit code 2."""
    try:
        app()
    except AuditorError as exc:
        typer.secho(f"auditor: {exc}", err=True, fg=typer.colors.RED)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        typer.echo("auditor: stopped", err=True)
        sys.exit(130)
