"""Excel workbooks (``.xlsx``), each sheet a table; needs the extra ``xlsx``.

A workbook of a few kilobytes can say that it has a billion rows, or expand to gigabytes.  So what
it says of its size is not believed, rows and columns stop where Excel's or a table's own limits
are, and parts that are held in memory may not be large.
"""

from __future__ import annotations

import importlib
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from auditor.errors import InputError
from auditor.intake.guessing import recognised
from auditor.intake.sources import Source
from auditor.intake.tables import Intake, Row, Table

_HEADER_WITHIN = 15
_MOST_COLUMNS = 2_000
"""Columns that are read; Excel has 16,384."""
_LAST_ROW = 1_048_576
"""Excel's own limit."""
_MOST_EMPTY_ROWS = 3 * _LAST_ROW
"""Empty rows in a whole workbook; a few bytes can stand for a million of them."""
_MOST_HELD = 10_000_000
"""Bytes that styles, names and relations, which are held in memory, may expand to in all."""
_MOST_EXPANDED = 100_000_000
_MOST_PACKED = 100
"""A part that expands to more than ``_MOST_EXPANDED`` bytes, by more than this, is a bomb."""
_STREAMED = ("xl/worksheets/", "xl/sharedstrings", "xl/media/", "xl/drawings/", "xl/charts/")


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
        book = _open(openpyxl, stream, source.name, intake)
        try:
            sheets = book.worksheets
            empty, tables = _EmptyRows(source.name), 0
            for sheet in sheets:
                rows = _sheet_rows(sheet, source.name, intake, empty)
                table = _sheet_table(sheet.title, rows, source, alone=len(sheets) == 1)
                if table is not None:
                    tables += 1
                    yield table
            if not tables:
                raise InputError(f"{source.name}: no sheet of the workbook holds a table")
        finally:
            book.close()


def _open(openpyxl: Any, stream: BinaryIO, name: str, intake: Intake) -> Any:
    try:
        with zipfile.ZipFile(stream) as parts:
            _check_sizes(parts.infolist(), name, intake.options.max_decompressed_bytes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which are not read
            return openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except InputError:
        raise
    except Exception as exc:
        raise _unreadable(name, exc) from exc


def _check_sizes(parts: Sequence[zipfile.ZipInfo], name: str, limit: int) -> None:
    size = sum(part.file_size for part in parts)
    held = sum(p.file_size for p in parts if not p.filename.lower().startswith(_STREAMED))
    bombs = [
        part.filename
        for part in parts
        if part.file_size > _MOST_EXPANDED and part.file_size > _MOST_PACKED * part.compress_size
    ]
    if size > limit or held > _MOST_HELD or bombs:
        raise InputError(
            f"{name}: the workbook expands to {size:,} bytes"
            + (f", most of them in {bombs[0]!r}" if bombs else "")
            + "; save the sheet as CSV"
        )


def _unreadable(name: str, exc: Exception) -> InputError:
    reason = str(exc).split("\n")[0][:120] or type(exc).__name__
    return InputError(
        f"{name}: the workbook can't be read ({reason}); save it again, or the sheet as CSV"
    )


class _EmptyRows:
    """Counts the empty rows of a workbook."""

    def __init__(self, name: str) -> None:
        self._name, self._left = name, _MOST_EMPTY_ROWS

    def count(self) -> None:
        """Counts one more.

        Raises:
            InputError: there are more than any table has.
        """
        self._left -= 1
        if self._left < 0:
            raise InputError(
                f"{self._name}: the workbook has more than {_MOST_EMPTY_ROWS:,} empty rows; "
                "delete them, or save the sheet as CSV"
            )


def _sheet_table(title: str, rows: Iterator[Row], source: Source, *, alone: bool) -> Table | None:
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

    suffix = "" if alone else f"!{title}"
    return Table(source.name + suffix, source.key + suffix, columns, following())


def _padded(row: Row, width: int) -> Row:
    missing = width - len(row.values)
    return row if missing <= 0 else row._replace(values=row.values + [""] * missing)


def _sheet_rows(sheet: Any, name: str, intake: Intake, empty: _EmptyRows) -> Iterator[Row]:
    try:
        sheet.reset_dimensions()  # else each row is filled up to what the file says it has
        cells = sheet.iter_rows(values_only=True, max_row=_LAST_ROW)
        for number, values in enumerate(cells, start=1):
            if not values:
                empty.count()
                continue
            if len(values) > _MOST_COLUMNS:
                told = f"{sheet.title}: columns after the {_MOST_COLUMNS:,}th are passed over"
                intake.report.warn(name, told)
            yield Row(number, [_cell_text(cell) for cell in values[:_MOST_COLUMNS]])
    except InputError:
        raise
    except Exception as exc:
        raise _unreadable(f"{name}!{sheet.title}", exc) from exc


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
