"""Forms of decisions and corrections: what was filled in, read, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import date, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.problems import Problem
from auditor.domain.decisions import Choice, DecisionAction
from auditor.domain.docket import DocketItem
from auditor.domain.labels import LABEL_OF, Label, Reason
from auditor.errors import DecisionConflict, DecisionError

T = TypeVar("T", bound=BaseModel)
_FIELDS = {
    DecisionAction.ADVANCE: ("step", "due_on"),
    DecisionAction.CLOSE: ("close_reason",),
    DecisionAction.PARK: ("event_quote", "due_on"),
    DecisionAction.DISAGREE: ("label", "reason", "quote"),
}
_PLAIN = {
    "due_on": "give a day, such as 2026-03-09",
    "label": "choose the right label",
    "reason": "choose a reason of the list",
    "close_reason": "choose a reason of the list",
    "action": "choose advance, close, park or disagree",
}
_SATURDAY = 5


@dataclass(frozen=True)
class Failed:
    """A form that could not be done, so that it can be shown again as it was filled in."""

    form: str
    """Which: ``decide-KEY`` or ``correct-KEY``."""
    action: str
    """The decision's action; empty for a correction."""
    field: str
    """The field at fault."""
    message: str
    """What is wrong and how to mend it."""
    values: Mapping[str, str] = field_of(default_factory=dict)
    """What was filled in."""
    status: int = 422
    """Of the answer."""


@dataclass(frozen=True)
class Defaults:
    """What the forms of a card are filled with at first."""

    step: str
    """Advance: the step proposed."""
    due_on: date
    """Advance: a week from today, on a working day."""
    close_reason: Reason | None
    """Close: why, where it looks lost."""
    park_on: date | None
    """Park: the day of the buyer's event, where one is known."""
    quotes: tuple[str, ...]
    """Park: words of the record to choose from."""
    label: Label | None
    """The label now, which is not offered to disagree with."""


def defaults_of(item: DocketItem, *, today: date) -> Defaults:
    """What is offered for an item."""
    standing, advice = item.standing, item.recommendation
    due = today + timedelta(7)
    while due.weekday() >= _SATURDAY:
        due += timedelta(1)
    lost = standing.label is Label.IMPLICIT_LOSS
    event = standing.parked_until or standing.event_on
    return Defaults(
        step=advice.proposed_step or "",
        due_on=due,
        close_reason=advice.close_reason or (standing.reason if lost else None),
        park_on=event if event and event > today else None,
        quotes=tuple(q.evidence.quote for q in standing.quotes if q.evidence.field == "text"),
        label=standing.label,
    )


def read_choice(fields: Mapping[str, str], *, week: date) -> Choice:
    """The choice that a form makes; fields of the other actions are left aside.

    Raises:
        DecisionError: a field can't be read; names it.
    """
    try:
        action = DecisionAction(fields.get("action", ""))
    except ValueError:
        raise DecisionError("action", _PLAIN["action"]) from None
    names = (*_FIELDS[action], "comment")
    told = {n: fields[n].strip() for n in names if fields.get(n, "").strip()}
    if action is DecisionAction.DISAGREE:
        told = _with_fitting_reason(told)
    return checked(Choice, {"action": action, "week": week, **told})


def checked(model: type[T], told: Mapping[str, Any]) -> T:
    """The model of a form's fields.

    Raises:
        DecisionError: a field does not fit; names it.
    """
    try:
        return model.model_validate(dict(told))
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "action"
        raise DecisionError(name, _PLAIN.get(name, first["msg"])) from None


def _with_fitting_reason(told: dict[str, str]) -> dict[str, str]:
    """Takes the label of the reason where only that was chosen."""
    reason = told.get("reason")
    if reason and "label" not in told and reason in set(Reason):
        return told | {"label": LABEL_OF[Reason(reason)].value}
    return told


def failed_form(form: str, exc: DecisionError, fields: Mapping[str, str]) -> Failed:
    """What to show again."""
    name = exc.field
    message = str(exc).removeprefix(f"{name}: ")
    action = fields.get("action", "")
    status = 409 if isinstance(exc, DecisionConflict) else 422
    return Failed(form, action, name, message[:1].upper() + message[1:], fields, status)


def key_of(text: str | None) -> int | None:
    """A number that a form or query holds; None where it is none.

    Raises:
        Problem: never; a query that is none is left aside.
    """
    known = text is not None and text.isascii() and text.isdigit() and len(text) < 18
    return int(text or 0) if known else None


def refuse_week(text: str) -> Problem:
    """404 for a week that is none."""
    return Problem(404, "not-found", "Not found", f"{text!r} is no ISO week such as 2026-W09")
