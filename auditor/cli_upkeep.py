"""The command line of upkeep: ``migrate``, ``serve``, ``doctor``, ``replay`` and ``train``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli_options import Database, PrintJson, settings_at


class StageSource(StrEnum):
    """CRMs whose stages can be read."""

    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"


def migrate(db: Database = None) -> None:
    """Bring the database's tables up to this version's."""
    from auditor.commands.store import run_migrate

    run_migrate(settings_at(db).database_url)


def train(
    sets: Annotated[
        list[Path], typer.Option("--sets", help="Labelled records to learn from; may be repeated.")
    ] = [Path("eval/sets/train")],  # noqa: B006 - typer reads the default, nothing changes it
    held_out: Annotated[
        list[Path], typer.Option("--held-out", help="Records to calibrate and score on.")
    ] = [Path("eval/sets/dev")],  # noqa: B006 - same
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the model.")] = Path("model"),
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 0,
    model_version: Annotated[
        str, typer.Option("--model-version", help="Stored with it.")
    ] = "local",
    reports: Annotated[Path, typer.Option(help="Folder for the run's report.")] = Path(
        "eval/reports"
    ),
) -> None:
    """Retrain the local model from labelled sets (needs the extra `train`)."""
    from auditor.commands.train import run_train

    run_train(sets, held_out, out, seed=seed, version=model_version, reports=reports)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    ping: Annotated[
        bool, typer.Option("--ping", help="Also ask the language model for one word; it may cost.")
    ] = False,
) -> None:
    """Check configuration, model, database and key, and say what to mend."""
    from auditor.commands.doctor import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json, ping=ping))


def stages(
    source: Annotated[
        StageSource | None,
        typer.Option("--from", help="Read the CRM's; those in force are printed if unset."),
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", help="Only this pipeline of the CRM, by name.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="New file; printed if unset.")
    ] = None,
    as_json: PrintJson = False,
) -> None:
    """Print the stages with their questions as a stages file to edit, also from a CRM."""
    from auditor.commands.stages import StagesRequest, run_stages
    from auditor.settings import load_settings

    sender = source.value if source else None
    run_stages(load_settings(), StagesRequest(sender, pipeline, out, as_json))


def replay(
    verdict: Annotated[int, typer.Argument(help="Number of the verdict in the database.")],
    db: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Rebuild a stored verdict from its inputs; exit 1 where it differs, and say what changed."""
    from auditor.commands.replay import run_replay

    raise typer.Exit(run_replay(settings_at(db), verdict, as_json=as_json))


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 for any.")] = 8000,
    db: Database = None,
    background: Annotated[
        bool | None,
        typer.Option(
            "--background/--no-background",
            help="Whether it also judges and sends, or leaves that to `auditor work`.",
        ),
    ] = None,
    log_as: Annotated[
        str | None, typer.Option("--log", help="json or plain; plain at a terminal if unset.")
    ] = None,
) -> None:
    """Run the service: API, webhooks and pages, with the work behind them."""
    from auditor.commands.serve import run_serve
    from auditor.settings import load_settings

    settings = load_settings(database_url=db, background=background)
    run_serve(settings, host=host, port=port, log_as=log_as)
