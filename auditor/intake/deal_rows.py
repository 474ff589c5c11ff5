"""Turns rows into opportunities: rows of opportunities, of stage histories, and parts of others.

Only what a row tells is set, so ``model_fields_set`` of the result says what is known; partial
opportunities with the same id are put together by ``auditor.intake.dossier``.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from auditor.domain.records import (
    ActivityKind,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    StageChange,
)
from auditor.errors import RowError
from auditor.intake.cells import Cells
from auditor.intake.tables import Row
from auditor.intake.values import (
    full_salesforce_id,
    parse_amount,
    parse_kind,
    parse_outcome,
    parse_yes,
)

_STAGE_FIELD = re.compile(
    r"^(?:opportunity |deal )?(?:stage|dealstage|phase|etape|etapa|fase)", re.I
)
_PLAIN = {
    "opportunity_name": "name",
    "account": "account",
    "stage": "stage",
    "owner": "owner",
    "team": "team",
    "currency": "currency",
    "lead_source": "lead_source",
    "lost_reason": "lost_reason",
    "url": "url",
}


def deal_id(cells: Cells, row: Row) -> str | None:
    """Returns the id of a row's opportunity, else its name, else None.

    Of several ids in one cell the first is taken, with a warning.
    """
    value = cells.get(row, "opportunity_id")
    if value:
        if ";" in value:
            value = value.split(";")[0].strip()
            cells.intake.report.warn(
                cells.table.file,
                "some activities are on several opportunities; each is taken for its first",
            )
        if cells.title("opportunity_id") == "what id" and not value.startswith("006"):
            return None  # logged on an account or a case
        return full_salesforce_id(value)
    return cells.get(row, "opportunity_name").split(";")[0].strip() or None


def read_deal(cells: Cells, row: Row) -> Opportunity:
    """Reads a row of a table of opportunities.

    Raises:
        RowError: it has neither id nor name.
    """
    identity = deal_id(cells, row)
    if identity is None:
        raise cells.error(
            row, "opportunity_id", "has neither an id nor a name", "fill one of them in"
        )
    known = deal_values(cells, row)
    _add_dates(cells, row, known)
    history = _stage_history(cells, row)
    if history:
        known["stage_history"] = history
    pending = read_next(cells, row)
    # An empty "next step" is a line not filled in; an empty "next activity" is told by the CRM.
    if pending or any("activity" in cells.title(n) for n in ("next_subject", "next_due_on")):
        known |= {"next_activity_known": True, "next_activity": pending}
    return Opportunity(id=identity, **known)


def deal_values(cells: Cells, row: Row) -> dict[str, Any]:
    """Reads what a row of any table tells about its opportunity, but for its dates."""
    known: dict[str, Any] = {
        target: value for name, target in _PLAIN.items() if (value := cells.get(row, name))
    }
    amount = cells.get(row, "value")
    if amount:
        try:
            known["value"], currency = parse_amount(amount)
        except ValueError as exc:
            cells.flaw(row, "value", str(exc))
        else:
            if currency:
                known.setdefault("currency", currency)
    probability = cells.probability(row)
    if probability is not None:
        known["probability"] = probability
    status = _status(cells, row)
    if status is not OpportunityStatus.OPEN:
        known["status"] = status
    return known


def read_next(cells: Cells, row: Row) -> NextActivity | None:
    """Reads the pending activity that stands in the row itself; None where there is none."""
    subject = cells.text(row, "next_subject").strip()
    due_on = cells.day(row, "next_due_on")
    if not subject and due_on is None:
        return None
    kind = parse_kind(cells.get(row, "next_kind")) or parse_kind(subject) or ActivityKind.TASK
    return NextActivity(kind=kind, subject=subject, due_on=due_on)


def read_stage_change(cells: Cells, row: Row) -> Opportunity | None:
    """Reads a row of a stage history; None where it is about another field.

    Raises:
        RowError: the opportunity, the stage or the day is missing or can't be read.
    """
    changed = cells.get(row, "changed_field")
    if changed and not _STAGE_FIELD.match(changed.replace("_", " ")):
        return None
    identity = deal_id(cells, row)
    stage = cells.get(row, "new_stage")
    entered = cells.when(row, "entered_on")
    if identity is None or not stage or entered is None:
        missing = (
            "opportunity_id" if identity is None else "new_stage" if not stage else "entered_on"
        )
        raise cells.error(row, missing, "is empty", "fill it in, or leave the row out")
    change = StageChange(stage=stage, entered_on=entered.date())
    name = cells.get(row, "opportunity_name")
    if name:
        return Opportunity(id=identity, name=name, stage_history=(change,))
    return Opportunity(id=identity, stage_history=(change,))


def _status(cells: Cells, row: Row) -> OpportunityStatus:
    if parse_yes(cells.get(row, "is_won")):
        return OpportunityStatus.WON
    for name in ("status", "stage"):
        if outcome := parse_outcome(cells.get(row, name)):
            return outcome
    if parse_yes(cells.get(row, "is_closed")):
        return OpportunityStatus.LOST
    return OpportunityStatus.OPEN


def _add_dates(cells: Cells, row: Row, known: dict[str, Any]) -> None:
    closed = known.get("status") is not None
    days: dict[str, date | None] = {
        "opened_on": cells.day(row, "opened_on"),
        "closed_on": cells.day(row, "closed_on") if closed else None,
        "expected_close_on": cells.day(row, "expected_close_on"),
    }
    close_date = cells.day(row, "close_date")
    target = "closed_on" if closed else "expected_close_on"
    days[target] = days[target] or close_date
    known.update({name: day for name, day in days.items() if day is not None})


def _stage_history(cells: Cells, row: Row) -> tuple[StageChange, ...]:
    changes = []
    for index, stage in cells.columns.stages:
        try:
            entered = cells.when_at(row, index)
        except RowError as exc:
            cells.intake.report.flaw(exc)
            continue
        if entered is not None:
            changes.append(StageChange(stage=stage, entered_on=entered.date()))
    for item in cells.nested(row, "stage_history"):
        day = str(item.get("entered_on", ""))[:10]
        try:
            changes.append(StageChange(stage=str(item.get("stage", "")), entered_on=day))
        except ValueError:
            cells.flaw(row, "stage", f"the stage change {str(item)[:80]!r} can't be read")
    return tuple(sorted(changes, key=lambda change: change.entered_on))
