"""Guesses which column holds which field, and what a table's rows are.

A name known for a field decides first, then a known name within the column's name, then what the
column holds: the long free text is the text.  The user's own mapping goes before all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from auditor.errors import InputError
from auditor.intake.dates import DateError, parse_when
from auditor.intake.fields import ACTIVITY_FIELDS, DATE_FIELDS, FIELDS_OF, TableKind
from auditor.intake.options import ColumnMap
from auditor.intake.synonyms import (
    ACTIVITY_NAMES,
    DEAL_NAMES,
    OPPORTUNITY_NAMES,
    STAGE_NAMES,
    normal_name,
)
from auditor.intake.table_kinds import told_kind
from auditor.intake.tables import Columns

# In a table of activities, a bare "status" or "closed" is the activity's own.
_DEAL_NAMES_BESIDE: dict[str, tuple[str, ...]] = {
    "status": ("deal status", "opportunity status"),
    "is_closed": (),
    "closed_on": (),
}
_NAMES = {
    TableKind.ACTIVITIES: {**DEAL_NAMES, **ACTIVITY_NAMES, **_DEAL_NAMES_BESIDE},
    TableKind.OPPORTUNITIES: OPPORTUNITY_NAMES,
    TableKind.STAGES: STAGE_NAMES,
}
_OWN_PREFIX = {
    TableKind.ACTIVITIES: re.compile(r"^(?:hs )?(?:activity|task|call|note|meeting|event|email) "),
    TableKind.OPPORTUNITIES: re.compile(r"^(?:hs )?(?:deal|opportunity|potential) "),
    TableKind.STAGES: re.compile(r"^(?:deal|opportunity|data) "),
}
_DEAL_PREFIX = re.compile(r"^(?:deal|opportunity|potential) ")
_OF_A_SALE = frozenset(
    "stage value close_date closed_on expected_close_on status is_won is_closed probability "
    "next_subject next_due_on lead_source lost_reason".split()
)
_STAGE_COLUMN = re.compile(
    r"^(?:hs_(?:v2_)?date_entered_(?P<internal>[\w-]+)"
    r"|date entered [\"'“‘«]?(?P<label>.{1,200}?)[\"'”’»]?(?: \([^)]{0,200}\))?[\"'”’»]?)$",
    re.IGNORECASE,
)


def guess_columns(
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    *,
    mapping: ColumnMap,
    kind: TableKind | None,
    file: str,
    undated: bool = False,
) -> tuple[Columns, list[str]]:
    """Guesses what a table holds.

    Args:
        header: the columns' names.
        sample: values of the first rows.
        mapping: the user's own mapping.
        kind: what the rows are, where the source says it.
        file: name for errors.
        undated: whether activities may do without a date.

    Returns:
        The columns, and warnings about the user's mapping in plain words.

    Raises:
        InputError: neither a kind of table nor its required columns can be told.
    """
    guesses = {each: _guess_as(each, header, sample, mapping) for each in TableKind}
    chosen = guesses[kind or _forced_kind(mapping, header) or told_kind(guesses, file)]
    if chosen.kind is TableKind.ACTIVITIES and "text" not in chosen.index:
        _find_text_by_content(chosen, header, sample)
    _check_required(chosen, header, file, undated=undated)
    warnings = [
        f"there is no column {column!r} for {name}; the columns are {_listed(header)}"
        for name, column in mapping.by_kind.get(chosen.kind, {}).items()
        if _position(header, column) is None
    ]
    return chosen, warnings


def recognised(header: Sequence[str]) -> int:
    """Counts the columns whose names are known for any kind of table."""
    return max(len(_guess_as(kind, header, (), ColumnMap()).index) for kind in TableKind)


def _guess_as(
    kind: TableKind, header: Sequence[str], sample: Sequence[Sequence[str]], mapping: ColumnMap
) -> Columns:
    columns = Columns(kind)
    for name, column in mapping.for_kind(kind).items():
        if (index := _position(header, column)) is not None:
            columns.put(name, index, header[index], 1.0, "given")
    names = [normal_name(title) for title in header]
    if kind is TableKind.OPPORTUNITIES:
        columns.stages = _stage_columns(header, columns.used)
    candidates = sorted(
        (-score, rank, index, name, how)
        for name in FIELDS_OF[kind]
        for index, title in enumerate(names)
        if title and (match := _score(kind, name, title)) is not None
        for score, rank, how in [match]
    )
    for score, _, index, name, how in candidates:
        if name in columns.index or index in columns.used:
            continue
        if not _holds(name, [row[index] for row in sample if index < len(row)]):
            continue
        columns.put(name, index, header[index], -score, how)
    columns.mapped.sort(key=lambda mapped: FIELDS_OF[kind].index(mapped.field))
    return columns


def _score(kind: TableKind, name: str, title: str) -> tuple[float, int, str] | None:
    """How well a column's name fits a field: confidence, rank among its names, and how."""
    known = _NAMES[kind].get(name, ())
    if title in known:
        return 0.95, known.index(title), "name"
    stripped = _OWN_PREFIX[kind].sub("", title)
    if kind is TableKind.ACTIVITIES and name not in ACTIVITY_FIELDS:
        stripped = _DEAL_PREFIX.sub("", title)
        known = known if stripped != title else ()
    if stripped != title and stripped in known:
        return 0.9, known.index(stripped), "name"
    for rank, synonym in enumerate(known):
        if len(synonym) > 4 and " " in synonym and synonym in title:
            return 0.6, rank, "part of name"
    return None


