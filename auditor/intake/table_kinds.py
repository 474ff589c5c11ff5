"""Tells what the rows of a table are, from the fields that its columns could hold."""

from __future__ import annotations

import re

from auditor.intake.fields import TableKind
from auditor.intake.synonyms import normal_name
from auditor.intake.tables import Columns

_WEAK_TEXT = frozenset(
    "description details summary content message beschreibung descripcion omschrijving text "
    "beschrijving inhoud inhalt contenu memo".split()
)
_TELLING = {
    TableKind.ACTIVITIES: {
        "text": 2.0, "subject": 1.5, "occurred_at": 1.5, "due_on": 1.5, "completed_at": 1.5,
        "duration": 2.0, "disposition": 1.5, "kind": 0.5, "done": 0.5,
    },
    TableKind.OPPORTUNITIES: {
        "stage": 2.0, "value": 2.0, "close_date": 2.0, "expected_close_on": 2.0,
        "probability": 2.0, "is_won": 2.0, "lead_source": 1.0, "lost_reason": 1.0,
        "opportunity_name": 1.0,
    },
}  # fmt: skip


def told_kind(guesses: dict[TableKind, Columns], file: str) -> TableKind:
    """Chooses between the guesses for each kind.

    A stage history goes by its columns or the file's name; notes with a date are activities even
    where the opportunity stands beside them; else the more telling columns decide.
    """
    stages, acts, deals = (
        guesses[TableKind.STAGES],
        guesses[TableKind.ACTIVITIES],
        guesses[TableKind.OPPORTUNITIES],
    )
    if _is_stage_history(stages, file):
        return TableKind.STAGES
    dated = any(name in acts.index for name in ("occurred_at", "due_on", "completed_at"))
    strong = "text" in acts.index and _text_title(acts) not in _WEAK_TEXT
    if strong and dated:
        return TableKind.ACTIVITIES
    if _weight(deals) > _weight(acts):
        return TableKind.OPPORTUNITIES
    return TableKind.ACTIVITIES


def _is_stage_history(stages: Columns, file: str) -> bool:
    if "new_stage" not in stages.index or "entered_on" not in stages.index:
        return False
    if not {"opportunity_id", "opportunity_name"} & set(stages.index):
        return False
    title = next(normal_name(m.column) for m in stages.mapped if m.field == "new_stage")
    named = re.search(r"opportunity[ _-]*history|(?:stage|field|deal)[ _-]*history", file, re.I)
    telling = title.removeprefix("data ") in ("new value", "to stage", "new stage", "to")
    return bool(named) or telling or ("changed_field" in stages.index and title != "stage")


def _text_title(columns: Columns) -> str:
    return next(normal_name(m.column) for m in columns.mapped if m.field == "text")


def _weight(columns: Columns) -> float:
    telling = _TELLING[columns.kind]
    total = sum(telling.get(name, 0.0) for name in columns.index)
    if "text" in columns.index and _text_title(columns) in _WEAK_TEXT:
        total -= 1.0
    return total + 1.5 * bool(columns.stages)
