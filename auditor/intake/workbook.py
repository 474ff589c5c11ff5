"""Excel workbooks (``.xlsx``), each sheet a table; needs the extra ``xlsx``."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from auditor.errors import InputError
from auditor.intake.guessing import recognised
from auditor.intake.sources import Source
from auditor.intake.tables import Intake, Row, Table

_HEADER_WITHIN = 15


def read_workbook(source: Source, intake: Intake) -> Iterator[Table]:
    """Yields the sheets that hold a table.

    Raises:
        InputError: the extra is not installed, or the file is damaged or too large.
    """
    try:
        openpyxl = importlib.import_module("openpyxl")
    except ImportError as exc:
        raise InputError(
            f"{source.name}: reading .xlsx needs openpyxl: pip install 'call-notes-auditor[xlsx]', "
            "or save the sheet as CSV"
        ) from exc
    with source.opener() as stream:
        try:
            with zipfile.ZipFile(stream) as parts:
                size = sum(info.file_size for info in parts.infolist())
            if size > intake.options.max_decompressed_bytes:
                raise InputError(f"{source.name}: the workbook expands to {size:,} bytes")
            book: Any = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as exc:
            raise InputError(f"{source.name}: the workbook can't be read ({exc})") from exc
        try:
            for sheet in book.worksheets:
                table = _sheet_table(sheet, source, alone=len(book.worksheets) == 1)
                if table is not None:
                    yield table
        finally:
            book.close()


def _sheet_table(sheet: Any, source: Source, *, alone: bool) -> Table | None:
    rows = _sheet_rows(sheet)
    head: list[Row] = []
    for row in rows:
        head.append(row)
        if len(head) >= _HEADER_WITHIN:
            break
    known = [recognised(row.values) for row in head]
    if not any(any(row.values) for row in head):
        return None
    best = known.index(max(known)) if max(known) >= 2 else 0
    names = [name.strip() for name in head[best].values]
    while len(names) > 1 and not names[-1]:
        names.pop()
    columns = tuple(name or f"column {i}" for i, name in enumerate(names, start=1))

    def following() -> Iterator[Row]:
        for row in head[best + 1 :]:
            yield _padded(row, len(columns))
        for row in rows:
            yield _padded(row, len(columns))

    suffix = "" if alone else f"!{sheet.title}"
    return Table(source.name + suffix, source.key + suffix, columns, following())


def _padded(row: Row, width: int) -> Row:
    missing = width - len(row.values)
    return row if missing <= 0 else row._replace(values=row.values + [""] * missing)


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield Row(number, [_cell_text(cell) for cell in cells])


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
