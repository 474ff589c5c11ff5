"""Reads whatever files a user gives, each by what it is, and goes on past those it can't read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.errors import InputError
from auditor.intake.csv_files import read_csv_table
from auditor.intake.delimited import sniff_delimiter
from auditor.intake.encoding import detect_encoding, looks_binary
from auditor.intake.guessing import recognised
from auditor.intake.json_files import read_json_file
from auditor.intake.options import IntakeOptions
from auditor.intake.recordings import read_recording_file
from auditor.intake.report import IntakeReport
from auditor.intake.sources import Source, find_sources, unreadable
from auditor.intake.table_reader import read_table
from auditor.intake.tables import Intake
from auditor.intake.workbook import read_workbook

IntakeItem = Opportunity | Activity | AuditRecord
"""What intake yields.  An opportunity may be partial: only its set fields are known."""

_KIND_OF_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".vtt": "vtt",
    ".srt": "srt",
    ".txt": "text",
    ".md": "text",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
_SRT_START = re.compile(r"\A\d{1,12}[ \t]*\n[ \t]*\d{1,4}:\d{1,4}:\d{1,4}[,.]\d{1,9}[ \t]*-->")


def read_paths(
    paths: Iterable[str | Path], *, options: IntakeOptions, report: IntakeReport
) -> Iterator[IntakeItem]:
    """Reads files, folders, archives and standard input (``-``).

    Args:
        paths: what the user gave.
        options: settings.
        report: is filled while the items are taken: problems, warnings, counts, guessed columns.

    Yields:
        Records in the order of the files.  Memory stays constant for CSV, JSONL and JSON lists.
    """
    intake = Intake(options, report)
    for source in find_sources(paths, options, report):
        try:
            yield from _read_source(source, intake)
        except InputError as exc:
            problem = exc if source.name in str(exc) else InputError(f"{source.name}: {exc}")
            report.reject(problem, file=source.name)
        except (OSError, EOFError, UnicodeError, LookupError) as exc:
            report.reject(unreadable(source.name, exc), file=source.name)


def _read_source(source: Source, intake: Intake) -> Iterator[IntakeItem]:
    prefix = source.prefix()
    if not prefix:
        raise InputError(f"{source.name}: the file is empty")
    kind = _KIND_OF_SUFFIX.get(source.suffix)
    if kind != "xlsx" and looks_binary(prefix):
        raise InputError(f"{source.name}: a binary file; give an export as CSV, JSON or text")
    if kind is None or (kind in ("json", "text") and source.suffix != ".md"):
        kind = _sniff(prefix, kind, intake.options)
    elif kind == "jsonl" and not _has_object_lines(_start_of(prefix, intake.options), least=1):
        kind = "json"  # one document over several lines, under a name for lines
    intake.report.tally(source.name).kind = kind
    if kind == "csv":
        yield from read_table(read_csv_table(source, intake), intake)
    elif kind in ("json", "jsonl"):
        yield from read_json_file(source, intake, lines=kind == "jsonl")
    elif kind == "xlsx":
        for table in read_workbook(source, intake):
            yield from read_table(table, intake)
    else:
        for item in read_recording_file(source, kind, intake):
            intake.report.tally(source.name).read += isinstance(item, Activity)
            yield item


def _sniff(prefix: bytes, suffix_kind: str | None, options: IntakeOptions) -> str:
    """Tells what a file is from its beginning."""
    text = _start_of(prefix, options)
    if text.startswith(("<?xml", "<soap", "<!DOCTYPE", "<html")):
        raise InputError("XML and HTML files are not read; give an export as CSV, JSON or text")
    if text.startswith("WEBVTT"):
        return "vtt"
    if _SRT_START.match(text):
        return "srt"
    if text.startswith(("{", "[{", "[\n", "[ ")) and suffix_kind != "text":
        return "jsonl" if _has_object_lines(text) else "json"
    if suffix_kind == "json":
        return "json"
    header = text.split("\n", 1)[0]
    delimiter = sniff_delimiter(text)
    names = [name.strip().strip('"') for name in header.split(delimiter)]
    # Excel saves "Unicode text" as tab-separated .txt, so a text may be a table too.
    if len(names) > 1 and recognised(names) >= (2 if suffix_kind is None else 3):
        return "csv"
    return "text"


def _start_of(prefix: bytes, options: IntakeOptions) -> str:
    encoding = options.encoding or detect_encoding(prefix)
    text = prefix.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    return text.replace("\r\n", "\n")


def _has_object_lines(text: str, least: int = 2) -> bool:
    """Tells whether one of the first lines is an object of its own, and there are so many."""
    lines = [line.strip() for line in text.split("\n", 5)[:5] if line.strip()]
    whole = any(line.startswith("{") and line.endswith("}") for line in lines[:2])
    return len(lines) >= least and (whole or len(text) > 60_000)
