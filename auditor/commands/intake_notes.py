"""Tells a person how their files were understood: guessed columns, rejected rows, warnings."""

from __future__ import annotations

import json

from rich.table import Table

from auditor.commands.screen import err, notice
from auditor.digest.view import count
from auditor.intake import GuessedMapping, IntakeReport

_PROBLEMS_SHOWN = 15
_UNUSED_SHOWN = 6
_FILES_NAMED = 3


def print_intake(report: IntakeReport, *, verbose: bool) -> None:
    """Prints guessed columns, problems and counts on standard error.

    Args:
        report: what intake collected.
        verbose: show every column guess, also the ones taken by their exact name.
    """
    for mapping in report.mappings:
        _print_mapping(mapping, verbose=verbose)
    problems = [*report.errors, *report.flaws]
    for problem in problems[:_PROBLEMS_SHOWN]:
        notice(f"! {problem}")
    hidden = report.error_count + report.flaw_count - min(len(problems), _PROBLEMS_SHOWN)
    if hidden > 0:
        notice(f"! and {hidden:,} more; --report FILE writes them all")
    for text, files in _grouped(report).items():
        named = ", ".join(files[:_FILES_NAMED])
        more = f" and {len(files) - _FILES_NAMED} more files" if len(files) > _FILES_NAMED else ""
        notice(f"- {named}{more}: {text}")
    if report.error_count or report.duplicates:
        notice(
            f"{count(report.read, 'record')} read, {report.error_count:,} rejected, "
            f"{count(report.duplicates, 'duplicate')} dropped"
        )


def _grouped(report: IntakeReport) -> dict[str, list[str]]:
    """Warnings with the files that each is about: one line for a folder of like files."""
    files: dict[str, list[str]] = {}
    for warning in report.warnings:
        files.setdefault(warning.text, []).append(warning.file)
    return files


def _print_mapping(mapping: GuessedMapping, *, verbose: bool) -> None:
    order = f", dates read {mapping.date_order} first" if mapping.date_order else ""
    guessed = [c for c in mapping.columns if verbose or c.confidence < 1.0]
    if not guessed:
        return
    err.print(
        f"{mapping.file}: read as {mapping.kind.value}{order}",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    table = Table(box=None)
    for heading in ("Field", "Column", "Sure", "How"):
        table.add_column(heading, justify="right" if heading == "Sure" else "left")
    for column in mapping.columns:
        table.add_row(column.field, column.column, f"{column.confidence:.0%}", column.how)
    err.print(table)
    if mapping.unused:
        shown = ", ".join(mapping.unused[:_UNUSED_SHOWN])
        more = len(mapping.unused) - _UNUSED_SHOWN
        notice(f"  not used: {shown}" + (f" and {more} more" if more > 0 else ""))
    notice("  a wrong guess is mended with --map FIELD=COLUMN")


def report_json(report: IntakeReport) -> str:
    """The whole report as JSON."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=1, default=str)