def _holds(name: str, values: Sequence[str]) -> bool:
    """Tells whether a column's values can be what a field needs; an empty column can."""
    filled = [value for value in values if value.strip()][:50]
    if not filled:
        return True
    if name in DATE_FIELDS:
        return sum(_is_date(value) for value in filled) * 2 >= len(filled)
    if name == "value":
        return sum(any(c.isdigit() for c in value) for value in filled) * 2 >= len(filled)
    if name in ("text", "next_subject"):
        return not all(_is_date(value) for value in filled)
    return True


def _is_date(value: str) -> bool:
    try:
        parse_when(value, None)
    except DateError as exc:
        # A date with an impossible year is still a date column's value.
        return "the year" in str(exc) or "is no year" in str(exc)
    return True


def _forced_kind(mapping: ColumnMap, header: Sequence[str]) -> TableKind | None:
    """The kind that the user's mapping asks for, if the columns it names are there."""
    named = [
        kind
        for kind, columns in mapping.by_kind.items()
        if columns and all(_position(header, column) is not None for column in columns.values())
    ]
    if len(named) == 1:
        return named[0]
    text = mapping.anywhere.get("text")
    if text and _position(header, text) is not None:
        return TableKind.ACTIVITIES
    return None


def _position(header: Sequence[str], column: str) -> int | None:
    """Number of a column by its exact name, else by its name in normal form."""
    if column in header:
        return list(header).index(column)
    wanted = normal_name(column)
    return next((i for i, title in enumerate(header) if normal_name(title) == wanted), None)


def _stage_columns(header: Sequence[str], used: set[int]) -> list[tuple[int, str]]:
    found = []
    for index, title in enumerate(header):
        match = _STAGE_COLUMN.match(title.strip().removeprefix("properties."))
        if match and index not in used:
            found.append((index, match["internal"] or match["label"]))
    return [(i, stage) for i, stage in found if stage.lower() != "current_stage"]


def _find_text_by_content(
    columns: Columns, header: Sequence[str], sample: Sequence[Sequence[str]]
) -> None:
    """Takes the longest free text for the text, where no column's name tells it."""
    best, best_mean = None, 25.0
    for index, title in enumerate(header):
        values = [row[index].strip() for row in sample if index < len(row) and row[index].strip()]
        if index in columns.used or not values or normal_name(title).endswith((" id", "url")):
            continue
        prose = [value for value in values if value.count(" ") >= 3 and "://" not in value[:10]]
        mean = sum(map(len, values)) / len(values)
        if len(prose) * 2 > len(values) and mean > best_mean:
            best, best_mean = index, mean
    if best is not None:
        columns.put("text", best, header[best], 0.5, "content")


def _check_required(columns: Columns, header: Sequence[str], file: str, *, undated: bool) -> None:
    have = set(columns.index)
    found = _listed(header)
    if columns.kind is TableKind.OPPORTUNITIES:
        if not have & {"opportunity_id", "opportunity_name"}:
            raise InputError(
                f"{file}: no column holds the opportunity's id or name; the columns are {found}; "
                "name one with --map opportunities.id=COLUMN or in a mapping file"
            )
        if not have & _OF_A_SALE and not columns.stages:
            raise InputError(
                f"{file}: the columns tell neither of activities nor of a sale's stage, value or "
                f"closing; they are {found}; name one with --map text=COLUMN or --map stage=COLUMN"
            )
    elif columns.kind is TableKind.STAGES:
        return  # it is only taken for one where its columns are there
    elif not have & {"text", "subject", "disposition"}:
        raise InputError(
            f"{file}: no column holds the notes; the columns are {found}; name one with "
            "--map text=COLUMN or in a mapping file"
        )
    elif not undated and not have & {"occurred_at", "completed_at", "created_at", "due_on"}:
        raise InputError(
            f"{file}: no column holds a date; the columns are {found}; name one with "
            "--map occurred_at=COLUMN or in a mapping file, or give --undated-as DAY"
        )


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(title) for title in header[:30])
    return shown + (f" and {len(header) - 30} more" if len(header) > 30 else "")
