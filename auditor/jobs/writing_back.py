"""Writes decisions back to the CRM: a demanded step as a task, a close as lost with its reason.

What is to be written follows from the decisions: each that stands and has no request yet gets one,
which is sent once the time to take it back is over.  A decision that was taken back takes what is
not sent yet with it.  What fails is tried again, later each time; what might be done twice, or was
refused, waits for a person.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.digest.words import REASON_WORDS
from auditor.domain.decisions import Decision, DecisionAction
from auditor.errors import InputError
from auditor.intake.crm.write_client import CrmWriter, Sent
from auditor.intake.crm.writing import CrmRequest, Task, lost_request, task_request
from auditor.jobs.failures import WAITS
from auditor.storage import Database, UnitOfWork
from auditor.storage.outbox import CANCELLED, DEAD, PENDING, SENT, StoredRequest
from auditor.write_back_settings import TargetSettings, WriteBackSettings

LOOKS_BACK = timedelta(days=1)
"""Older decisions are not written: switching this on is no order to write the past."""
_AT_ONCE = 50
log = logging.getLogger("auditor.jobs")


@dataclass
class Written:
    """What a run did."""

    planned: int = 0
    """Requests made."""
    sent: int = 0
    """Done by the CRM."""
    failed: int = 0
    """Tried again later."""
    dead: int = 0
    """Waiting for a person."""
    cancelled: int = 0
    """Whose decisions were taken back."""


def write_back(
    database: Database,
    settings: WriteBackSettings,
    *,
    now: datetime | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Plans, cancels and sends what is due.

    Args:
        database: where decisions are.
        settings: which CRMs are written to.
        now: the present.
        should_stop: asked between requests.

    Raises:
        StorageError: the database failed; what was sent is written down with each request.
    """
    done, moment = Written(), now or datetime.now(UTC)
    with database.begin() as unit:
        done.cancelled = unit.outbox.cancel_undone(at=moment)
    if not settings.is_on:
        return done
    done.planned = plan(database, settings, now=moment)
    if not settings.dry_run:
        with ExitStack() as open_ones:
            writers: dict[str, CrmWriter] = {}
            while not should_stop() and _send_next(
                database, settings, writers, open_ones, done, moment
            ):
                pass
    if done.sent or done.dead:
        log.info("write-back: %d sent, %d failed, %d dead", done.sent, done.failed, done.dead)
    return done


def plan(database: Database, settings: WriteBackSettings, *, now: datetime) -> int:
    """Makes the requests of decisions that have none yet; returns how many.

    Raises:
        StorageError: the database failed.
    """
    planned = 0
    with database.begin() as unit:
        for key in unit.outbox.unplanned(since=now - LOOKS_BACK, limit=_AT_ONCE * 10):
            decision = unit.decisions.get(key)
            if decision is not None and _plan_one(unit, settings, decision, now):
                planned += 1
    return planned


def _plan_one(
    unit: UnitOfWork, settings: WriteBackSettings, decision: Decision, now: datetime
) -> bool:
    stored = unit.browsing.opportunity(decision.opportunity_key)
    target = settings.target_of(stored.source) if stored else None
    if stored is None or target is None:
        return False
    own = settings.of(target)
    wanted = own.tasks if decision.action is DecisionAction.ADVANCE else own.close
    if not wanted:
        return False
    state, error, told = PENDING, None, {}
    try:
        told = request_of(own, stored.opportunity.id, decision).as_data()
    except InputError as exc:
        state, error = DEAD, str(exc)
    unit.outbox.add(
        {
            "dedup_key": f"decision:{decision.key}",
            "decision_key": decision.key,
            "target": target,
            "request": told,
            "state": state,
            "attempts": 0,
            "next_at": decision.made_at + timedelta(minutes=settings.wait_minutes),
            "created_at": now,
            "error": error,
        }
    )
    return True


def request_of(settings: TargetSettings, deal: str, decision: Decision) -> CrmRequest:
    """The exact request that a decision asks for.

    Args:
        settings: of the CRM.
        deal: the opportunity's id there.
        decision: to advance or to close.

    Raises:
        InputError: the id is none of this CRM's.
    """
    if decision.action is DecisionAction.CLOSE:
        reason = decision.close_reason
        return lost_request(settings, deal, REASON_WORDS[reason.value] if reason else "lost")
    who = decision.made_by.partition(":")[2] or decision.made_by
    note = f"Demanded by {who}." + (f" {decision.comment}" if decision.comment else "")
    due = decision.due_on or decision.made_at.date()
    return task_request(settings, deal, Task(decision.step or "", due, note))


