"""Records of a CSV file, one at a time, with the line each begins on.

Python's ``csv`` splits the fields; around it stands what it lacks: a quote that is never closed, a
quote that is not doubled, a zero byte, a bare carriage return and a text beyond the limit cost one
record each, with an error that names its line, and the records after it are read.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from auditor.errors import RowError
from auditor.intake.report import IntakeReport

DELIMITERS = ",;\t|"
"""Delimiters that are tried."""

# The default of 131,072 characters a field would refuse long transcripts; the reader below has a
# limit of its own, for a record.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


class Record(NamedTuple):
    """The fields of one record."""

    line: int
    """Line it begins on, from 1."""
    values: list[str]
    """Its fields."""


class _TooLongError(Exception):
    """The record being read is longer than the limit."""


def sniff_delimiter(sample: str, suffix: str = "") -> str:
    """Returns the delimiter that splits the sample's lines most evenly; comma where none does."""
    if suffix in (".tsv", ".tab"):
        return "\t"
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = list(islice(_lenient_rows(sample, delimiter), 60))
        widths = Counter(len(row) for row in rows if any(row))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item))
        score = (count / sum(widths.values())) * min(width, 12) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lenient_rows(sample: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    except csv.Error:
        return


class RecordReader:
    """Iterates over the records of one file."""

    def __init__(
        self,
        lines: Iterable[str],
        *,
        file: str,
        delimiter: str,
        longest: int,
        bare_cr: bool,
        report: IntakeReport,
    ) -> None:
        """Makes a reader.

        Args:
            lines: physical lines with their endings; lines over ``longest`` come in pieces.
            file: name for errors.
            delimiter: one character.
            longest: most characters of a record.
            bare_cr: whether the file ends its lines with a carriage return alone.
            report: where rejected records go.
        """
        self._lines = enumerate(lines, start=1)
        self._pushed: deque[tuple[int, str]] = deque()
        self._held: list[tuple[int, str]] = []
        self._file, self._delimiter, self._longest = file, delimiter, longest
        self._bare_cr, self._report = bare_cr, report
        self.width: int | None = None
        """Columns of the header, once known; tells a lost quote from a long text."""

    def __iter__(self) -> Iterator[Record]:
        """Yields records; what can't be read is in the report."""
        while True:
            reader = csv.reader(self._feed(), delimiter=self._delimiter, strict=True)
            try:
                for values in reader:
                    record = self._finish(values)
                    if record is not None:
                        yield record
            except csv.Error as exc:
                self._recover(str(exc))
            except _TooLongError:
                self._skip_long()
            else:
                return

    def _feed(self) -> Iterator[str]:
        size = 0
        while True:
            if not self._held:
                size = 0
            item = self._pushed.popleft() if self._pushed else next(self._lines, None)
            if item is None:
                return
            self._held.append(item)
            size += len(item[1])
            if size > self._longest:
                raise _TooLongError
            yield item[1]

    def _finish(self, values: list[str]) -> Record | None:
        held = self._held
        line, last = held[0][0], held[-1][1]
        if last[-1:] == "\r" and not self._bare_cr:
            self._reject(
                line,
                "a bare carriage return stands in an unquoted field",
                "put the text in quotes, or export with CRLF or LF line ends",
            )
            self._drop_to_line_end()
            self._held = []
            return None
        nul = next((number for number, text in held if "\0" in text), None)
        self._held = []
        if nul is not None:
            self._reject(nul, "a NUL byte stands in the row", "remove it, or export as UTF-8")
            return None
        return Record(line, values)

    def _drop_to_line_end(self) -> None:
        while (item := self._next_line()) is not None:
            if item[1].endswith("\n"):
                return

    def _next_line(self) -> tuple[int, str] | None:
        return self._pushed.popleft() if self._pushed else next(self._lines, None)

    def _recover(self, reason: str) -> None:
        held, self._held = self._held, []
        line = held[0][0] if held else 0
        if "unexpected end" in reason:
            problem = "a quote that is opened in this row is not closed"
        else:
            problem = "a quote inside a quoted field is not doubled, or is never closed"
        if "unexpected end" in reason or self._are_rows(held[1:]):
            self._pushed.extendleft(reversed(held[1:]))
        elif len(held) > 1:
            problem += f"; lines {line} to {held[-1][0]} are lost"
        self._reject(line, problem, 'write "" for a quote inside a quoted field')

    def _are_rows(self, lines: list[tuple[int, str]]) -> bool:
        """Tells whether most of the lines are records of their own."""
        if self.width is None or self.width < 2 or not lines:
            return False
        sample = lines[:50]
        good = 0
        for _, text in sample:
            row = next(_lenient_rows(text, self._delimiter), [])
            good += len(row) == self.width
        return good * 2 > len(sample)

    def _skip_long(self) -> None:
        held, self._held = self._held, []
        line = held[0][0]
        if self._are_rows(held[1:]):
            self._reject(
                line,
                "a quote that is opened in this row is not closed",
                'close it, and write "" for a quote inside a quoted field',
            )
            self._pushed.extendleft(reversed(held[1:]))
            return
        size = sum(len(text) for _, text in held) + self._pass_over_rest(held)
        self._reject(
            line,
            f"the row holds a text of {size / 1e6:,.1f} MB",
            "raise --max-text-mb if it is right, or close the quote that may be open",
        )

    def _pass_over_rest(self, held: list[tuple[int, str]]) -> int:
        """Reads on to the end of an over-long record, without keeping it."""
        quoted = sum(text.count('"') for _, text in held) % 2 == 1
        at_end, size = held[-1][1].endswith(("\n", "\r")), 0
        while quoted or not at_end:
            item = self._next_line()
            if item is None:
                break
            size += len(item[1])
            quoted ^= item[1].count('"') % 2 == 1
            at_end = item[1].endswith(("\n", "\r"))
        return size

    def _reject(self, line: int, problem: str, mend: str) -> None:
        self._report.reject(
            RowError(file=self._file, line=line, field=None, problem=problem, mend=mend),
            file=self._file,
        )
