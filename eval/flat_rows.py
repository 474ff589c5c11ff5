"""Flat rows (CSV columns, task data of annotation tools) as records in the codebook's format.

Only ``text`` and ``label`` are needed.  Known columns, each optional: ``id``, ``reason``,
``reasons_ok``, ``evidence``, ``stage``, ``kind``, ``format``, ``occurred_at``, ``participants``
(``Dana=rep, Lee=buyer``), ``next_kind``, ``next_subject``, ``next_due_on``, ``history`` (JSON),
``tags``, ``source``, ``opportunity_id``.  Lists are JSON, or parted by ``|``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eval.authoring import LABELS
from eval.record_checks import REASONS

UNDATED = "2025-01-01T00:00:00"
"""Day taken for rows that do not say when the activity was logged."""
_OTHER_NAMES = {
    "note": "text",
    "body": "text",
    "transcript": "text",
    "content": "text",
    "gold": "label",
    "gold_label": "label",
    "date": "occurred_at",
    "logged_at": "occurred_at",
    "due_on": "next_due_on",
    "next_activity_kind": "next_kind",
    "next_activity_subject": "next_subject",
    "next_activity_due_on": "next_due_on",
    "next_activity_due": "next_due_on",
    "opportunity_stage": "stage",
    "type": "kind",
}
KNOWN = frozenset(
    "id text label reason reasons_ok evidence stage kind format occurred_at participants next_kind "
    "next_subject next_due_on history tags source opportunity_id".split()
)
"""Columns that are read, by the name that they are known under."""


def column_name(raw: str) -> str:
    """The name that a column is known under: ``"Next activity subject"`` is ``next_subject``."""
    plain = raw.strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")
    return _OTHER_NAMES.get(plain, plain)


def label_name(raw: str) -> str:
    """A label as the codebook spells it, from ``Vague callback`` or ``vague``; else as given."""
    plain = raw.strip().lower().replace(" ", "_").replace("-", "_")
    return LABELS.get(plain, plain) if plain in LABELS or plain in REASONS else raw


def record_of_row(row: Mapping[str, Any], *, fallback_id: str) -> tuple[dict[str, Any], list[str]]:
    """Turns a flat row into a record in the codebook's format.

    Args:
        row: columns under any of their names; values are text, or lists and objects.
        fallback_id: the id where the row has none.

    Returns:
        The record, and what was wrong with values that could not be read.
    """
    cells = _known_cells(row)
    problems: list[str] = []
    activity = {
        "kind": _text(cells, "kind").lower() or "note",
        "format": _text(cells, "format").lower() or "note",
        "occurred_at": _text(cells, "occurred_at") or UNDATED,
        "text": cells.get("text"),
        "participants": _people(cells.get("participants")),
        "next_activity": _pending(cells),
    }
    opportunity = {"stage": _text(cells, "stage")}
    if _text(cells, "opportunity_id"):
        opportunity["id"] = _text(cells, "opportunity_id")
    record: dict[str, Any] = {
        "id": _text(cells, "id") or fallback_id,
        "label": label_name(_text(cells, "label")) or None,
        "reason": _text(cells, "reason") or None,
        "reasons_ok": _list(cells.get("reasons_ok")),
        "evidence": _quotes(_list(cells.get("evidence"))),
        "opportunity": opportunity,
        "activity": activity,
        "history": _json_list(cells.get("history"), "history", problems),
        "tags": _list(cells.get("tags")),
    }
    if _text(cells, "source"):
        record["source"] = _text(cells, "source")
    return record, problems


def _known_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are read; one under its own name goes before one under another name."""
    cells: dict[str, Any] = {}
    for key in sorted(row, key=lambda k: column_name(k) == k.strip().lower()):
        if column_name(key) in KNOWN and row[key] not in (None, ""):
            cells[column_name(key)] = row[key]
    return cells


def unknown_columns(names: list[str]) -> list[str]:
    """The columns that are not read."""
    return [n for n in names if column_name(n) not in KNOWN]


def _text(cells: Mapping[str, Any], key: str) -> str:
    value = cells.get(key)
    return "" if value is None else str(value).strip()


def _list(value: object) -> list[Any]:
    """A list from a list, from JSON, or from text parted by ``|``."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    text = str(value).strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            found = None
        if isinstance(found, list):
            return found
    return [part.strip() for part in text.split("|") if part.strip()]


def _quotes(values: list[Any]) -> list[Any]:
    """Quotes of a list of texts or of marked spans, as Label Studio's CSV has them.

    Spans labelled like ``deciding`` come first.
    """
    spans = [v for v in values if isinstance(v, Mapping) and isinstance(v.get("text"), str)]
    if len(spans) < len(values):
        return values
    ranked = sorted(spans, key=lambda v: not str((v.get("labels") or [""])[0]).startswith("decid"))
    return list(dict.fromkeys(v["text"] for v in ranked))


def _json_list(value: object, name: str, problems: list[str]) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    try:
        found = json.loads(str(value))
    except json.JSONDecodeError as exc:
        problems.append(f"{name} is not JSON ({exc.msg}); write a JSON list or leave it empty")
        return []
    if isinstance(found, list):
        return found
    problems.append(f"{name} is no JSON list")
    return []


def _people(value: object) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    named = [p.partition("=") for p in str(value).replace(";", ",").split(",") if p.strip()]
    return [{"name": n.strip(), "role": role.strip()} for n, _, role in named]


def _pending(cells: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, subject = _text(cells, "next_kind").lower(), _text(cells, "next_subject")
    due = _text(cells, "next_due_on")
    if not (kind or subject or due):
        return None
    return {"kind": kind or "task", "subject": subject, "due_on": due or None}
