"""A table: columns and rows, wherever they came from (CSV, a workbook's sheet, JSON objects)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from auditor.intake.fields import TableKind
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport, MappedColumn


class Row(NamedTuple):
    """One row of a table."""

    line: int
    """Line of the file it begins on, or the number of the object, from 1."""
    values: list[str]
    """A value for each column; empty where there is none."""
    nested: Mapping[str, Any] | None = None
    """The JSON object that the row was made of, for what is no plain value."""


@dataclass(frozen=True)
class Table:
    """Rows under one header."""

    file: str
    """Name for the user."""
    key: str
    """Name without folders, for ids."""
    columns: tuple[str, ...]
    """Header; columns without a name are called ``column N``."""
    rows: Iterable[Row]
    """The rows, once."""
    kind: TableKind | None = None
    """What the rows are, where the source says it."""
    rescan: Callable[[], Iterator[Row]] | None = None
    """Reads the rows again from the start, where that can be done."""
    day_first_hint: bool = False
    """Whether the file's form speaks for day-first dates (semicolons between fields)."""


@dataclass
class Columns:
    """Where each field stands in a table."""

    kind: TableKind
    """What the rows are."""
    index: dict[str, int] = field(default_factory=dict)
    """Field to the column's number."""
    mapped: list[MappedColumn] = field(default_factory=list)
    """The same, with how sure it is."""
    stages: list[tuple[int, str]] = field(default_factory=list)
    """Columns that hold the day a stage was entered, with the stage."""

    def put(self, name: str, index: int, column: str, confidence: float, how: str) -> None:
        """Maps a field to a column."""
        self.index[name] = index
        self.mapped.append(MappedColumn(name, column, confidence, how))

    @property
    def used(self) -> set[int]:
        """Numbers of the columns in use."""
        return {*self.index.values(), *(index for index, _ in self.stages)}


@dataclass
class Intake:
    """What every reader needs: the options, the report, and what one intake has learned so far."""

    options: IntakeOptions
    """Settings."""
    report: IntakeReport
    """Where problems and counts go."""
    seen_deals: dict[str, int] = field(default_factory=dict)
    """Hash of what was last told of an opportunity by rows of activities, bounded."""
