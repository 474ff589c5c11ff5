"""``auditor health``: flow and health of what is stored, as tables, as JSON, or a figure's records.

The figures are those of the digest, the page and the API: one computation gives them all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from auditor.classify.registry import make_classifier, make_policy
from auditor.commands.screen import notice, out, print_json, progress
from auditor.commands.store import require_content
from auditor.commands.writing import STDOUT, write_tables
from auditor.digest.health_view import HealthView, SectionView, TableView, make_health_view
from auditor.digest.tables import HEALTH_TABLES, health_table
from auditor.domain.health import DEFINITIONS, Scope
from auditor.domain.policy import Policy
from auditor.errors import InputError
from auditor.health import HealthRules, compute_health, find_records, health_data, health_rules
from auditor.health.as_data import as_plain
from auditor.health.rules import HISTORY_DAYS
from auditor.intake import IntakeReport
from auditor.intake.sample import load_sample
from auditor.jobs.due import count_due, judge_due
from auditor.jobs.importing import Importer
from auditor.jobs.learning import judged_sources
from auditor.settings import Settings
from auditor.storage import Database, open_database

RECORDS_SHOWN = 50
"""Records shown at a terminal; JSON has them all."""
_MOST_DAYS = 36_500


@dataclass(frozen=True)
class HealthRequest:
    """What was asked for."""

    as_of: date
    """Day of the count."""
    scope: Scope
    """Whose."""
    history_days: int | None = None
    """How far back closings count; the default where None."""
    records: str | None = None
    """Key of a figure whose records are wanted; the report where None."""
    definitions: bool = False
    """Whether the definitions are wanted below the tables."""
    as_json: bool = False
    """Whether for machines."""
    csv: Path | None = None
    """Folder that takes a CSV file a table; none where None."""


def run_health(settings: Settings, request: HealthRequest, *, sample: bool = False) -> None:
    """Judges what is due and prints flow and health.

    Raises:
        InputError: nothing is stored, nothing belongs to the rep or team, or no such figure.
        StorageError: the database can't be used.
    """
    _check_csv(request)
    if request.history_days is not None and not 0 < request.history_days <= _MOST_DAYS:
        raise InputError(f"--days {request.history_days}: give 1 to {_MOST_DAYS} days")
    with _database(settings, request, sample=sample) as database:
        policy = _judge(database, settings, request)
        rules = _rules(settings, policy, request)
        if request.records is not None:
            _print_records(database, rules, request)
            return
        with progress("Reading open opportunities") as tick:
            health = compute_health(
                database, rules, as_of=request.as_of, scope=request.scope, on_read=tick
            )
    if request.as_json:
        print_json(health_data(health), indent=1)
    else:
        view = make_health_view(health, caps_set=bool(settings.teams))
        _print_view(view, definitions=request.definitions)
    if request.csv is not None:
        made = (health_table(health, name) for name in HEALTH_TABLES)
        files = write_tables((table for table in made if table), request.csv)
        notice(f"Written to {request.csv}: {', '.join(file.name for file in files)}")


def _check_csv(request: HealthRequest) -> None:
    if request.csv == STDOUT:
        raise InputError("--csv -: there is a file for each table; name a folder, as --csv health")
    if request.csv is not None and request.records is not None:
        raise InputError(
            "--csv writes the report's tables, --records lists what is behind a figure; "
            "give one of them (--records with --json for all records)"
        )


@contextmanager
def _database(settings: Settings, request: HealthRequest, *, sample: bool) -> Iterator[Database]:
    """The stored data, or the shipped sample in a database that is gone afterwards."""
    if not sample:
        with open_database(settings.database_url, create=False) as database:
            require_content(database)
            yield database
        return
    with (
        tempfile.TemporaryDirectory(prefix="auditor-sample-") as folder,
        open_database(f"sqlite:///{Path(folder) / 'sample.db'}") as database,
    ):
        database.migrate()
        team = load_sample(request.as_of)
        importer = Importer(database, "sample", team.as_of, IntakeReport())
        importer.run([*team.opportunities, *team.activities])
        yield database


def _judge(database: Database, settings: Settings, request: HealthRequest) -> Policy:
    """Judges what is due and keeps the week's snapshot; gives the policy."""
    judged = judged_sources(database)
    classifier = make_classifier(settings.classifier, settings, judged=judged)
    policy = make_policy(classifier, settings)
    with progress("Judging", total=count_due(database, policy)) as tick:
        judge_due(database, classifier, policy, on_judged=tick, caller="auditor health")
    if request.as_of == settings.today():
        with database.begin() as unit:
            unit.snapshots.take(request.as_of)
    return policy


