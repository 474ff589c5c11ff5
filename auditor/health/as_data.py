"""The report as plain data: the same for the API, the page and ``auditor health --json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from auditor.domain.flow import Ledger, ReleaseAnswer, RepFlow, Work
from auditor.domain.flow.queues import AGE_STEPS, Hoarding
from auditor.domain.health import DEFINITIONS, Flaw, Health
from auditor.domain.new_business import Ledgers
from auditor.health.queue import RepQueueView

CLOGS_SHOWN = 50
"""Clogs in the report itself; all of them are the records of ``clogs``."""
_PLACES = 6
_TOLD_TOO: dict[type, tuple[str, ...]] = {
    Ledger: ("began", "room", "may_receive", "words"),
    Work: ("conversations_a_day", "closed_a_day"),
    Hoarding: ("found",),
    Flaw: ("records",),
}
"""What is worked out by the objects themselves."""


def health_data(health: Health) -> dict[str, Any]:
    """The whole report, with the definitions of its figures."""
    told = as_plain(replace(health, clogs=(), new_business=()))
    told["clogs"] = {
        "count": len(health.clogs),
        "untold": health.clogs_untold,
        "records": "clogs",
        "definition": "clog",
        "first": as_plain(health.clogs[:CLOGS_SHOWN]),
    }
    del told["clogs_untold"]
    told["pipeline"] |= {"records": "open"}
    told["honest"] |= {"records": "honest", "definition": "honest"}
    for rep in told["flow"]["reps"]:
        _add_records(rep)
    told["new_business"] = [_book(each) for each in health.new_business]
    told["flow"]["age_steps_days"] = list(AGE_STEPS)
    told["definitions"] = {key: asdict(each) for key, each in DEFINITIONS.items()}
    return dict(told)


def _book(book: Ledgers) -> dict[str, Any]:
    """New business and repeat revenue of a currency; the wins themselves are its records."""
    currency = book.currency or "-"
    return {
        "currency": book.currency,
        "new_accounts": len(book.wins),
        "new_value": as_plain(book.new_value),
        "new_initial": as_plain(book.new_initial),
        "pending": book.pending,
        "repeat": as_plain(book.repeat),
        "repeat_transactions": len(book.repeat_records),
        "new_records": f"new:{currency}",
        "repeat_records": f"repeat:{currency}",
        "new_definition": "new_business",
        "repeat_definition": "repeat",
    }


def queue_data(view: RepQueueView) -> dict[str, Any]:
    """A rep's queue."""
    flow: dict[str, Any] | None = None
    if isinstance(view.flow, RepFlow):
        flow = as_plain(view.flow)
        flow.pop("hoarding")  # it needs the team's other queues
        _add_records(flow)
    return {
        "rep": view.rep,
        "as_of": view.as_of.isoformat(),
        "told_on": as_plain(view.told_on),
        "flow": flow,
        "opportunities": as_plain(view.deals),
    }


def release_data(answer: ReleaseAnswer) -> dict[str, Any]:
    """The answer to a lead router."""
    return dict(as_plain(answer))


def as_plain(value: Any) -> Any:
    """Turns a value into what JSON can hold; floats have six places."""
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return round(value, _PLACES)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: as_plain(getattr(value, name)) for name in _told_of(type(value))}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(k): as_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(v) for v in value]
    return value


@lru_cache
def _told_of(kind: type[Any]) -> tuple[str, ...]:
    """What a kind of object tells: its fields, and what it works out itself."""
    return (*(f.name for f in fields(kind)), *_TOLD_TOO.get(kind, ()))


def _add_records(rep: dict[str, Any]) -> None:
    rep["records"] = {
        "queue": f"queue:{rep['rep']}",
        "parked": f"parked:{rep['rep']}",
        "conversations": f"contacts:{rep['rep']}",
    }
