"""Erases a person from the tables, and remembers whom, so that imports leave them out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from auditor.domain.erased import (
    Forgotten,
    Person,
    forget_in_activity,
    forget_in_json,
    forget_in_opportunity,
    read_forgotten,
)
from auditor.domain.records import Participant
from auditor.storage.erasing_derived import forget_derived
from auditor.storage.finding_cache import findings_of
from auditor.storage.inserting import add_missing, in_parts
from auditor.storage.mapping import (
    activity_of,
    activity_values,
    opportunity_of,
    opportunity_values,
)
from auditor.storage.models import ActivityRow, DueChangeRow, OpportunityRow
from auditor.storage.note_vectors import NoteVectorRepository
from auditor.storage.people_models import ErasureRow
from auditor.storage.settling import settle

_SALT_BYTES = 16
_AT_ONCE = 1_000


@dataclass
class Erased:
    """What an erasure reached."""

    counts: dict[str, int] = field(default_factory=dict)
    """Rows changed or removed, by what they are."""
    first_erased_at: datetime | None = None
    """When the person was erased first; None where this was the first time."""


class ErasureRepository:
    """Reaches every table that may hold a person's words or name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def forgotten(self) -> Forgotten | None:
        """Hashes of all who were erased; None where nobody was."""
        hashes = list(self._session.scalars(select(ErasureRow.contact_hash)))
        return read_forgotten(hashes, _salt_of(hashes[0])) if hashes else None

    def erase(self, key: str, *, by: str, at: datetime, history_limit: int) -> Erased:
        """Erases a person.

        Args:
            key: e-mail address or name.
            by: as in the audit log.
            at: now.
            history_limit: most earlier activities that a record carries.
        """
        if self._session.get_bind().dialect.name == "sqlite":
            self._session.execute(text("PRAGMA secure_delete = ON"))  # freed pages are zeroed
        person = self._with_aliases(Person.of_key(key))
        known = self.forgotten() or Forgotten(secrets.token_bytes(_SALT_BYTES))
        first = self._first_erased_at(person, known)
        everywhere = known.with_person(person, frozenset())
        deals = self._own_opportunities(person, everywhere)
        places = frozenset(deals.values())
        forgotten = known.with_person(person, places)
        changed = self._forget_activities(forgotten, deals)
        counts = {"activities": len(changed)}
        counts["opportunities"] = self._forget_opportunities(forgotten, deals)
        counts["due_changes"] = self._forget_due_changes(forgotten, deals)
        counts["embeddings"] = NoteVectorRepository(self._session).forget(sorted(changed))
        counts |= forget_derived(self._session, forgotten, person, deals=deals, changed=changed)
        settle(self._session, sorted(deals), self._alone(changed), limit=history_limit)
        findings_of(self._session).clear()  # or this process would still hold their words
        self._remember(forgotten, known, by=by, at=at, counts=counts)
        return Erased(counts, first)

    def _with_aliases(self, person: Person) -> Person:
        """The person with the names and addresses that they go by on activities."""
        query = select(ActivityRow.participants).where(ActivityRow.participants.is_not(None))
        while True:
            grown = person
            for told in self._session.scalars(query.execution_options(yield_per=_AT_ONCE)):
                grown = grown.also(Participant.model_validate(p) for p in told or ())
            if grown == person:
                return person
            person = grown

    def _own_opportunities(
        self, person: Person, forgotten: Forgotten
    ) -> dict[int, tuple[str, str]]:
        """Opportunities on which they take part or are named, by key: source and id."""
        row, deal = ActivityRow, OpportunityRow
        found: dict[int, tuple[str, str]] = {}
        query = select(
            row.opportunity_key, deal.source, deal.id, row.participants, row.text, row.subject
        ).join(deal, deal.key == row.opportunity_key)
        for key, source, name, people, words, subject in self._session.execute(
            query.execution_options(yield_per=_AT_ONCE)
        ):
            if key in found:
                continue
            own = any(person.is_one(Participant.model_validate(p)) for p in people or ())
            if own or _names(forgotten, person, words, subject):
                found[key] = (source, name)
        for each in self._session.scalars(select(deal).execution_options(yield_per=_AT_ONCE)):
            if _names(forgotten, person, each.name, each.account, each.pending_subject):
                found[each.key] = (each.source, each.id)
        return found

    def _forget_activities(
        self, forgotten: Forgotten, deals: dict[int, tuple[str, str]]
    ) -> dict[int, tuple[str, str]]:
        """Changes activities; returns source and id of those that differ, by key."""
        changed: dict[int, tuple[str, str]] = {}
        rows: list[dict[str, Any]] = []
        # on no opportunity, or on one of theirs: elsewhere they are not named
        alone = ActivityRow.opportunity_key.is_(None)
        for part in [None, *in_parts(sorted(deals))]:
            chosen = alone if part is None else ActivityRow.opportunity_key.in_(part)
            for row in self._session.scalars(select(ActivityRow).where(chosen)):
                place = deals.get(row.opportunity_key or 0)
                values = _forget_activity(forgotten, row, place)
                if values:
                    changed[row.key] = (row.source, row.id)
                    rows.append(values | {"key": row.key})
        self._session.expunge_all()
        if rows:
            self._session.execute(update(ActivityRow), rows)
        return changed

    def _forget_opportunities(self, forgotten: Forgotten, deals: dict[int, tuple[str, str]]) -> int:
        rows = []
        for part in in_parts(sorted(deals)):
            query = select(OpportunityRow).where(OpportunityRow.key.in_(part))
            for row in self._session.scalars(query):
                before = opportunity_of(row)
                after = forget_in_opportunity(forgotten, before, deals[row.key])
                if after != before:
                    rows.append(opportunity_values(after) | {"key": row.key})
        self._session.expunge_all()
        if rows:
            self._session.execute(update(OpportunityRow), rows)
        return len(rows)

    def _forget_due_changes(self, forgotten: Forgotten, deals: dict[int, tuple[str, str]]) -> int:
        rows = []
        for part in in_parts(sorted(deals)):
            query = select(DueChangeRow).where(
                DueChangeRow.opportunity_key.in_(part), DueChangeRow.subject.is_not(None)
            )
            for row in self._session.scalars(query):
                told = forgotten.strike(row.subject or "", deals[row.opportunity_key])
                if told != row.subject:
                    rows.append({"key": row.key, "subject": told})
        self._session.expunge_all()
        if rows:
            self._session.execute(update(DueChangeRow), rows)
        return len(rows)

    def _alone(self, changed: dict[int, tuple[str, str]]) -> list[int]:
        found: list[int] = []
        for part in in_parts(sorted(changed)):
            query = select(ActivityRow.key).where(ActivityRow.key.in_(part))
            found += self._session.scalars(query.where(ActivityRow.opportunity_key.is_(None)))
        return found

    def _first_erased_at(self, person: Person, known: Forgotten) -> datetime | None:
        hashes = [known.hash_of("p", each) for each in person.names | person.addresses]
        query = select(ErasureRow.erased_at).where(ErasureRow.contact_hash.in_(hashes))
        return min(self._session.scalars(query), default=None)

    def _remember(
        self,
        forgotten: Forgotten,
        known: Forgotten,
        *,
        by: str,
        at: datetime,
        counts: dict[str, int],
    ) -> None:
        fresh = [
            {"contact_hash": h, "erased_at": at, "erased_by": by, "counts": counts}
            for h in sorted(forgotten.hashes - known.hashes)
        ]
        add_missing(self._session, ErasureRow, fresh, returning=ErasureRow.key)


