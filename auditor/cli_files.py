"""The command line of files: ``auditor audit`` and ``auditor import``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from auditor.cli_options import (
    AsOf,
    ClassifierOption,
    Database,
    GivenFiles,
    Paths,
    Verbose,
    day_of,
    takes_files,
)


class FailOn(StrEnum):
    """Recommendations that may make an audit exit with 1."""

    CLOSE = "close"
    ADVANCE = "advance"
    REVIEW = "review"


@takes_files
def audit(
    paths: Paths,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the verdicts; stdout if unset.")
    ] = None,
    classifier: ClassifierOption = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option("--fail-on", help="Exit 1 where an opportunity should be closed or advanced."),
    ] = None,
    given: GivenFiles,
    as_of: AsOf = None,
    verbose: Verbose = False,
    batch_out: Annotated[
        Path | None,
        typer.Option("--batch-out", help="Judge nothing; write the questions as an OpenAI batch."),
    ] = None,
    batch_results: Annotated[
        Path | None, typer.Option("--batch-results", help="Answers of such a batch.")
    ] = None,
) -> None:
    """Judge every activity in the files: one verdict a line, as JSON."""
    from auditor.commands.audit import run_audit
    from auditor.domain.verdict import Action
    from auditor.settings import load_settings

    settings = load_settings(classifier=classifier and classifier.value, day_first=given.day_first)
    files = given.options(settings, verbose=verbose)
    day, actions = day_of(as_of, settings), [Action(f.value) for f in fail_on or ()]
    if batch_out is not None:
        from auditor.commands.batch import run_batch_out

        run_batch_out(paths, settings, files, out=batch_out, as_of=day)
        return
    code = run_audit(
        paths, settings, files, out=out, as_of=day, fail_on=actions, batch_results=batch_results
    )
    raise typer.Exit(code)


@takes_files
def import_(
    paths: Paths,
    *,
    source: Annotated[
        str, typer.Option("--source", help="Name of the CRM or export; ids are unique in it.")
    ] = "files",
    db: Database = None,
    given: GivenFiles,
    problems: Annotated[
        Path, typer.Option("--problems", help="File for the rows that were rejected, a line each.")
    ] = Path("import-problems.jsonl"),
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], help="Day the export was made; today if unset."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    verbose: Verbose = False,
) -> None:
    """Take exports into the database; what is known already stays as it is."""
    from auditor.commands.store import run_import
    from auditor.settings import load_settings

    settings = load_settings(database_url=db, day_first=given.day_first)
    run_import(
        paths,
        given.options(settings, verbose=verbose),
        db=settings.database_url,
        source=source,
        seen_on=day_of(as_of, settings),
        problems=problems,
        zone=settings.zone(),
        as_json=as_json,
    )
