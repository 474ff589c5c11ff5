"""The command line: arguments in, exit codes out; the work is done in ``auditor.commands``.

Exit codes: 0 fine, 1 findings or a failed gate where asked for, 2 bad usage or input.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor import __version__, cli_events, cli_outbox, cli_people, cli_work
from auditor.errors import AuditorError

if TYPE_CHECKING:
    from auditor.settings import Settings

app = typer.Typer(
    name="auditor",
    help="Tells a meaningful next step from a vague callback and an implicit loss.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cli_people.user, name="user")
app.add_typer(cli_people.key, name="key")
app.add_typer(cli_work.failures, name="failures")
app.command()(cli_work.work)
app.add_typer(cli_events.events, name="events")
app.add_typer(cli_outbox.outbox, name="outbox")

_AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the audit; today by default."),
]


class ClassifierName(StrEnum):
    """Classifiers that can be asked for."""

    LOCAL = "local"
    RULES = "rules"
    LLM = "llm"
    CASCADE = "cascade"


class FailOn(StrEnum):
    """Recommendations that may make an audit exit with 1."""

    CLOSE = "close"
    ADVANCE = "advance"
    REVIEW = "review"


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

        day = _day(as_of, settings)
        run_demo_serve(settings, out=out, today=day, port=port, browse=browse)
        return
    run_demo(out, settings, today=_day(as_of, settings))


_Paths = Annotated[
    list[str],
    typer.Argument(
        help="CSV, JSON or JSONL exports, .vtt, .srt or .txt transcripts, folders; - for stdin."
    ),
]
_MaybePaths = Annotated[
    list[str], typer.Argument(help="The same; the database is read where none is given.")
]
_MapFile = Annotated[Path | None, typer.Option("--mapping", help="TOML or JSON mapping file.")]
_Maps = Annotated[
    list[str], typer.Option("--map", help="Column of a field, FIELD=COLUMN; may be repeated.")
]
_DayFirst = Annotated[
    bool | None,
    typer.Option("--day-first/--month-first", help="How 03/04 is read; told by the file if unset."),
]
_Encoding = Annotated[str | None, typer.Option(help="Encoding of all files; detected if unset.")]
_Delimiter = Annotated[str | None, typer.Option(help="Delimiter of CSV files; detected if unset.")]
_MaxText = Annotated[float, typer.Option("--max-text-mb", help="Longest text of one field, in MB.")]
_Undated = Annotated[
    datetime | None,
    typer.Option(
        "--undated-as", formats=["%Y-%m-%d"], help="Day of the activities of files without dates."
    ),
]
_Report = Annotated[
    Path | None, typer.Option("--report", help="Write how the files were read, as JSON.")
]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every column guess.")]
_Classifier = Annotated[
    ClassifierName | None, typer.Option("--classifier", help="Who judges; `local` by default.")
]


_BatchOut = Annotated[
    Path | None,
    typer.Option("--batch-out", help="Judge nothing; write the questions as an OpenAI batch."),
]
_BatchResults = Annotated[
    Path | None, typer.Option("--batch-results", help="Answers of such a batch.")
]


@app.command()
def audit(
    paths: _Paths,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the verdicts; stdout if unset.")
    ] = None,
    classifier: _Classifier = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option("--fail-on", help="Exit 1 where an opportunity should be closed or advanced."),
    ] = None,
    mapping: _MapFile = None,
    maps: _Maps = [],  # noqa: B006 - typer reads the default, nothing changes it
    day_first: _DayFirst = None,
    encoding: _Encoding = None,
    delimiter: _Delimiter = None,
    max_text_mb: _MaxText = 2.0,
    undated_as: _Undated = None,
    report: _Report = None,
    as_of: _AsOf = None,
    verbose: _Verbose = False,
    batch_out: _BatchOut = None,
    batch_results: _BatchResults = None,
) -> None:
    """Judge every activity in the files: one verdict a line, as JSON."""
    from auditor.commands.audit import FileOptions, run_audit
    from auditor.domain.verdict import Action
    from auditor.settings import load_settings

    settings = load_settings(classifier=classifier and classifier.value, day_first=day_first)
    files = FileOptions(
        mapping,
        maps,
        settings.day_first,
        encoding,
        delimiter,
        max_text_mb,
        undated_as,
        report,
        verbose,
    )
    day, actions = _day(as_of, settings), [Action(f.value) for f in fail_on or ()]
    if batch_out is not None:
        from auditor.commands.batch import run_batch_out

        run_batch_out(paths, settings, files, out=batch_out, as_of=day)
        return
    code = run_audit(
        paths, settings, files, out=out, as_of=day, fail_on=actions, batch_results=batch_results
    )
    raise typer.Exit(code)


_Database = Annotated[
    str | None,
    typer.Option("--db", help="URL of the database; AUDITOR_DATABASE_URL if unset."),
]

_Source = Annotated[
    str, typer.Option("--source", help="Name of the CRM or export; ids are unique in it.")
]
_Problems = Annotated[
    Path, typer.Option("--problems", help="File for the rows that were rejected, a line each.")
]
_ExportDay = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day the export was made; today if unset."),
]


@app.command("import")
def import_(
    paths: _Paths,
    source: _Source = "files",
    db: _Database = None,
    mapping: _MapFile = None,
    maps: _Maps = [],  # noqa: B006 - typer reads the default, nothing changes it
    day_first: _DayFirst = None,
    encoding: _Encoding = None,
    delimiter: _Delimiter = None,
    max_text_mb: _MaxText = 2.0,
    undated_as: _Undated = None,
    report: _Report = None,
    problems: _Problems = Path("import-problems.jsonl"),
    as_of: _ExportDay = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    verbose: _Verbose = False,
) -> None:
    """Take exports into the database; what is known already stays as it is."""
    from auditor.commands.audit import FileOptions
    from auditor.commands.store import run_import
    from auditor.settings import load_settings

    settings = load_settings(database_url=db, day_first=day_first)
    files = FileOptions(
        mapping,
        maps,
        settings.day_first,
        encoding,
        delimiter,
        max_text_mb,
        undated_as,
        report,
        verbose,
    )
    run_import(
        paths,
        files,
        db=settings.database_url,
        source=source,
        seen_on=_day(as_of, settings),
        problems=problems,
        zone=settings.zone(),
        as_json=as_json,
    )


@app.command()
def migrate(db: _Database = None) -> None:
    """Bring the database's tables up to this version's."""
    from auditor.commands.store import run_migrate
    from auditor.settings import load_settings

    run_migrate(load_settings(database_url=db).database_url)


@app.command()
def digest(
    paths: _MaybePaths = [],  # noqa: B006 - typer reads the default, nothing changes it
    week: Annotated[
        str | None, typer.Option(help="ISO week, such as 2026-W47; the last whole one if unset.")
    ] = None,
    team: Annotated[str | None, typer.Option(help="Only this team's opportunities.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path("digest"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the digest as JSON.")] = False,
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
    db: _Database = None,
    classifier: _Classifier = None,
    mapping: _MapFile = None,
    maps: _Maps = [],  # noqa: B006 - typer reads the default, nothing changes it
    day_first: _DayFirst = None,
    encoding: _Encoding = None,
    delimiter: _Delimiter = None,
    max_text_mb: _MaxText = 2.0,
    undated_as: _Undated = None,
    report: _Report = None,
    verbose: _Verbose = False,
) -> None:
    """Make the week's docket: the few decisions that matter, as HTML, text and JSON."""
    from auditor.commands.audit import FileOptions, run_digest
    from auditor.commands.store import check_digest_use, run_stored_digest
    from auditor.domain.week import Week
    from auditor.settings import load_settings

    check_digest_use(paths, db, send=send, only_sent=bool(to or dry_run or resend))
    settings = load_settings(
        classifier=classifier and classifier.value, database_url=db, day_first=day_first
    )
    today = settings.today()
    chosen = Week.parse(week) if week else Week.last_before(today)
    if send:
        from auditor.commands.sending import SendRequest, run_send

        request = SendRequest(chosen, to, team, is_dry=dry_run, is_resend=resend, folder=out)
        raise typer.Exit(run_send(settings, request))
    if not paths:
        run_stored_digest(settings, out=out, week=chosen, team=team, today=today, as_json=as_json)
        return
    files = FileOptions(
        mapping,
        maps,
        settings.day_first,
        encoding,
        delimiter,
        max_text_mb,
        undated_as,
        report,
        verbose,
    )
    run_digest(paths, settings, files, out=out, week=chosen, team=team, as_json=as_json)


