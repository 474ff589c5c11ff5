"""What becomes of work that fails: tried again, later each time, in the end left to a person."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from auditor.errors import ConfigurationError, InputError, ModelError, StorageError
from auditor.storage import Database, StoredFailure, UnitOfWork

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""Before the second try, the third, and so on; after the last one it is dead."""
KINDS = {
    "judge": "judging an activity",
    "batch": "judging a batch",
    "digest": "sending a digest",
    "event": "handling an event",
}
"""What kinds of failures are about, in words."""
OF_THE_WHOLE = (ConfigurationError, ModelError, StorageError)
"""Errors that say something of the service, not of the one piece of work."""


def note_failure(
    unit: UnitOfWork,
    kind: str,
    subject: str,
    error: str,
    *,
    before: int,
    at: datetime,
    is_final: bool = False,
) -> bool:
    """Writes that work failed and when it is tried again.

    Args:
        unit: the unit of work.
        kind: of the work.
        subject: what it was about.
        error: what went wrong, without note text.
        before: tries before this one.
        at: now.
        is_final: no further try would do better.

    Returns:
        Whether it is dead: it waits for a person.
    """
    attempts = before + 1
    is_dead = is_final or attempts > len(WAITS)
    wait = WAITS[min(attempts, len(WAITS)) - 1]
    unit.failures.note(
        kind,
        subject,
        error=error,
        attempts=attempts,
        next_at=at if is_dead else at + wait,
        is_dead=is_dead,
        at=at,
    )
    return is_dead


def describe_error(error: BaseException) -> str:
    """What went wrong and where in the code, without the message, which may hold note text."""
    if isinstance(error, OF_THE_WHOLE):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "auditor" in Path(f.filename).parts]
    last = (own or frames)[-1:]
    place = "".join(f" at {'/'.join(Path(f.filename).parts[-3:])}:{f.lineno}" for f in last)
    return f"{type(error).__name__}{place}"


def list_failures(
    database: Database, *, kind: str | None = None, dead_only: bool = False, limit: int = 500
) -> list[StoredFailure]:
    """Failures, the latest first; batches that a process died over are not among them.

    Raises:
        StorageError: the database failed.
    """
    with database.read() as unit:
        found = unit.failures.all(kind=kind, dead_only=dead_only, limit=limit)
    return [f for f in found if f.kind != "batch"]


def requeue(
    database: Database,
    keys: Sequence[int] | None,
    *,
    at: datetime,
    actor: str,
    kind: str | None = None,
) -> list[StoredFailure]:
    """Has failed work tried again at once, with all its tries before it.

    Args:
        database: where it is.
        keys: numbers of the failures; all where None.
        at: now.
        actor: who asks for it, as in the audit log.
        kind: only of this kind.

    Raises:
        InputError: there is no failure of one of the numbers.
        StorageError: the database failed.
    """
    with database.begin() as unit:
        found = unit.failures.requeue(keys=keys, kind=kind, at=at)
        missing = sorted(set(keys or ()) - {f.key for f in found})
        if missing:
            raise InputError(
                f"there is no failure {missing[0]}; see `auditor failures list` for their numbers"
            )
        for each in found:
            unit.audit_log.add(
                actor,
                "failure.requeued",
                subject_kind=each.kind,
                subject=each.subject,
            )
    return found
