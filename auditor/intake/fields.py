"""The fields that a table's columns can be mapped to, for each kind of table.

A field's name is what users write in a mapping file or in ``--map``.  Deal fields may also stand in
a table of activities: such rows tell of the opportunity as well.
"""

from __future__ import annotations

from enum import StrEnum

from auditor.errors import InputError


class TableKind(StrEnum):
    """What the rows of a table are."""

    ACTIVITIES = "activities"
    OPPORTUNITIES = "opportunities"
    STAGES = "stages"


DEAL_FIELDS: tuple[str, ...] = tuple(
    "opportunity_id opportunity_name account stage owner team value currency lead_source opened_on "
    "close_date closed_on expected_close_on status is_closed is_won lost_reason probability "
    "next_subject next_due_on next_kind url".split()
)
"""Fields of an opportunity; ``close_date`` is the day closed, or the forecast while open."""

ACTIVITY_FIELDS: tuple[str, ...] = tuple(
    "id text subject kind occurred_at completed_at created_at due_on done owner team duration "
    "contact disposition".split()
)
"""Fields of an activity."""

STAGE_FIELDS: tuple[str, ...] = tuple(
    "opportunity_id opportunity_name new_stage entered_on changed_field".split()
)
"""Fields of a stage history; rows whose ``changed_field`` is not the stage are passed over."""

FIELDS_OF: dict[TableKind, tuple[str, ...]] = {
    TableKind.ACTIVITIES: tuple(dict.fromkeys((*ACTIVITY_FIELDS, *DEAL_FIELDS))),
    TableKind.OPPORTUNITIES: DEAL_FIELDS,
    TableKind.STAGES: STAGE_FIELDS,
}
"""All fields that each kind of table may have."""

DATE_FIELDS = frozenset(
    "occurred_at completed_at created_at due_on opened_on close_date closed_on expected_close_on "
    "next_due_on entered_on".split()
)
"""Fields that hold a day or a time."""

_ALIASES: dict[TableKind, dict[str, str]] = {
    TableKind.ACTIVITIES: {"next_activity": "next_subject", "date": "occurred_at"},
    TableKind.OPPORTUNITIES: {
        "id": "opportunity_id",
        "name": "opportunity_name",
        "next_activity": "next_subject",
        "created_at": "opened_on",
    },
    TableKind.STAGES: {
        "id": "opportunity_id",
        "name": "opportunity_name",
        "stage": "new_stage",
        "date": "entered_on",
    },
}


def resolve_field(kind: TableKind, name: str) -> str:
    """Returns the field that a user's name means in a kind of table.

    Raises:
        InputError: there is no such field; the message lists those there are.
    """
    cleaned = name.strip().lower().replace("-", "_").replace(" ", "_")
    field = _ALIASES[kind].get(cleaned, cleaned)
    if field not in FIELDS_OF[kind]:
        raise InputError(
            f"there is no field {name!r} for {kind.value}; use one of "
            + ", ".join(sorted({*FIELDS_OF[kind], *_ALIASES[kind]}))
        )
    return field
