"""What the user can set about intake: the column mapping, date order, encoding and limits.

A mapping comes from a TOML or JSON file (``[activities] text = "My notes column"``) or from option
strings (``text=Notes,occurred_at=Date`` or ``opportunities.value=Betrag``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from auditor.errors import InputError
from auditor.intake.fields import TableKind, resolve_field


class DateOrder(StrEnum):
    """How a date such as 03/04/2026 is read."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


@dataclass(frozen=True)
class ColumnMap:
    """Columns named by the user, which go before any guess."""

    by_kind: Mapping[TableKind, Mapping[str, str]] = field(default_factory=dict)
    """Field to column, for one kind of table."""
    anywhere: Mapping[str, str] = field(default_factory=dict)
    """Field (as the user wrote it) to column, for whatever table has that column."""

    def for_kind(self, kind: TableKind) -> dict[str, str]:
        """Returns field to column for a kind of table; what it can't have is left out."""
        found: dict[str, str] = {}
        for name, column in self.anywhere.items():
            try:
                found[resolve_field(kind, name)] = column
            except InputError:
                continue
        return found | dict(self.by_kind.get(kind, {}))

    def merged(self, other: ColumnMap) -> ColumnMap:
        """Returns this map with the other's entries put over it."""
        kinds = {**self.by_kind}
        for kind, columns in other.by_kind.items():
            kinds[kind] = {**kinds.get(kind, {}), **columns}
        return ColumnMap(kinds, {**self.anywhere, **other.anywhere})


@dataclass(frozen=True)
class IntakeOptions:
    """Settings of one intake; the defaults guess all that can be guessed."""

    mapping: ColumnMap = field(default_factory=ColumnMap)
    """Columns named by the user."""
    date_order: DateOrder | None = None
    """Reads 03/04/2026; None infers it from each file."""
    encoding: str | None = None
    """Text encoding of all files; None detects it."""
    delimiter: str | None = None
    """Delimiter of CSV files; None detects it."""
    max_text_bytes: int = 2_000_000
    """Longest text of one field, in UTF-8 bytes; longer ones are reported, never cut."""
    max_decompressed_bytes: int = 4 * 2**30
    """Most bytes that one ``.gz``, ``.zip`` or workbook may expand to."""
    undated_as: datetime | None = None
    """When the activities of a table without any date happened; None asks for a column."""
    today: date | None = None
    """Day against which an activity with no status counts as still to come; None: the clock's."""
    sample_rows: int = 500
    """Rows looked at to guess columns and date order."""

    @property
    def as_of(self) -> date:
        """The day of ``today``, or the clock's."""
        return self.today or date.today()  # noqa: DTZ011 - exports carry the office's local days


def parse_map_option(value: str) -> ColumnMap:
    """Reads ``field=Column,field=Column``; a field may be ``activities.text``.

    A comma inside a column's name is kept when what follows it holds no ``=``.

    Raises:
        InputError: a pair without ``=``, or a field that does not exist.
    """
    by_kind: dict[TableKind, dict[str, str]] = {}
    anywhere: dict[str, str] = {}
    for name, column in _split_pairs(value):
        table, dot, inner = name.partition(".")
        if dot:
            kind = _kind_named(table)
            by_kind.setdefault(kind, {})[resolve_field(kind, inner)] = column
        else:
            _check_known(name)
            anywhere[name] = column
    return ColumnMap(by_kind, anywhere)


def load_mapping_file(path: str | Path) -> ColumnMap:
    """Reads a mapping file: TOML, or JSON where its name ends in ``.json``.

    Raises:
        InputError: the file can't be read, or names a table or field that does not exist.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as exc:
        raise InputError(
            f"mapping file {str(path)!r} can't be read ({exc}); give a TOML file with tables such "
            'as [activities] and lines such as text = "Notes"'
        ) from exc
    if not isinstance(data, dict):
        raise InputError(f"mapping file {str(path)!r} must hold tables, not a list")
    result = ColumnMap()
    for key, value in data.items():
        pairs = value.items() if isinstance(value, dict) else [(key, value)]
        prefix = f"{key}." if isinstance(value, dict) else ""
        for name, column in pairs:
            if not isinstance(column, str):
                raise InputError(
                    f"mapping file {str(path)!r}: {prefix}{name} must be a column's name in "
                    f"quotes, not {column!r}"
                )
            result = result.merged(_one_pair(f"{prefix}{name}", column))
    return result


def _one_pair(name: str, column: str) -> ColumnMap:
    table, dot, inner = name.partition(".")
    if not dot:
        _check_known(name)
        return ColumnMap({}, {name: column})
    kind = _kind_named(table)
    return ColumnMap({kind: {resolve_field(kind, inner): column}})


def _split_pairs(value: str) -> list[tuple[str, str]]:
    pairs: list[list[str]] = []
    for piece in value.split(","):
        name, equals, column = piece.partition("=")
        if equals:
            pairs.append([name.strip(), column])
        elif pairs:
            pairs[-1][1] += "," + piece
        else:
            raise InputError(f"--map {value!r}: write FIELD=COLUMN, such as text=Notes")
    for name, column in pairs:
        if not name or not column.strip():
            raise InputError(f"--map {value!r}: {name!r} names no column; write FIELD=COLUMN")
    return [(name, column.strip()) for name, column in pairs]


def _kind_named(table: str) -> TableKind:
    wanted = table.strip().lower()
    for kind in TableKind:
        if wanted in (kind.value, kind.value.rstrip("s"), kind.value.replace("ies", "y")):
            return kind
    raise InputError(f"there is no table {table!r}; use activities, opportunities or stages")


def _check_known(name: str) -> None:
    problem: InputError | None = None
    for kind in TableKind:
        try:
            resolve_field(kind, name)
        except InputError as exc:
            problem = problem or exc
        else:
            return
    if problem:
        raise problem