@app.command()
def health(
    team: Annotated[str | None, typer.Option(help="Only this team's opportunities.")] = None,
    rep: Annotated[str | None, typer.Option(help="Only this rep's opportunities.")] = None,
    as_of: _AsOf = None,
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
    db: _Database = None,
    classifier: _Classifier = None,
) -> None:
    """Show flow and pipeline health: queues, release, work, times, odds, clogs, fallout."""
    from auditor.commands.health import HealthRequest, run_health
    from auditor.domain.health import Scope
    from auditor.settings import load_settings

    settings = load_settings(classifier=classifier and classifier.value, database_url=db)
    request = HealthRequest(
        as_of=_day(as_of, settings),
        scope=Scope(team, rep),
        history_days=days,
        records=records,
        definitions=definitions,
        as_json=as_json,
    )
    run_health(settings, request, sample=sample)


@app.command()
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


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    ping: Annotated[
        bool, typer.Option("--ping", help="Also ask the language model for one word; it may cost.")
    ] = False,
) -> None:
    """Check configuration, model, database and key, and say what to mend."""
    from auditor.commands.doctor import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json, ping=ping))


@app.command()
def replay(
    verdict: Annotated[int, typer.Argument(help="Number of the verdict in the database.")],
    db: _Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Rebuild a stored verdict from its inputs; exit 1 where it differs, and say what changed."""
    from auditor.commands.replay import run_replay
    from auditor.settings import load_settings

    raise typer.Exit(run_replay(load_settings(database_url=db), verdict, as_json=as_json))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 for any.")] = 8000,
    db: _Database = None,
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


def _day(given: datetime | None, settings: Settings) -> date:
    return given.date() if given else settings.today()


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
        typer.secho(f"auditor: {exc}", err=True, fg=typer.colors.RED)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        typer.echo("auditor: stopped", err=True)
        sys.exit(130)