def _send_next(
    database: Database,
    settings: WriteBackSettings,
    writers: dict[str, CrmWriter],
    open_ones: ExitStack,
    done: Written,
    now: datetime,
) -> bool:
    """Sends the next request that is due, in a transaction of its own; false where none is."""
    with database.begin() as unit:
        done.cancelled += unit.outbox.cancel_undone(at=now)
        found = unit.outbox.due(at=now, limit=1)
        if not found:
            return False
        [request] = found
        own = settings.of(request.target)
        barred = "this CRM is switched off" if not own.enabled else None
        if not request.request:  # it never could be made
            barred = "it has no request: its opportunity has no id of this CRM; cancel it"
        if barred is not None:
            unit.outbox.settle(request.key, _dead(request, barred, now))
            done.dead += 1
            return True
        # Held for the longest time that a request may take: a process that dies on the way leaves
        # it pending, and what may not be done twice then waits for a person.
        repeatable = CrmRequest(**request.request).may_be_repeated
        held = {"attempts": request.attempts + 1, "next_at": now + timedelta(minutes=5)}
        if not repeatable:
            held |= _dead(request, "its sending was cut off; look in the CRM", now)
        unit.outbox.settle(request.key, held)
    if request.target not in writers:
        writers[request.target] = open_ones.enter_context(closing(CrmWriter(own)))
    sent = writers[request.target].send(CrmRequest(**request.request))
    with database.begin() as unit:
        unit.outbox.settle(request.key, _outcome(request, sent, now, done))
        if sent.done:
            unit.audit_log.add(
                "system",
                "decision.written",
                subject_kind="decision",
                subject=request.decision_key,
                detail={"outbox": request.key, "target": request.target},
            )
    return True


def _outcome(request: StoredRequest, sent: Sent, now: datetime, done: Written) -> dict[str, Any]:
    attempts = request.attempts + 1
    told: dict[str, Any] = {
        "attempts": attempts,
        "answer": {"status": sent.status, "body": sent.body},
        "error": sent.problem,
    }
    if sent.done:
        done.sent += 1
        return told | {"state": SENT, "done_at": now}
    if sent.is_final or attempts > len(WAITS):
        done.dead += 1
        return told | {"state": DEAD, "done_at": now}
    done.failed += 1
    wait = max(WAITS[attempts - 1], timedelta(seconds=sent.retry_after or 0))
    return told | {"state": PENDING, "done_at": None, "next_at": now + wait}


def _dead(request: StoredRequest, told: str, now: datetime) -> dict[str, Any]:
    return {"state": DEAD, "error": told, "done_at": now, "attempts": request.attempts + 1}


def retry(database: Database, keys: list[int], *, actor: str) -> list[int]:
    """Has dead requests sent again at once, with all tries before them; returns which.

    Raises:
        InputError: none of them is dead.
        StorageError: the database failed.
    """
    now = datetime.now(UTC)
    values = {"state": PENDING, "attempts": 0, "next_at": now, "done_at": None, "error": None}
    return _moved(database, keys, (DEAD,), values, "outbox.retried", actor)


def cancel(database: Database, keys: list[int], *, actor: str) -> list[int]:
    """Cancels requests that are not sent; the decision stands.  Returns which.

    Raises:
        InputError: none of them is pending or dead.
        StorageError: the database failed.
    """
    values = {"state": CANCELLED, "done_at": datetime.now(UTC), "error": f"cancelled by {actor}"}
    return _moved(database, keys, (PENDING, DEAD), values, "outbox.cancelled", actor)


def _moved(
    database: Database,
    keys: list[int],
    of: tuple[str, ...],
    values: dict[str, Any],
    action: str,
    actor: str,
) -> list[int]:
    with database.begin() as unit:
        moved = unit.outbox.move(keys, of=of, values=values)
        if not moved:
            raise InputError(
                f"none of these requests is {' or '.join(of)}; see `auditor outbox list`"
            )
        for key in moved:
            unit.audit_log.add(actor, action, subject_kind="outbox", subject=key)
    return sorted(moved)
