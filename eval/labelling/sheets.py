"""What there is to label: records in the codebook's format, labelled or not, or any export.

Files of codebook records are taken as they are, with the labels that they may carry.  Everything
else (CSV exports, transcripts, CRM objects, folders of them) goes through the auditor's intake.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.domain.labels import Label
from auditor.domain.records import AuditRecord
from auditor.errors import InputError, LabelledSetError
from auditor.intake import IntakeOptions, IntakeReport, assemble, read_paths
from auditor.intake.codebook import codebook_record
from eval.labelled import audit_record
from eval.record_checks import record_faults
from eval.set_files import Row, read_rows, set_files, set_rows

LABEL_KEYS = ("label", "reason", "reasons_ok", "evidence", "tests")
"""Keys of a record that say what people think of it."""
_RECORD_SUFFIXES = (".jsonl", ".ndjson", ".json", ".fam")
_SNIFFED = 65_536


@dataclass(frozen=True)
class Sheet:
    """One record to label."""

    record: AuditRecord
    """What is judged."""
    raw: dict[str, Any] = field(repr=False)
    """In the codebook's format, without label, reason, evidence and tests."""
    given: dict[str, Any] = field(default_factory=dict, repr=False)
    """Label, reason, alternates, evidence and tests that the source gave, where it gave any."""

    @property
    def id(self) -> str:
        """The record's id, unique among the sheets."""
        return self.record.activity.id


def read_sheets(
    paths: Sequence[str | Path],
    *,
    options: IntakeOptions | None = None,
    report: IntakeReport | None = None,
    skip_invalid: Callable[[str], None] | None = None,
) -> list[Sheet]:
    """Reads records to label, in file order.

    Args:
        paths: files or folders of codebook records, or anything that ``auditor audit`` reads.
        options: how exports are read.
        report: takes what intake tells.
        skip_invalid: leaves out codebook records with errors and is told of each error; where
            None, a file with errors is refused.

    Raises:
        InputError: where a path can't be read, or holds no record.
        LabelledSetError: where codebook records have errors, each listed.
    """
    report = report or IntakeReport()
    sheets: list[Sheet] = []
    for path in paths:
        files = _record_files(Path(path))
        if files is not None:
            sheets += _of_rows(str(path), set_rows(files), skip_invalid)
        else:
            sheets += _of_export(str(path), options or IntakeOptions(), report)
    if not sheets:
        raise InputError(f"no record to label in {', '.join(map(repr, map(str, paths)))}")
    return _with_own_ids(sheets)


def _record_files(path: Path) -> list[Path] | None:
    """The files, where all of them hold codebook records; None where intake must read them."""
    if not path.exists():
        raise InputError(f"{str(path)!r} is no file or folder; check the path")
    if path.is_dir() and any(
        p.is_file() and p.suffix.lower() not in _RECORD_SUFFIXES for p in path.rglob("[!.]*")
    ):
        return None
    files = set_files(path)
    return files if all(map(_holds_records, files)) else None


def _holds_records(file: Path) -> bool:
    if file.suffix.lower() not in _RECORD_SUFFIXES:
        return False
    if file.suffix.lower() == ".fam":
        return True
    rows, _ = read_rows(file) if file.stat().st_size <= _SNIFFED else _first_rows(file)
    first = next((r.record for r in rows if r.record), {})
    return isinstance(first.get("activity"), Mapping)


def _first_rows(file: Path) -> tuple[list[Row], list[str]]:
    """The first object of a long file, without reading all of it where it has one a line."""
    with file.open("rb") as stream:
        line = next((text for text in stream if text.strip()), b"")
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except ValueError:
        return read_rows(file)
    return ([Row(file.name, value)], []) if isinstance(value, dict) else read_rows(file)


def _of_rows(
    path: str, rows: Iterable[Row], skip_invalid: Callable[[str], None] | None
) -> list[Sheet]:
    sheets: list[Sheet] = []
    errors: list[str] = []
    seen: dict[str, str] = {}
    for row in rows:
        faults = _faults(row, seen)
        try:
            if not faults:
                sheets.append(make_sheet(row.record))
        except ValueError as exc:
            faults = [str(exc).replace("\n", " ")]
        errors += [f"{row.place}: {fault}" for fault in faults]
    if skip_invalid is not None:
        for error in errors:
            skip_invalid(error)
    elif errors:
        listed = "\n".join(f"  {e}" for e in errors)
        raise LabelledSetError(
            f"{path}: {len(errors)} errors; mend them, or go on without these records by "
            f"--skip-invalid\n{listed}"
        )
    return sheets


def _faults(row: Row, seen: dict[str, str]) -> list[str]:
    """What keeps a record from being shown; its label and evidence don't matter here."""
    if not row.record:
        return row.problems or ["the record is empty"]
    bare = {k: v for k, v in row.record.items() if k not in LABEL_KEYS}
    faults = record_faults({**bare, "label": Label.VAGUE_CALLBACK.value}, bare=True)
    name = row.record.get("id")
    if isinstance(name, str) and not faults:
        if name in seen:
            faults.append(f"id {name!r} occurs twice (first at {seen[name]}); give each its own")
        seen.setdefault(name, row.place)
    return faults


def make_sheet(record: Mapping[str, Any]) -> Sheet:
    """Parts a checked codebook record from what people said of it.

    Raises:
        ValueError: where a value does not fit the domain's records.
    """
    raw = {k: v for k, v in record.items() if k not in LABEL_KEYS}
    given = {k: record[k] for k in LABEL_KEYS if record.get(k)}
    return Sheet(audit_record(record), raw, given)


def _of_export(path: str, options: IntakeOptions, report: IntakeReport) -> list[Sheet]:
    items = read_paths([path], options=options, report=report)
    return [
        Sheet(record, codebook_record(record))
        for dossier in assemble(items, report=report)
        for record in dossier.records
    ]


def _with_own_ids(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Sheets of several files, told apart where they share an id."""
    seen: dict[str, int] = {}
    found = []
    for sheet in sheets:
        seen[sheet.id] = seen.get(sheet.id, 0) + 1
        if seen[sheet.id] == 1:
            found.append(sheet)
            continue
        raw = {**sheet.raw, "id": f"{sheet.id}~{seen[sheet.id]}"}
        found.append(Sheet(audit_record(raw), raw, sheet.given))
    return found
