"""``auditor eval label``, ``suggest`` and ``corrections``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.terminal import errors_told, progress_bar, write_lines

if TYPE_CHECKING:
    from eval.labelling.outlook import Outlook
    from eval.labelling.session import LabelSession
    from eval.labelling.sheets import Sheet
    from eval.labelling.store import LabelStore


class Order(StrEnum):
    """In which order records come."""

    GIVEN = "given"
    """As in the file."""
    SHUFFLED = "shuffled"
    """At random, by the seed."""
    UNCERTAINTY = "uncertainty"
    """What the local model is most unsure of first."""


_Seed = Annotated[int, typer.Option(help="Of the random choices.")]
_SkipInvalid = Annotated[
    bool, typer.Option("--skip-invalid", help="Leave out records with errors, and name them.")
]


def add_labelling(app: typer.Typer) -> None:
    """Hangs the commands of labelling on the evaluators' command line."""
    app.command()(label)
    app.command()(suggest)
    app.command()(corrections)


def label(
    to_label: Annotated[
        Path,
        typer.Argument(metavar="SET", help="Records, labelled or not, or an export to label."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File of labels; SET.labels.jsonl beside SET if unset."),
    ] = None,
    annotator: Annotated[
        str, typer.Option(help="Name or initials, noted on each record and in the file's name.")
    ] = "",
    blind: Annotated[
        bool, typer.Option("--blind", help="Second pass: hide what the set says of its records.")
    ] = False,
    order: Annotated[Order, typer.Option(help="In which order records come.")] = Order.GIVEN,
    seed: _Seed = 0,
    skip_invalid: _SkipInvalid = False,
) -> None:
    """Label records one by one; each is saved at once, and the next start goes on from there."""
    with errors_told():
        from eval.labelling.session import LabelSession
        from eval.labelling.sheets import read_sheets

        told = _tell_error if skip_invalid else None
        sheets = read_sheets([to_label], skip_invalid=told)
        store = _store(to_label, out, annotator)
        sheets = _ordered(sheets, order, seed)
        session = LabelSession(sheets, store, annotator=annotator, blind=blind)
        if len(store):
            typer.echo(f"{store.path}: {session.labelled} of {session.total} labelled", err=True)
        try:
            _talk(session)
        finally:
            _tell_end(session, store, to_label, blind=blind)


def _tell_error(error: str) -> None:
    typer.echo(f"left out: {error}", err=True)


def _store(to_label: Path, out: Path | None, annotator: str) -> LabelStore:
    """The file of labels; never the set itself.

    Raises:
        InputError: where it would be the set.
    """
    from auditor.errors import InputError
    from eval.labelling.store import LabelStore

    name = "".join(c if c.isalnum() else "-" for c in annotator) or "labels"
    path = out or to_label.with_name(f"{to_label.stem}.{name}.jsonl")
    if path.exists() and (path.resolve() == to_label.resolve() or path.is_dir()):
        raise InputError(f"--out {str(path)!r} is the set itself or a folder; name another file")
    return LabelStore(path)


def _ordered(sheets: list[Sheet], order: Order, seed: int) -> list[Sheet]:
    from eval.labelling.outlook import by_uncertainty, shuffled

    if order is Order.UNCERTAINTY:
        return by_uncertainty(sheets, _outlook(sheets))
    return shuffled(sheets, seed) if order is Order.SHUFFLED else sheets


def _outlook(sheets: list[Sheet]) -> Outlook:
    from auditor.classify.registry import make_classifier
    from auditor.settings import load_settings
    from eval.labelling.outlook import look_at

    classifier = make_classifier("local", load_settings())
    with progress_bar("judging") as bar:
        task = bar.add_task("judging", total=len(sheets))
        return look_at(
            [s.record for s in sheets], classifier, tick=lambda done: bar.advance(task, done)
        )


def _talk(session: LabelSession) -> None:
    from rich.console import Console

    from eval.labelling.dialogue import Dialogue
    from eval.labelling.keys import standard_keys
    from eval.labelling.screen import Screen

    Dialogue(session, standard_keys(), Screen(Console(highlight=False))).run()


def _tell_end(session: LabelSession, store: LabelStore, to_label: Path, *, blind: bool) -> None:
    left = session.total - session.labelled
    typer.echo(f"\n{session.labelled} of {session.total} labelled, {left} left", err=True)
    if not len(store):
        return
    typer.echo(f"Written: {store.path}; check it with", err=True)
    typer.echo(f"  auditor eval check {store.path}", err=True)
    if blind:
        typer.echo(f"  auditor eval agreement {to_label} {store.path}", err=True)


def suggest(
    exports: Annotated[
        list[str], typer.Argument(metavar="EXPORT...", help="What 'auditor audit' reads.")
    ],
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="How many records to choose.")] = 100,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File for the records, as JSONL.")
    ] = Path("to-label.jsonl"),
    known: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled set; records like those in it are left out. Repeatable."),
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="TOML or JSON mapping file.")
    ] = None,
    maps: Annotated[
        list[str] | None, typer.Option("--map", help="Column of a field, FIELD=COLUMN; repeatable.")
    ] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How 03/04 is read.")
    ] = None,
    undated_as: Annotated[
        datetime | None,
        typer.Option("--undated-as", formats=["%Y-%m-%d"], help="Day of activities without dates."),
    ] = None,
    seed: _Seed = 0,
    skip_invalid: _SkipInvalid = False,
) -> None:
    """Choose the records of an unlabelled export that are worth a label most."""
    with errors_told():
        from auditor.commands.audit import FileOptions
        from auditor.commands.intake_notes import print_intake
        from auditor.intake import IntakeReport
        from auditor.settings import load_settings
        from eval.labelling.choosing import choose
        from eval.labelling.sheets import read_sheets

        files = FileOptions(mapping, maps or (), day_first, undated_as=undated_as)
        report = IntakeReport()
        told = _tell_error if skip_invalid else None
        options = files.intake(today=load_settings().today())
        try:
            sheets = read_sheets(exports, options=options, report=report, skip_invalid=told)
        finally:
            print_intake(report, verbose=False)
        old = read_sheets(known) if known else []
        chosen = choose(sheets, _outlook(sheets), n=n, known=old, seed=seed)
        write_lines(chosen.records, out)
    typer.echo(chosen.told, err=True)
    typer.echo(f"Written: {out}; label them with\n  auditor eval label {out}", err=True)


def corrections(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File for the labelled set, as JSONL.")
    ] = Path("corrections.jsonl"),
    db: Annotated[
        str | None, typer.Option("--db", help="URL of the database; AUDITOR_DATABASE_URL if unset.")
    ] = None,
) -> None:
    """Write supervisors' corrections as a labelled set."""
    with errors_told():
        from auditor.settings import load_settings
        from eval.labelling.corrections import read_corrections

        records = read_corrections(load_settings(database_url=db).database_url)
        write_lines(records, out)
    changed = sum("corrected" in r["tags"] for r in records)
    typer.echo(
        f"{len(records)} corrections: {changed} changed the label, {len(records) - changed} "
        f"confirmed it\nWritten: {out}; run it with\n  auditor eval run {out}",
        err=True,
    )
