"""Leaves persons who were erased out of events that name them again.

What an event tells goes into the registers without them, as imports leave them out, and the raw
body is emptied once the event is done with: until then it is needed to try again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any

from auditor.domain.erased import ERASED, Forgotten, forget_in_json
from auditor.domain.records import Participant
from auditor.intake.crm.changes import Change, RecordKind
from auditor.intake.crm.registers import latest
from auditor.jobs.event_reading import Work
from auditor.storage import UnitOfWork
from auditor.storage.events import ReceivedEvent

_KEPT = frozenset({"opportunity_id", "owner", "team", "participants"})
"""Fields that name records and reps, who are no contacts; participants are looked at one by one."""
_TAG = re.compile(r"<[^<>]*>")
_Key = tuple[str, str, str]


@dataclass(frozen=True)
class WithoutErased:
    """Events without persons who were erased."""

    work: Sequence[Work]
    """As they were read, without them."""
    named: frozenset[int] = field(default=frozenset())
    """Keys of the events whose raw bodies name them."""


def without_erased(unit: UnitOfWork, work: Sequence[Work]) -> WithoutErased:
    """Leaves erased persons out of events that were read.

    Args:
        unit: the unit of work.
        work: the events; of those that name nobody the same objects are given back.
    """
    forgotten = unit.erasure.forgotten()
    if forgotten is None:
        return WithoutErased(work)
    deals = _stored_deals(unit, work)
    done: list[Work] = []
    named: set[int] = set()
    for each in work:
        changes = [_forget(forgotten, c, each.event.source, deals) for c in each.reading.changes]
        is_told = changes != list(each.reading.changes)
        record = each.record
        if record is not None and (is_told or _names(forgotten, record.payload)):
            record = record.emptied()
        if is_told or _names(forgotten, each.event.payload):
            named.add(each.event.key)
        reading = replace(each.reading, changes=tuple(changes)) if is_told else each.reading
        done.append(replace(each, reading=reading, record=record))
    return WithoutErased(done, frozenset(named))


def _stored_deals(unit: UnitOfWork, work: Sequence[Work]) -> Mapping[_Key, str | None]:
    """The opportunities that activities were on before, by source, kind and id."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    for each in work:
        keys = {(c.kind.value, c.id) for c in each.reading.changes}
        wanted.setdefault(each.event.source, set()).update(keys)
    return {
        (source, *key): record.opportunity_id or latest(record.told, "opportunity_id")
        for source, keys in wanted.items()
        for key, record in unit.crm_records.find(source, sorted(keys)).items()
    }


def _forget(
    forgotten: Forgotten, change: Change, source: str, deals: Mapping[_Key, str | None]
) -> Change:
    """A change without them; the same where it names nobody."""
    deal: str | None = change.id
    if change.kind is RecordKind.ACTIVITY:
        known = deals.get((source, change.kind.value, change.id))
        deal = change.told.get("opportunity_id") or known
    place = (source, deal) if deal else None

    def strike(text: str) -> str:
        return forgotten.strike(text, place)

    told: dict[str, Any] = {
        name: value if name in _KEPT else forget_in_json(strike, value)
        for name, value in change.told.items()
    }
    people = told.get("participants")
    if people:
        told["participants"] = others = [p for p in people if not _is_one(forgotten, p)]
        if len(others) < len(people):
            # The activity stays, as a contact that was made; what was said does not.
            told |= {"text": ERASED} | ({"subject": None} if "subject" in told else {})
    return change if told == dict(change.told) else replace(change, told=told)


def _is_one(forgotten: Forgotten, participant: dict[str, Any]) -> bool:
    return forgotten.is_one(Participant.model_validate(participant))


def _names(forgotten: Forgotten, payload: str) -> bool:
    """Whether a raw body names them, also across fields, tags and escapes."""
    told = _text_of(payload)
    return any(forgotten.strike(each) != each for each in (payload, told) if each)


def _text_of(payload: str) -> str:
    """All text of a body of JSON or XML, in order."""
    try:
        told = " ".join(_strings(json.loads(payload)))
    except (ValueError, RecursionError):
        told = payload
    return " ".join(unescape(_TAG.sub(" ", unescape(told))).split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def records_of(work: Sequence[Work]) -> list[ReceivedEvent]:
    """The records that were read for events, to be kept beside them."""
    return [each.record for each in work if each.record is not None]