def _names(forgotten: Forgotten, person: Person, *texts: str | None) -> bool:
    """Whether any of the texts names them; a plain look at the words goes first."""
    for told in texts:
        if told and _may_name(person, told) and forgotten.strike(told) != told:
            return True
    return False


def _may_name(person: Person, told: str) -> bool:
    folded = told.casefold()
    return any(all(w in folded for w in name.split()) for name in person.names | person.addresses)


def _forget_activity(
    forgotten: Forgotten, row: ActivityRow, place: tuple[str, str] | None
) -> dict[str, Any]:
    """Columns of an activity that differ once they are forgotten; empty where none does."""
    named = place[1] if place else None
    own = activity_of(row, named).model_copy(update={"next_activity": None})
    after = forget_in_activity(forgotten, own, place)

    def strike(told: str) -> str:
        return forgotten.strike(told, place)

    given = forget_in_json(strike, row.given)
    plans = {name: forget_in_json(strike, getattr(row, name)) for name in ("own_next", "left_next")}
    same_plans = all(getattr(row, name) == plan for name, plan in plans.items())
    if after == own and given == row.given and same_plans:
        return {}
    values = activity_values(after, given)
    kept = {n: values[n] for n in ("text", "participants", "subject", "given", "content_hash")}
    return kept | plans


def _salt_of(contact_hash: str) -> bytes:
    return bytes.fromhex(contact_hash.split(":")[1])
