"""The command line of what supervisors read: ``auditor demo``, ``digest`` and ``health``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from auditor.cli_options import (
    AsOf,
    ClassifierOption,
    Database,
    GivenFiles,
    Verbose,
    day_of,
    takes_files,
)

_Team = Annotated[str | None, typer.Option(help="Only this team's opportunities.")]


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("auditor-demo"),
    as_of: AsOf = None,
    serve_it: Annotated[
        bool, typer.Option("--serve", help="Serve the pages on it, signed in, in the browser.")
    ] = False,
    browse: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser, or print the address only.")
    ] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="With --serve; 0 is a free one.")] = 0,
) -> None:
    """Audit the shipped sample of a sales team: no network, no key, no set-up."""
    from auditor.commands.demo import run_demo
    from auditor.settings import load_settings

    settings = load_settings()
    if serve_it:
        from auditor.commands.demo_serve import run_demo_serve

        day = day_of(as_of, settings)
        run_demo_serve(settings, out=out, today=day, port=port, browse=browse)
        return
    run_demo(out, settings, today=day_of(as_of, settings))


@takes_files
def digest(
    paths: Annotated[
        list[str], typer.Argument(help="The same; the database is read where none is given.")
    ] = [],  # noqa: B006 - typer reads the default, nothing changes it
    *,
    week: Annotated[
        str | None, typer.Option(help="ISO week, such as 2026-W47; the last whole one if unset.")
    ] = None,
    team: _Team = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("digest"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the digest as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write its items as CSV for a spreadsheet as well; - for stdout.",
        ),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to everyone who gets digests.")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", help="Send it to this address only.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write the messages to --out and send nothing.")
    ] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send it also to those who have got it.")
    ] = False,
    db: Database = None,
    classifier: ClassifierOption = None,
    given: GivenFiles,
    verbose: Verbose = False,
) -> None:
    """Make the week's docket: the few decisions that matter, as HTML, text and JSON."""
    from auditor.commands.store import check_digest_use, run_stored_digest
    from auditor.domain.week import Week
    from auditor.settings import load_settings

    check_digest_use(
        paths, db, send=send, only_sent=bool(to or dry_run or resend), as_json=as_json, csv=csv
    )
    settings = load_settings(
        classifier=classifier and classifier.value, database_url=db, day_first=given.day_first
    )
    today = settings.today()
    chosen = Week.parse(week) if week else Week.last_before(today)
    if send:
        from auditor.commands.sending import SendRequest, run_send

        request = SendRequest(chosen, to, team, is_dry=dry_run, is_resend=resend, folder=out)
        raise typer.Exit(run_send(settings, request))
    if not paths:
        run_stored_digest(
            settings, out=out, week=chosen, team=team, today=today, as_json=as_json, csv=csv
        )
        return
    from auditor.commands.audit import run_digest

    files = given.options(settings, verbose=verbose)
    run_digest(paths, settings, files, out=out, week=chosen, team=team, as_json=as_json, csv=csv)


def health(
    team: _Team = None,
    rep: Annotated[str | None, typer.Option(help="Only this rep's opportunities.")] = None,
    as_of: AsOf = None,
    days: Annotated[
        int | None, typer.Option(help="How far back closed opportunities count; 730 if unset.")
    ] = None,
    records: Annotated[
        str | None,
        typer.Option(help="List the records behind a figure, such as clogs or queue:REP."),
    ] = None,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Say what each figure means.")
    ] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Use the shipped sample of a sales team.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FOLDER",
            help="Write each table as a CSV file for spreadsheets as well, fallout among them.",
        ),
    ] = None,
    db: Database = None,
    classifier: ClassifierOption = None,
) -> None:
    """Show flow and pipeline health: queues, release, work, times, odds, clogs, fallout."""
    from auditor.commands.health import HealthRequest, run_health
    from auditor.domain.health import Scope
    from auditor.settings import load_settings

    settings = load_settings(classifier=classifier and classifier.value, database_url=db)
    request = HealthRequest(
        as_of=day_of(as_of, settings),
        scope=Scope(team, rep),
        history_days=days,
        records=records,
        definitions=definitions,
        as_json=as_json,
        csv=csv,
    )
    run_health(settings, request, sample=sample)