def _rules(settings: Settings, policy: Policy, request: HealthRequest) -> HealthRules:
    days = HISTORY_DAYS if request.history_days is None else request.history_days
    rules = health_rules(settings, policy, history_days=days)
    for told in (*rules.bought.errors, *rules.bought.warnings) if rules.bought else ():
        notice(told)
    return rules


def _print_view(view: HealthView, *, definitions: bool) -> None:
    out.print()
    out.print(f"[bold]{escape(view.title)}[/]  [dim]{escape(view.subtitle)}[/]")
    for section in view.sections:
        out.print()
        out.print(f"[bold]{escape(section.title)}[/]")
        out.print(escape(section.says))
        for table in section.tables:
            if table.rows:
                out.print(_table(table), soft_wrap=False)
            if table.left:
                out.print(f"[dim]and {table.left:,} more[/]")
        for words in section.notes:
            out.print(f"[dim]{escape(words)}[/]")
        if definitions:
            _print_definitions(section)
    out.print()
    notice(
        "Records behind a figure: auditor health --records clogs, or queue:REP, cycle:STAGE, "
        "fallout:reason=REASON, flaw:KEY; --json shows the key beside each figure. What each "
        "means: auditor health --definitions"
    )


def _print_definitions(section: SectionView) -> None:
    for key in section.definitions:
        told = DEFINITIONS[key]
        out.print(f"  [bold]{escape(told.name)}[/]: {escape(told.words)}")
        source = f" ({told.source})" if told.source else ""
        out.print(f"  [dim]= {escape(told.formula + source)}[/]")


def _table(view: TableView) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, title in enumerate(view.columns):
        cells = [row[number] for row in view.rows]
        figures = number > 0 and all(c[:1].isdigit() or c[:1] in "-£€$" for c in cells if c)
        table.add_column(title, justify="right" if figures else "left", overflow="fold")
    for row in view.rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _print_records(database: Database, rules: HealthRules, request: HealthRequest) -> None:
    key = request.records or ""
    limit = None if request.as_json else RECORDS_SHOWN + 1
    found = find_records(
        database, rules, key, as_of=request.as_of, scope=request.scope, limit=limit
    )
    if request.as_json:
        for record in found:
            print_json(as_plain(record))
        return
    if not found:
        notice(f"No record is behind {key}")
        return
    out.print(_records_table(found[:RECORDS_SHOWN]), soft_wrap=False)
    if len(found) > RECORDS_SHOWN:
        notice(f"The first {RECORDS_SHOWN} are shown; --json gives them all")


_NOT_SHOWN = {"key", "source", "url", "team"}


def _records_table(found: Sequence[Any]) -> Table:
    """The columns that tell anything."""
    names = [f.name for f in fields(found[0]) if f.name not in _NOT_SHOWN]
    rows = [[_cell(getattr(record, name)) for name in names] for record in found]
    told = [n for n in range(len(names)) if any(row[n] for row in rows)]
    view = TableView(
        tuple(names[n].replace("_", " ") for n in told),
        tuple(tuple(row[n] for n in told) for row in rows),
    )
    return _table(view)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
