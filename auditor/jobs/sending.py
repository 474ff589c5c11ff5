"""Sends digests: each once, to each reader at their hour, over whatever may fail on the way.

A digest is claimed in the database before anything is sent, so that however many processes look,
one sends it.  A process may die between the claim and the sending.  Until the last line of a
message is handed over nothing can have been delivered, so a claim without that mark is taken over
after ``LEASE`` and sent (at least once).  From that mark to the server's answer, a moment mostly,
nobody can tell: such a digest is not sent again by itself (at most once), since a supervisor who
decides from two mails is worse off than one whose mail the operator is told to ask about.  It waits
as a dead letter; whoever requeues it sends the same Message-ID, by which most mail programs show
one of two copies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from auditor.digest.smtp import SendError
from auditor.domain.week import Week
from auditor.errors import AuditorError, StorageError
from auditor.jobs.delivery import Delivery, TakenOver, deliver
from auditor.jobs.digesting import make_digest
from auditor.jobs.failures import describe_error, note_failure
from auditor.jobs.readers import Reader, readers
from auditor.jobs.shop import Shop
from auditor.storage import StoredDigest, UnitOfWork

log = logging.getLogger("auditor.digests")
LEASE = timedelta(minutes=15)
"""After which a claim counts as left behind; longer than a mail server may take to answer."""
PATIENCE = timedelta(hours=2)
"""How long a digest waits for what is not judged yet."""
DIGEST = "digest"
"""Kind of its failures."""
State = Literal["sent", "skipped", "failed", "known"]


class Outcome(NamedTuple):
    """What became of a reader's digest."""

    reader: Reader
    """Whose."""
    week: Week
    """The digest's week."""
    state: State
    """``known`` was sent before, or another process is at it."""
    told: str
    """More, in words."""


def send_due(
    shop: Shop,
    *,
    now: datetime | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Outcome]:
    """Sends the digests that are due and were not sent; after downtime the latest week's only.

    Args:
        shop: settings, database and policy.
        now: the present moment.
        should_stop: asked before each digest.

    Raises:
        StorageError: the database failed.
        ConfigurationError, ModelError: the classifier that names the policy can't be made.
    """
    at = now or datetime.now(UTC)
    with shop.database.begin() as unit:
        everyone = readers(unit, shop.settings)
        work = [*_due(unit, everyone, at), *_of_earlier_weeks(unit, everyone, at)]
    done = []
    for each in work:
        if should_stop():
            break
        if each.since is not None and _must_wait(shop, each.since, at):
            continue
        outcome = _Try(shop, each.reader, each.week, at, is_asked=each.is_asked).run()
        if outcome.state != "known":
            done.append(outcome)
    return done


def send_now(
    shop: Shop, reader: Reader, week: Week, *, is_resend: bool = False, now: datetime | None = None
) -> Outcome:
    """Sends a reader's digest of a week at once, unless it was sent.

    Args:
        shop: settings, database and policy.
        reader: whose.
        week: which.
        is_resend: send it also where it was sent, as a new message.
        now: the present moment.

    Raises:
        StorageError: the database failed.
    """
    return _Try(shop, reader, week, now or datetime.now(UTC), is_resend, is_asked=True).run()


def make_delivery(shop: Shop, reader: Reader, week: Week, now: datetime) -> Delivery:
    """A digest as it would be sent, without sending it.

    Raises:
        StorageError: the database failed.
    """
    with shop.database.read() as unit:
        last = unit.digests.last_sent(reader.recipient, week.monday, reader.channel)
        earlier = unit.digests.sent_before(reader.recipient, week.monday, reader.channel, limit=10)
    made = make_digest(
        shop.database,
        shop.settings,
        shop.policy,
        week=week,
        teams=reader.teams,
        team=reader.team,
        last=last,
        with_flow=True,
    )
    return Delivery(shop.settings, reader, week, made, tuple(earlier), now)


class _Due(NamedTuple):
    reader: Reader
    week: Week
    since: datetime | None = None
    """Since when the first try is due; None for a further one."""
    is_asked: bool = False


def _due(unit: UnitOfWork, everyone: list[Reader], at: datetime) -> Iterator[_Due]:
    """Readers whose latest slot has come and got nothing yet."""
    for reader in everyone:
        slot = reader.slot(at)
        if slot is None:
            continue
        known = unit.digests.find(reader.recipient, slot.week.monday, reader.channel)
        if known is None:
            yield _Due(reader, slot.week, slot.at)
        elif _may_be_tried(unit, known, at):
            yield _Due(reader, slot.week)


def _of_earlier_weeks(unit: UnitOfWork, everyone: list[Reader], at: datetime) -> Iterator[_Due]:
    """Digests of earlier weeks that a person requeued; others that still failed are given up."""
    for failure in unit.failures.all(kind=DIGEST):
        digest = None if failure.is_dead else unit.digests.get(int(failure.subject))
        reader = next((r for r in everyone if digest and r.gets(digest)), None)
        slot = reader.slot(at) if reader else None
        if digest is None or reader is None or slot is None or digest.week >= slot.week.monday:
            continue
        if failure.attempts == 0:
            yield _Due(reader, Week.of(digest.week), is_asked=True)
        else:
            unit.digests.finish(digest.key, "skipped", at=at, error="the next week's came first")
            unit.failures.clear(DIGEST, [failure.subject])


