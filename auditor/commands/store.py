"""``auditor import``, ``auditor migrate`` and ``auditor digest`` over the database."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, tzinfo
from pathlib import Path
from typing import TextIO

from auditor.classify.registry import make_classifier, make_policy
from auditor.commands.audit import FileOptions, tell_reading
from auditor.commands.screen import Tick, notice, progress
from auditor.commands.writing import STDOUT, show_digest, write_twins
from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json
from auditor.digest.tables import item_cells
from auditor.digest.view import count
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.intake import IntakeItem, IntakeReport, problem_as_dict, read_paths
from auditor.jobs.digesting import make_digest
from auditor.jobs.due import count_due, judge_due
from auditor.jobs.importing import Imported, Importer
from auditor.jobs.learning import judged_sources
from auditor.settings import Settings
from auditor.storage import Database, SchemaState, open_database

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def run_import(
    paths: Sequence[str],
    files: FileOptions,
    *,
    db: str,
    source: str,
    seen_on: date,
    problems: Path,
    zone: tzinfo | None = None,
    as_json: bool = False,
) -> None:
    """Takes exports into the database; what is known already stays as it is.

    Args:
        paths: files, folders, archives, or ``-``.
        files: how to read them.
        db: the database's URL; an empty database gets its tables.
        source: namespace of the ids.
        seen_on: the day the exports were made.
        problems: takes a line of JSON for each row rejected or value left out, if any.
        zone: whose calendar days count; None is the machine's.
        as_json: print the counts as JSON.

    Raises:
        InputError: nothing could be read, or an argument does not fit.
        StorageError: the database can't be used; the batches before are kept.
    """
    if not _SOURCE.fullmatch(source):
        raise InputError(
            f"source {source!r} is no name; use up to 64 letters, digits, dots, dashes and "
            "underscores, such as salesforce"
        )
    report = IntakeReport()
    options = files.intake(today=seen_on)
    with open_database(db) as database, _written(report, problems):
        if database.schema_state() is SchemaState.EMPTY:
            database.migrate()
        database.require_schema()
        importer = Importer(database, source, seen_on, report, zone)
        done = _run(importer, read_paths(paths, options=options, report=report), report)
        _finish(report, files, paths, problems)
        _print_imported(done, source, database.shown, as_json=as_json)


def run_migrate(db: str) -> None:
    """Brings a database's tables up to this version's.

    Raises:
        StorageError: the database can't be reached, or its tables are not the auditor's.
    """
    with open_database(db) as database:
        before, after = database.migrate()
        if database.migrate_work():
            notice(f"database {database.shown}: tables of jobs made or updated")
        if before == after:
            notice(f"database {database.shown}: up to date, revision {after}")
        else:
            notice(f"database {database.shown}: revision {before or 'none'} to {after}")


def run_stored_digest(
    settings: Settings,
    *,
    out: Path,
    week: Week,
    team: str | None,
    today: date,
    as_json: bool = False,
    csv: Path | None = None,
) -> None:
    """Judges what is due and writes the week's docket of the open opportunities stored.

    Raises:
        InputError: where nothing is stored, or no opportunity belongs to the team.
        StorageError: the database can't be used.
    """
    with open_database(settings.database_url, create=False) as database:
        require_content(database)
        judged = judged_sources(database)
        classifier = make_classifier(settings.classifier, settings, judged=judged)
        policy = make_policy(classifier, settings)
        with progress("Judging", total=count_due(database, policy)) as tick:
            judge_due(database, classifier, policy, on_judged=tick, caller="auditor digest")
        with database.begin() as unit:
            unit.snapshots.take(today)
        items = ItemTexts(item_json)
        cells = None if csv is None else ItemTexts(item_cells(week))
        texts = [items] if cells is None else [items, cells]
        made = make_digest(
            database, settings, policy, week=week, team=team, with_flow=True, texts=texts
        )
    if team and not made.docket.lines:
        raise InputError(
            f"no open opportunity belongs to team {team!r}; the database holds "
            f"{', '.join(sorted(made.teams)) or 'no teams'}"
        )
    write_twins(made.docket, made.view, items, out, policy=policy)
    show_digest(made.docket, made.view, out, as_json=as_json, csv=csv, cells=cells)


def check_digest_use(
    paths: Sequence[str],
    db: str | None,
    *,
    send: bool,
    only_sent: bool = False,
    as_json: bool = False,
    csv: Path | None = None,
) -> None:
    """Refuses what a digest can't do.

    Args:
        paths: files to make it of.
        db: database to make it of.
        send: whether it is to be sent.
        only_sent: whether an option is given that only sending has.
        as_json: whether JSON is to be printed.
        csv: file for its items.

    Raises:
        InputError: arguments that don't go together.
    """
    if send and paths:
        raise InputError(
            "--send works on the database, where it is known who got what; import the files first"
        )
    if only_sent and not send:
        raise InputError("--to, --dry-run and --resend go with --send; add it")
    if send and csv is not None:
        raise InputError("--csv writes a file and --send sends mail; run them one after the other")
    if as_json and csv == STDOUT:
        raise InputError("--json and --csv - both print; give one of them, or --csv a file")
    if paths and db is not None:
        raise InputError(
            "give paths or --db, not both; import the files to have them in the database"
        )


def require_content(database: Database) -> None:
    """Refuses a database that nothing was imported into, or of another schema.

    Raises:
        InputError: it holds nothing yet.
        StorageError: its tables are of another version.
    """
    if database.schema_state() is not SchemaState.EMPTY:
        database.require_schema()
        with database.read() as unit:
            if not (unit.opportunities.is_empty() and unit.activities.is_empty()):
                return
    raise InputError(
        f"database {database.shown} holds nothing yet; import first: auditor import PATH..."
    )


def _run(importer: Importer, items: Iterable[IntakeItem], report: IntakeReport) -> Imported:
    """Runs an import under its two bars: reading, then storing."""
    with ExitStack() as bars:
        read = bars.enter_context(progress("Reading files"))
        stored: list[Tick] = []

        def on_stored(number: int) -> None:
            if not stored:
                bars.close()
                stored.append(bars.enter_context(progress("Storing", total=report.read or None)))
            stored[0](number)

        return importer.run(items, on_read=read, on_stored=on_stored)


@contextmanager
def _written(report: IntakeReport, path: Path) -> Iterator[None]:
    """Writes every problem as a line of JSON; there is no file where there is no problem."""
    with ExitStack() as stack:
        lines: list[TextIO] = []

        def write(problem: InputError) -> None:
            try:
                if not lines:
                    lines.append(stack.enter_context(path.open("w", encoding="utf-8")))
                lines[0].write(json.dumps(problem_as_dict(problem), ensure_ascii=False) + "\n")
            except OSError as exc:
                raise InputError(
                    f"{path}: can't be written ({exc.strerror}); choose another --problems"
                ) from exc

        report.on_problem = write
        yield


def _finish(report: IntakeReport, files: FileOptions, paths: Sequence[str], problems: Path) -> None:
    """Shows and writes the intake report; refuses an input that held nothing at all."""
    tell_reading(report, files)
    if report.error_count or report.flaw_count:
        notice(f"Rows rejected and values left out are listed in {problems}")
    if not report.read:
        named = ", ".join(map(repr, paths))
        raise InputError(f"nothing to import in {named}; see the problems above")


def _print_imported(done: Imported, source: str, shown: str, *, as_json: bool) -> None:
    taken = done.taken
    if as_json:
        told = {"source": source, "database": shown, "received": done.received, **vars(taken)}
        sys.stdout.write(json.dumps(told) + "\n")
    deals = count(taken.opportunities, "opportunity", "opportunities")
    activities = count(taken.activities, "activity", "activities")
    if not taken.written:
        notice(f"Nothing new: {deals} and {activities} are stored as these files tell them")
        return
    notice(
        f"{deals} ({taken.new_opportunities:,} new, {taken.changed_opportunities:,} changed) and "
        f"{activities} ({taken.new_activities:,} new, {taken.changed_activities:,} changed) as "
        f"source {source!r} in {shown}"
    )
