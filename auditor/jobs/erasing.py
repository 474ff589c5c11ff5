"""Erases a person, and keeps them out: tables, caches and what is held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from auditor.domain.erased import (
    Forgotten,
    fold,
    forget_in_activity,
    forget_in_opportunity,
    forget_in_record,
)
from auditor.domain.records import Activity, Opportunity
from auditor.errors import InputError
from auditor.intake import HISTORY_LIMIT, IntakeItem
from auditor.jobs.deciding import Caller
from auditor.storage import Database
from auditor.storage.erasure import Erased

Cache = Callable[[], int]
"""Empties a cache that may hold anybody's words; returns how many entries went."""


def erase(
    database: Database, key: str, caller: Caller, *, caches: Iterable[tuple[str, Cache]] = ()
) -> Erased:
    """Erases a person from the database, then empties the caches.

    Args:
        database: where they are.
        key: e-mail address, or name as the CRM spells it.
        caller: who asks for it.
        caches: by name; they hold answers and texts of many, and are emptied whole.

    Raises:
        InputError: the key names nobody.
        StorageError: the database failed; nothing was erased.
    """
    if not fold(key):
        raise InputError(f"contact {key!r} is neither an address nor a name")
    with database.begin() as unit:
        done = unit.erasure.erase(
            key, by=caller.actor, at=datetime.now(UTC), history_limit=HISTORY_LIMIT
        )
        unit.audit_log.add(
            caller.actor,
            "contact.erased",
            subject_kind="contact",
            request_id=caller.request_id,
            detail=dict(done.counts),  # whom is not told: that is what was erased
        )
    for name, empty in caches:
        done.counts[name] = empty()
    return done


def without_erased(
    items: Iterable[IntakeItem], forgotten: Forgotten | None, source: str
) -> Iterator[IntakeItem]:
    """Items of an import without the persons who were erased."""
    if forgotten is None:
        yield from items
        return
    for item in items:
        yield _forget(item, forgotten, source)


def _forget(item: IntakeItem, forgotten: Forgotten, source: str) -> IntakeItem:
    if isinstance(item, Opportunity):
        return forget_in_opportunity(forgotten, item, (source, item.id))
    if isinstance(item, Activity):
        place = (source, item.opportunity_id) if item.opportunity_id else None
        return forget_in_activity(forgotten, item, place)
    named = item.activity.opportunity_id
    return forget_in_record(forgotten, item, (source, named) if named else None)
