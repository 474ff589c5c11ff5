"""Erases what was derived from a person's words, or holds them a second time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from auditor.domain.erased import Forgotten, Person, forget_in_json
from auditor.storage.decision_models import (
    CorrectionRow,
    DecisionRow,
    DigestRow,
    LabelRow,
    OutboxRow,
)
from auditor.storage.inserting import in_parts
from auditor.storage.models import ActivityRow, CrmRecordRow, InboundRow, VerdictRow
from auditor.storage.people_models import IdempotencyRow

GONE = ""
"""What is left of a raw payload."""
_DONE = ("sent", "dead", "cancelled")
_NEEDLE = 80
_OWN = ("step", "comment")
Named = Mapping[int, tuple[str, str]]


def forget_derived(
    session: Session, forgotten: Forgotten, person: Person, *, deals: Named, changed: Named
) -> dict[str, int]:
    """Erases verdicts, corrections, quotes, raw payloads, registers and kept answers.

    Args:
        session: the unit's.
        forgotten: strikes them out.
        person: whose words.
        deals: their opportunities by key: source and id.
        changed: activities whose text was changed, by key: source and id.

    Returns:
        How many rows were changed or removed, by what they are.
    """
    quotes = _quotes_of(session, changed)
    gone = _verdicts_to_go(session, forgotten, deals, changed)
    counts = {"decisions": _forget_decisions(session, forgotten, deals, changed, gone)}
    counts["corrections"] = _forget_corrections(session, forgotten, deals, changed, gone)
    counts["labels"] = _forget_labels(session, forgotten, deals, changed)
    for part in in_parts(gone):
        session.execute(delete(VerdictRow).where(VerdictRow.key.in_(part)))
    counts["verdicts"] = len(gone)
    counts["inbound"] = _forget_inbound(session, forgotten, person, changed)
    counts["crm_records"] = _forget_registers(session, forgotten, deals, changed)
    words = sorted({*person.names, *person.addresses, *quotes})
    counts["kept_answers"] = _forget_answers(session, words)
    counts["outbox"] = _forget_outbox(session, forgotten, words)
    counts["digests"] = _forget_digests(session, forgotten)
    return counts


def _quotes_of(session: Session, changed: Named) -> list[str]:
    """Words of erased activities that kept answers may quote."""
    quotes = set()
    for part in in_parts(sorted(changed)):
        query = select(VerdictRow.verdict).where(VerdictRow.activity_key.in_(part))
        for verdict in session.scalars(query):
            quotes |= {e["quote"][:_NEEDLE] for e in verdict.get("evidence", ())}
        events = select(DecisionRow.event_quote).where(DecisionRow.event_activity_key.in_(part))
        for event in session.scalars(events):
            quotes |= {event["quote"][:_NEEDLE]} if event else set()
    return [q for q in quotes if q.strip()]


def _verdicts_to_go(
    session: Session, forgotten: Forgotten, deals: Named, changed: Named
) -> list[int]:
    """Verdicts on changed activities, and those that quote them as history or name the person."""
    found: list[int] = []
    for part in in_parts(sorted(changed)):
        own = select(VerdictRow.key).where(VerdictRow.activity_key.in_(part))
        found += session.scalars(own)
    for part in in_parts(sorted(deals)):
        query = (
            select(VerdictRow, ActivityRow.opportunity_key)
            .join(ActivityRow, ActivityRow.key == VerdictRow.activity_key)
            .where(ActivityRow.opportunity_key.in_(part))
        )
        for row, deal in session.execute(query):
            told = [row.verdict, row.commitments]
            if _quotes_history(told) or _struck(forgotten, deals[deal or 0], told) != told:
                found.append(row.key)
    session.expunge_all()
    return sorted(set(found))


def _quotes_history(value: Any) -> bool:
    if isinstance(value, dict):
        told = value.get("field")
        own = isinstance(told, str) and told.startswith("history")
        return own or any(map(_quotes_history, value.values()))
    return isinstance(value, list) and any(map(_quotes_history, value))


def _struck(forgotten: Forgotten, place: tuple[str, str] | None, value: Any) -> Any:
    return forget_in_json(lambda text: forgotten.strike(text, place), value)


def _forget_decisions(
    session: Session, forgotten: Forgotten, deals: Named, changed: Named, gone: Sequence[int]
) -> int:
    """Strikes them out of decisions, whose own words stay; quotes of changed activities go."""
    dead, rows = set(gone), []
    for part in in_parts(sorted(deals)):
        query = select(DecisionRow).where(DecisionRow.opportunity_key.in_(part))
        for row in session.scalars(query):
            place = deals[row.opportunity_key]
            values: dict[str, Any] = {
                name: None
                if (told := getattr(row, name)) is None
                else forgotten.strike(told, place)
                for name in ("step", "comment")
            }
            values["verdict_key"] = None if row.verdict_key in dead else row.verdict_key
            keeps = row.event_activity_key not in changed
            values["event_quote"] = row.event_quote if keeps else None
            if any(getattr(row, name) != value for name, value in values.items()):
                rows.append(values | {"key": row.key})
    session.expunge_all()
    if rows:
        session.execute(update(DecisionRow), rows)
    return len(rows)


def _forget_corrections(
    session: Session, forgotten: Forgotten, deals: Named, changed: Named, gone: Sequence[int]
) -> int:
    """Removes corrections of verdicts that go; of others, strikes the record and drops vectors."""
    number = 0
    for part in in_parts(gone):
        own = select(CorrectionRow.key).where(CorrectionRow.verdict_key.in_(part))
        keys = list(session.scalars(own))
        session.execute(
            update(DecisionRow)
            .where(DecisionRow.correction_key.in_(keys))
            .values(correction_key=None)
        )
        session.execute(delete(CorrectionRow).where(CorrectionRow.key.in_(keys)))
        number += len(keys)
    rows = _struck_corrections(session, forgotten, deals)
    if rows:
        session.execute(update(CorrectionRow), rows)
    return number + len(rows)


def _struck_corrections(
    session: Session, forgotten: Forgotten, deals: Named
) -> list[dict[str, Any]]:
    rows = []
    for part in in_parts(sorted(deals)):
        texts = set(
            session.scalars(select(ActivityRow.text).where(ActivityRow.opportunity_key.in_(part)))
        )
        query = (
            select(CorrectionRow, ActivityRow.opportunity_key)
            .join(ActivityRow, ActivityRow.key == CorrectionRow.activity_key)
            .where(ActivityRow.opportunity_key.in_(part))
        )
        for row, deal in session.execute(query):
            place = deals[deal or 0]
            record = _struck(forgotten, place, _with_known_history(row.record, texts))
            comment = forgotten.strike(row.comment or "", place) or None
            if record != row.record or comment != row.comment:
                told = {"record": record, "comment": comment, "embedding": None, "model": None}
                rows.append(told | {"key": row.key})
    session.expunge_all()
    return rows


def _forget_labels(session: Session, forgotten: Forgotten, deals: Named, changed: Named) -> int:
    """Removes labels of changed activities, and those on records that quote or name the person.

    A label without the words that it was given on is worth nothing to a set.
    """
    keys: set[int] = set()
    for part in in_parts(sorted(changed)):
        keys |= set(session.scalars(select(LabelRow.key).where(LabelRow.activity_key.in_(part))))
    for part in in_parts(sorted(deals)):
        texts = set(
            session.scalars(select(ActivityRow.text).where(ActivityRow.opportunity_key.in_(part)))
        )
        query = (
            select(LabelRow, ActivityRow.opportunity_key)
            .join(ActivityRow, ActivityRow.key == LabelRow.activity_key)
            .where(ActivityRow.opportunity_key.in_(part))
        )
        for row, deal in session.execute(query):
            told = [_with_known_history(row.record, texts), row.quotes, row.comment]
            struck = _struck(forgotten, deals[deal or 0], told)
            if struck != [row.record, row.quotes, row.comment]:
                keys.add(row.key)
    session.expunge_all()
    for part in in_parts(sorted(keys)):
        session.execute(delete(LabelRow).where(LabelRow.key.in_(part)))
    return len(keys)


def _with_known_history(record: dict[str, Any], texts: set[str]) -> dict[str, Any]:
    """The record without the words of earlier activities that are not stored so any more."""
    history = [
        past if past.get("text") in texts else past | {"text": GONE}
        for past in record.get("history", [])
    ]
    return record | {"history": history}


def _forget_inbound(session: Session, forgotten: Forgotten, person: Person, changed: Named) -> int:
    """Empties raw payloads that tell of changed records, or that name the person."""
    number = 0
    for source, names in _by_source(changed).items():
        for part in in_parts(names):
            chosen = and_(InboundRow.source == source, InboundRow.external_id.in_(part))
            number += _empty(session, chosen)
    for name in sorted(person.names | person.addresses):
        if len(name.split()) == 1 and "@" not in name:
            continue  # too common a word to look for everywhere
        words = [InboundRow.payload.icontains(w, autoescape=True) for w in name.split()]
        query = select(InboundRow.key, InboundRow.payload).where(and_(*words))
        keys = [key for key, raw in session.execute(query) if forgotten.strike(raw) != raw]
        for keys_part in in_parts(keys):
            number += _empty(session, InboundRow.key.in_(keys_part))
    return number


def _empty(session: Session, chosen: ColumnElement[bool]) -> int:
    """Empties payloads; events that still wait are set aside."""
    full = and_(chosen, InboundRow.payload != GONE)
    waits = and_(full, InboundRow.state == "pending")
    session.execute(update(InboundRow).where(waits).values(state="ignored", error="erased"))
    done = update(InboundRow).where(full).values(payload=GONE)
    return len(session.scalars(done.returning(InboundRow.key)).all())


def _by_source(named: Named) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, name in named.values():
        found.setdefault(source, []).append(name)
    return found


def _forget_registers(session: Session, forgotten: Forgotten, deals: Named, changed: Named) -> int:
    """Strikes them out of registers; of changed activities these say what is left in the table."""
    own = {(source, name): key for key, (source, name) in changed.items()}
    rows: dict[int, dict[str, Any]] = {}
    for named, columns in (
        (deals, (CrmRecordRow.opportunity_id, CrmRecordRow.id)),
        (changed, (CrmRecordRow.id,)),
    ):
        for source, names in _by_source(named).items():
            for part in in_parts(names):
                chosen = or_(*(column.in_(part) for column in columns))
                query = select(CrmRecordRow).where(CrmRecordRow.source == source, chosen)
                for row in session.scalars(query):
                    told = _struck(forgotten, (source, row.opportunity_id or row.id), row.told)
                    if row.kind == "activity" and (source, row.id) in own:
                        told = _without_words(session, told, own[source, row.id])
                    if told != row.told:
                        rows[row.key] = {"key": row.key, "told": told}
    session.expunge_all()
    if rows:
        session.execute(update(CrmRecordRow), list(rows.values()))
    return len(rows)


_TIME = 27
"""Characters of a stamp's time: what stands there without an event's id counts as listed."""


def _without_words(session: Session, told: dict[str, Any], key: int) -> dict[str, Any]:
    """A register with the words and people that its activity has kept; the rest stays."""
    row = ActivityRow
    query = select(row.text, row.subject, row.participants).where(row.key == key)
    text, subject, people = session.execute(query).one()
    stamp = max(entries[0][0] for entries in told.values() if entries)[:_TIME]
    kept = {"text": text, "subject": subject, "participants": people or []}
    return told | {name: [[stamp, value]] for name, value in kept.items()}


def _forget_answers(session: Session, words: Sequence[str]) -> int:
    """Removes kept answers to requests that hold any of the words."""
    holds = _holder(words)
    query = select(IdempotencyRow.key, IdempotencyRow.body).where(IdempotencyRow.body.is_not(None))
    keys = [key for key, body in session.execute(query) if holds(body or "")]
    for part in in_parts(keys):
        session.execute(delete(IdempotencyRow).where(IdempotencyRow.key.in_(part)))
    return len(keys)


def _forget_outbox(session: Session, forgotten: Forgotten, words: Sequence[str]) -> int:
    """Empties requests that hold any of the words; those that still wait are cancelled."""
    holds = _holder(words)
    number = 0
    for row in session.scalars(select(OutboxRow)).all():
        told = [row.request, row.answer]
        if holds(str(told)) or _struck(forgotten, None, told) != told:
            state = row.state if row.state in _DONE else "cancelled"
            values: dict[str, Any] = {"request": {}, "answer": None, "state": state}
            session.execute(update(OutboxRow).where(OutboxRow.key == row.key).values(values))
            number += 1
    session.expunge_all()
    return number


def _forget_digests(session: Session, forgotten: Forgotten) -> int:
    rows = []
    for key, shown in session.execute(select(DigestRow.key, DigestRow.shown)):
        told = _struck(forgotten, None, shown)
        if told != shown:
            rows.append({"key": key, "shown": told})
    if rows:
        session.execute(update(DigestRow), rows)
    return len(rows)


def _holder(words: Sequence[str]) -> Callable[[str], bool]:
    """Tells whether a JSON text holds any of the words, whatever their case."""
    wanted = [w.casefold() for w in words]
    escaped = [w.casefold().encode("unicode_escape").decode() for w in words]
    return lambda text: any(w in text.casefold() for w in (*wanted, *escaped))