def _may_be_tried(unit: UnitOfWork, known: StoredDigest, at: datetime) -> bool:
    if known.state == "claimed":
        return at - known.claimed_at >= LEASE
    if known.state != "failed":
        return False
    failure = unit.failures.find(DIGEST, [str(known.key)]).get(str(known.key))
    return failure is not None and not failure.is_dead and failure.next_at <= at


def _must_wait(shop: Shop, since: datetime, at: datetime) -> bool:
    """Whether it is better to wait for what is being judged."""
    if at - since >= PATIENCE:
        return False
    with shop.database.read() as unit:
        return unit.activities.count_due(shop.policy.fingerprint, at=at) > 0


@dataclass
class _Try:
    """One try to send one digest."""

    shop: Shop
    reader: Reader
    week: Week
    at: datetime
    is_resend: bool = False
    is_asked: bool = False
    key: int = 0
    attempts: int = 1

    def run(self) -> Outcome:
        refused = self._claim()
        if refused is not None:
            return refused
        try:
            return self._send()
        except TakenOver:
            return self._outcome("known", "another process has taken it over")
        except StorageError:
            raise  # the claim stays, and is taken over once its time is up
        except SendError as exc:
            # What a person asked for is theirs to ask for again.
            is_final = self.is_asked or exc.kind in ("permanent", "unknown")
            return self._failed(str(exc), is_final=is_final)
        except AuditorError as exc:
            return self._failed(str(exc))
        except Exception as exc:  # noqa: BLE001 - noted for a person; others get their digest
            return self._failed(describe_error(exc))

    def _claim(self) -> Outcome | None:
        """Claims the digest; gives why not where it can't be."""
        reader, monday = self.reader, self.week.monday
        with self.shop.database.begin() as unit:
            known = unit.digests.find(reader.recipient, monday, reader.channel)
            if known is None:
                key = unit.digests.claim(reader.recipient, monday, reader.channel, at=self.at)
                self.key = key or 0
                return None if key else self._outcome("known", "another process is sending it")
            return self._claim_again(unit, known)

    def _claim_again(self, unit: UnitOfWork, known: StoredDigest) -> Outcome | None:
        self.key, self.attempts = known.key, known.attempts + 1
        if known.state == "claimed" and self.at - known.claimed_at < LEASE:
            return self._outcome("known", "another process is sending it")
        if known.state == "claimed" and known.message_id is not None and not self.is_resend:
            return self._in_doubt(unit)
        if known.state in ("sent", "skipped") and not self.is_resend:
            when = f" on {known.sent_at:%Y-%m-%d %H:%M} UTC" if known.sent_at else ""
            return self._outcome("known", f"was {known.state} already{when}")
        if known.state == "failed" and not (self.is_asked or _may_be_tried(unit, known, self.at)):
            return self._outcome("known", "failed, and waits for its next try")
        if not unit.digests.claim_again(known, at=self.at):
            return self._outcome("known", "another process is sending it")
        return None

    def _in_doubt(self, unit: UnitOfWork) -> Outcome:
        told = (
            "a process ended while it was handed over: it may have arrived; ask the reader, then "
            "requeue it or leave it"
        )
        unit.digests.finish(self.key, "failed", at=self.at, error=told)
        note_failure(unit, DIGEST, str(self.key), told, before=0, at=self.at, is_final=True)
        return self._outcome("failed", told)

    def _send(self) -> Outcome:
        delivery = make_delivery(self.shop, self.reader, self.week, self.at)
        if self.reader.skips_empty and delivery.made.view.has_nothing and not self.is_asked:
            self._finish("skipped", delivery)
            return self._outcome("skipped", "nothing to decide")
        resent = self.attempts if self.is_resend else 0
        deliver(delivery, resent=resent, before_last=self._hand_over)
        self._finish("sent", delivery)
        log.info("digest of %s sent to one reader by %s", self.week, self.reader.channel)
        return self._outcome("sent", delivery.made.view.title)

    def _hand_over(self, message_id: str) -> None:
        """Raises ``TakenOver`` where the claim is no longer this process's."""
        with self.shop.database.begin() as unit:
            if not unit.digests.hand_over(self.key, self.attempts, message_id):
                raise TakenOver

    def _finish(self, state: str, delivery: Delivery) -> None:
        with self.shop.database.begin() as unit:
            unit.digests.finish(self.key, state, at=self.at, shown=delivery.made.shown)
            unit.failures.clear(DIGEST, [str(self.key)])

    def _failed(self, told: str, *, is_final: bool = False) -> Outcome:
        subject = str(self.key)
        with self.shop.database.begin() as unit:
            unit.digests.finish(self.key, "failed", at=self.at, error=told)
            known = unit.failures.find(DIGEST, [subject]).get(subject)
            before = known.attempts if known is not None else 0
            dead = note_failure(
                unit, DIGEST, subject, told, before=before, at=self.at, is_final=is_final
            )
        log.error(
            "digest of %s was not sent by %s: %s%s",
            self.week,
            self.reader.channel,
            told,
            "; it waits for a person" if dead else "",
        )
        return self._outcome("failed", told)

    def _outcome(self, state: State, told: str) -> Outcome:
        return Outcome(self.reader, self.week, state, told)
