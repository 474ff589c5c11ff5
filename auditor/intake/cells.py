"""Reads the cells of a row as text, dates and numbers, and reports those that can't be read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from auditor.errors import RowError
from auditor.intake.dates import DateError, parse_when
from auditor.intake.encoding import without_lone_surrogates
from auditor.intake.fields import DATE_FIELDS
from auditor.intake.options import DateOrder
from auditor.intake.synonyms import normal_name
from auditor.intake.tables import Columns, Intake, Row, Table
from auditor.intake.values import parse_probability

DATE_MEND = "correct it in the export; dates such as 2026-03-04 are read everywhere"
"""How to mend a date."""


class Cells:
    """The cells of one table's rows."""

    def __init__(
        self,
        table: Table,
        columns: Columns,
        orders: dict[int, DateOrder | None],
        intake: Intake,
        percent: bool,
    ) -> None:
        """Makes the reader.

        Args:
            table: the table, for names in errors.
            columns: where each field stands.
            orders: day or month first, for each date column's number.
            intake: options and report.
            percent: whether probabilities are 0 to 100.
        """
        self.table, self.columns, self.intake = table, columns, intake
        self._index = columns.index
        self._orders, self._percent = orders, percent

    def raw(self, row: Row, name: str) -> str:
        """Returns the cell of a field as it stands; empty where the table has none."""
        index = self._index.get(name)
        return "" if index is None else row.values[index]

    def get(self, row: Row, name: str) -> str:
        """Returns the cell of a field without the spaces around it."""
        index = self._index.get(name)
        return "" if index is None else row.values[index].strip()

    def has(self, name: str) -> bool:
        """Tells whether the table has a column for a field."""
        return name in self._index

    def title(self, name: str) -> str:
        """Returns the name of a field's column in normal form; empty where there is none."""
        index = self._index.get(name)
        return "" if index is None else normal_name(self.table.columns[index])

    def text(self, row: Row, name: str) -> str:
        """Returns a long text, whole.

        Raises:
            RowError: it is longer than the limit, or holds a NUL character.
        """
        value = self.raw(row, name)
        if not value or value.isspace():
            return ""
        limit = self.intake.options.max_text_bytes
        if len(value) * 4 > limit and (size := len(value.encode("utf-8", "replace"))) > limit:
            raise self.error(
                row,
                name,
                f"holds a text of {size / 1e6:,.1f} MB",
                "raise --max-text-mb to take it",
            )
        if "\0" in value:
            raise self.error(row, name, "holds a NUL character", "remove it from the text")
        return without_lone_surrogates(value)

    def when(self, row: Row, name: str) -> datetime | None:
        """Returns a time; None where the cell is empty.

        Raises:
            RowError: the cell holds no date.
        """
        index = self._index.get(name)
        return None if index is None else self.when_at(row, index)

    def when_at(self, row: Row, index: int) -> datetime | None:
        """Returns the time in a column given by number; None where the cell is empty.

        Raises:
            RowError: the cell holds no date.
        """
        value = row.values[index].strip()
        if not value:
            return None
        try:
            return parse_when(value, self._orders.get(index))
        except DateError as exc:
            raise RowError(
                file=self.table.file,
                line=row.line,
                field=self.table.columns[index],
                problem=str(exc),
                mend=DATE_MEND,
            ) from exc

    def day(self, row: Row, name: str) -> date | None:
        """Returns a calendar day as it is written, never shifted by a zone.

        A cell that can't be read is reported as a flaw and left out.
        """
        try:
            when = self.when(row, name)
        except RowError as exc:
            self.intake.report.flaw(exc)
            return None
        return when.date() if when else None

    def probability(self, row: Row) -> float | None:
        """Returns the probability as 0 to 1; one that can't be read is a flaw."""
        value = self.get(row, "probability")
        if not value:
            return None
        number = parse_probability(value, percent=self._percent)
        if number is None:
            self.flaw(row, "probability", f"{value[:40]!r} is no probability")
        return number

    def nested(self, row: Row, key: str) -> list[dict[str, Any]]:
        """Returns the objects in a list of the JSON object that the row was made of."""
        value = row.nested.get(key) if row.nested else None
        if not isinstance(value, list):
            return []
        return [item for item in value if isinstance(item, dict)]

    def error(self, row: Row, name: str, problem: str, mend: str) -> RowError:
        """Makes an error about a field of a row."""
        index = self._index.get(name)
        column = None if index is None else self.table.columns[index]
        return RowError(
            file=self.table.file, line=row.line, field=column, problem=problem, mend=mend
        )

    def flaw(self, row: Row, name: str, problem: str) -> None:
        """Reports a value that is left out of the record."""
        mend = "correct it in the export; the record is kept without it"
        self.intake.report.flaw(self.error(row, name, problem, mend))


def date_columns(columns: Columns) -> list[int]:
    """Numbers of the columns that hold dates."""
    named = [index for name, index in columns.index.items() if name in DATE_FIELDS]
    return sorted({*named, *(index for index, _ in columns.stages)})
