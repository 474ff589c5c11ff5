"""Work on the database: judges what is due.

What is due follows from the data: an activity without a verdict, under the current policy, on what
is now known of it.  No list of work is kept that could be lost or grow stale.  Each batch is a
transaction of its own, so a run that is stopped goes on where it was.

One activity that can't be judged must not hold up the others.  A batch that fails is taken apart,
and what fails by itself is noted and left for later.  A batch that a process died over is told by
the mark that it left: its activities are then taken one at a time, each noted before it is tried,
so that the one that kills is left out the next time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.classify.protocol import Classifier
from auditor.classify.verdicts import judge
from auditor.domain.policy import Policy
from auditor.errors import StorageError
from auditor.intake.dossier import HISTORY_LIMIT
from auditor.jobs.audit import BATCH
from auditor.jobs.failures import OF_THE_WHOLE, describe_error, note_failure
from auditor.storage import Database, DueActivity
from auditor.storage.failures import JUDGE, judge_subject
from auditor.storage.outages import is_outage

log = logging.getLogger("auditor.jobs")
_MARK = "batch"
_DIED = "the process ended while it was judged"


def count_due(database: Database, policy: Policy) -> int:
    """How many activities are due, those that failed and wait for another try left out."""
    with database.read() as unit:
        return unit.activities.count_due(policy.fingerprint, at=datetime.now(UTC))


def due_blocks(database: Database, policy: Policy) -> list[int]:
    """Numbers of the blocks of activities that hold due ones; see ``judge_due``."""
    with database.read() as unit:
        return unit.activities.due_blocks(policy.fingerprint, size=BATCH, at=datetime.now(UTC))


def judge_due(
    database: Database,
    classifier: Classifier,
    policy: Policy,
    *,
    on_judged: Callable[[int], None] = lambda _: None,
    block: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    caller: str = "auditor",
) -> int:
    """Judges the activities that are due and stores the findings, batch by batch.

    Args:
        database: where they are.
        classifier: gives the opinions.
        policy: thresholds; verdicts under its fingerprint count as done.
        on_judged: called with the number of activities done with since the last call.
        block: only those whose keys lie in this block of ``BATCH`` keys.
        should_stop: asked before each batch; true ends the run.
        caller: who has them judged, for the findings' provenance.

    Returns:
        How many findings were added.

    Raises:
        StorageError: the database failed; the batches before are kept.
        ConfigurationError, ModelError: the classifier can't be used.
    """
    after = -1 if block is None else block * BATCH - 1
    before = None if block is None else (block + 1) * BATCH
    run, added = _Run(database, classifier, policy, caller), 0
    while not should_stop():
        keys = run.due_keys(after=after, before=before)
        if not keys:
            break
        added += run.batch(keys)
        after = keys[-1][0]
        on_judged(len(keys))
    return added


@dataclass(frozen=True)
class _Run:
    """One run over what is due."""

    database: Database
    classifier: Classifier
    policy: Policy
    caller: str

    def due_keys(self, *, after: int, before: int | None) -> list[tuple[int, str]]:
        with self.database.read() as unit:
            return unit.activities.due_keys(
                self.policy.fingerprint,
                after=after,
                before=before,
                limit=BATCH,
                at=datetime.now(UTC),
            )

    def batch(self, keys: Sequence[tuple[int, str]]) -> int:
        """Judges a batch whole, else one by one; returns how many findings were added."""
        mark = f"{keys[0][0]}-{keys[-1][0]}"
        left = self._mark(mark, keys)
        try:
            done = None if left else self._whole(keys)
            if done is None:
                done = sum(self._alone(key, told, is_suspect=bool(left)) for key, told in keys)
        except BaseException:
            with suppress(StorageError):
                self._unmark(mark)  # it was not the process that died
            raise
        self._unmark(mark, *left)
        return done

    def _whole(self, keys: Sequence[tuple[int, str]]) -> int | None:
        """None where something in it could not be read, judged or stored."""
        try:
            with self.database.read() as unit:
                due = unit.activities.due(
                    self.policy.fingerprint,
                    after=keys[0][0] - 1,
                    before=keys[-1][0] + 1,
                    limit=len(keys),
                    history_limit=HISTORY_LIMIT,
                    at=datetime.now(UTC),
                )
            return self._judge(due)
        except OF_THE_WHOLE as exc:
            self._raise_if_down(exc)
        except Exception as exc:  # noqa: BLE001 - whatever one record does, the others go on
            log.warning("a batch is judged one by one: %s", describe_error(exc))
        return None

    def _alone(self, key: int, input_hash: str, *, is_suspect: bool) -> int:
        subject = judge_subject(key, input_hash, self.policy.fingerprint)
        if is_suspect:
            self._note(subject, _DIED)
        try:
            with self.database.read() as unit:
                one = unit.activities.one(key, history_limit=HISTORY_LIMIT)
            added = self._judge([one] if one is not None else [])
        except OF_THE_WHOLE as exc:
            self._raise_if_down(exc)
            self._note(subject, describe_error(exc), again=is_suspect)
            return 0
        except Exception as exc:  # noqa: BLE001 - it is noted, and the others go on
            self._note(subject, describe_error(exc), again=is_suspect)
            return 0
        if is_suspect:
            with self.database.begin() as unit:
                unit.failures.clear(JUDGE, [subject])
        return added

    def _judge(self, due: Sequence[DueActivity]) -> int:
        if not due:
            return 0
        records, known = [d.record for d in due], [d.pending_known for d in due]
        findings = judge(
            records, self.classifier, self.policy, pending_known=known, caller=self.caller
        )
        now, policy = datetime.now(UTC), self.policy.fingerprint
        with self.database.begin() as unit:
            pairs = zip(due, findings, strict=True)
            added = unit.verdicts.add(pairs, self.policy, judged_at=now)
            done = [judge_subject(d.key, d.input_hash, policy) for d in due]
            if unit.failures.find(JUDGE, done):
                unit.failures.clear(JUDGE, done)
        return added

    def _raise_if_down(self, error: Exception) -> None:
        """Raises what is not one record's fault; a database that answers refused its content."""
        if not isinstance(error, StorageError) or is_outage(error):
            raise error
        try:
            self.database.schema_state()
        except StorageError:
            raise error from None
        log.warning("the database refused content: %s", describe_error(error))

    def _note(self, subject: str, error: str, *, again: bool = False) -> None:
        """Notes a failed try; with ``again``, over the note made before the same try."""
        with self.database.begin() as unit:
            known = unit.failures.find(JUDGE, [subject]).get(subject)
            before = known.attempts - int(again) if known else 0
            dead = note_failure(unit, JUDGE, subject, error, before=before, at=datetime.now(UTC))
        if dead:
            log.error("activity %s can't be judged and waits for a person: %s", subject, error)

    def _mark(self, mark: str, keys: Sequence[tuple[int, str]]) -> list[str]:
        """Marks a batch as under way; gives the marks of processes that died over some of it."""
        first, last = keys[0][0], keys[-1][0]
        with self.database.begin() as unit:
            left = unit.failures.all(kind=_MARK)
            found = [f.subject for f in left if _overlaps(f.subject, first, last)]
            note_failure(unit, _MARK, mark, "under way", before=0, at=datetime.now(UTC))
        return found

    def _unmark(self, *marks: str) -> None:
        with self.database.begin() as unit:
            unit.failures.clear(_MARK, marks)


def _overlaps(mark: str, first: int, last: int) -> bool:
    low, _, high = mark.partition("-")
    return int(low) <= last and int(high) >= first
