"""Tables as CSV (RFC 4180) for spreadsheets, with no cell that a spreadsheet would compute.

A text that opens with ``= + - @`` is a formula to a spreadsheet, whoever wrote it, and a formula
can call programs and addresses.  So such a text gets an apostrophe in front, as OWASP's page on CSV
injection has it.  What opens a cell is told broadly: blanks, quotes and signs that can't be seen do
not hide a formula, full-width and small forms count, and so does what follows a semicolon, a tab or
a line break, since a spreadsheet that separates by those (Excel does by semicolons where the
decimal sign is a comma) makes a cell of it.  Numbers stay numbers.  ``restored`` takes the
apostrophes away.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from auditor.digest.words import visible

MEDIA_TYPE = "text/csv"
"""RFC 7111."""
LONGEST_CELL = 16_000
"""Characters of a cell.  Excel's hold 32,767 UTF-16 units, and it breaks up what is longer."""
Cell = str | int | float | Decimal | date | None
"""What a cell may hold; True and False are written as yes and no, None as nothing."""
_SEPARATORS = r";\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
_UNSEEN = (
    r"\x00-\x08\x0e-\x1b\x1f\x20\x7f-\x84\x86-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5"
    r"\u180b-\u180f\u2000-\u200f\u202a-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
_FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫"
_AT_START = rf"(?=[{_UNSEEN}\"']*[{_FORMULA}\t\n\r])"
_WITHIN = rf"(?=[{_UNSEEN}\"']*[{_FORMULA}])"
_OPENING = re.compile(rf"\A{_AT_START}|(?<=[{_SEPARATORS}]){_WITHIN}")
_NEUTRALISED = re.compile(rf"\A'{_AT_START}|(?<=[{_SEPARATORS}])'{_WITHIN}")
T = TypeVar("T")


@dataclass(frozen=True)
class Table:
    """A table of one subject."""

    name: str
    """Short name, fit for a file."""
    columns: tuple[str, ...]
    """Headings."""
    rows: tuple[tuple[Cell, ...], ...]
    """Cells by column."""


def make_table(name: str, items: Iterable[T], columns: Mapping[str, Callable[[T], Cell]]) -> Table:
    """A table with a row for each item, and how each column is told of one."""
    told = tuple(columns.values())
    return Table(name, tuple(columns), tuple(tuple(of(item) for of in told) for item in items))


def csv_bytes(table: Table) -> bytes:
    """The table as a file: UTF-8 with the mark that Excel knows it by, lines ended by CR LF.

    Texts are quoted, numbers are not; days are ISO 8601, and the decimal sign is a point.  Control
    and direction characters are shown as signs; a cell is cut after ``LONGEST_CELL`` characters.
    """
    lines = (csv_line(row) for row in (table.columns, *table.rows))
    return b"".join(csv_parts(lines))


def csv_parts(lines: Iterable[str]) -> Iterator[bytes]:
    """The same file, a line at a time, of lines that ``csv_line`` wrote."""
    yield codecs.BOM_UTF8
    for line in lines:
        yield f"{line}\r\n".encode("utf-8", "replace")


def csv_line(cells: Sequence[Cell]) -> str:
    """One line of the file, without its end."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="")
    writer.writerow([_written(cell) for cell in cells])
    return out.getvalue()


def neutralised(text: str) -> str:
    """The text with an apostrophe before whatever would open a cell like a formula."""
    return _OPENING.sub("'", text)


def restored(text: str) -> str:
    """What ``neutralised`` was given: its apostrophes are taken away, and no others."""
    return _NEUTRALISED.sub("", text)


def _written(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (int, float, Decimal)):
        return _number(cell)
    return _text(cell)


def _number(value: float | Decimal) -> str | int | float | Decimal:
    """The number; nothing where it is none, and without an exponent where it is whole."""
    if not math.isfinite(value):
        return ""
    return int(value) if value == int(value) else value


def _text(text: str) -> str:
    shown = neutralised(visible(str(text).replace("\r\n", "\n")))
    return shown if len(shown) <= LONGEST_CELL else shown[: LONGEST_CELL - 1] + "…"
