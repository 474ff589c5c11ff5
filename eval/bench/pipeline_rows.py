"""Rows of a made-up pipeline of any size, for ``eval.bench.health``: the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from auditor.domain.findings import Contact
from auditor.domain.labels import REASONS_OF, Label, Reason
from auditor.domain.policy import Policy

STAGES = ("Prospecting", "Discovery", "Site survey", "Proposal", "Negotiation", "Contract")
SOURCES = ("Referral", "Cold call", "Website", "Trade fair", "LinkedIn", "Tender portal")
CURRENCIES = ("GBP", "GBP", "GBP", "EUR", "USD")
_LOSSES = tuple(r.value for r in REASONS_OF[Label.IMPLICIT_LOSS])
_QUEUE = 80
_REPS_OF_TEAM = 8
_SNAPSHOT_DAYS = (32, 62, 92)
_NOTE = (
    "Spoke to Lee about the racking for the new bay. He likes the layout, is waiting for figures "
    "from finance and is off next week. Call back in a fortnight to see where they are. "
)

OPPORTUNITY = (
    "key source id name account stage owner team value currency lead_source opened_on closed_on "
    "expected_close_on status lost_reason probability pending_known pending_kind pending_subject "
    "pending_due_on told_on"
).split()
STAGE_CHANGE = ["opportunity_key", "stage", "entered_on", "observed"]
ACTIVITY = (
    "key source id opportunity_key kind format occurred_at occurred_utc text owner "
    "duration_seconds left_known content_hash input_hash told_on"
).split()
VERDICT = (
    "activity_key policy input_hash judged_at status label reason confidence verdict contact "
    "commitments attempts"
).split()
SNAPSHOT = (
    "opportunity_key week taken_on stage value due_on expected_close_on probability"
).split()
POLICY = ["fingerprint", "body", "first_used_at"]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Size:
    """How large."""

    open_ones: int
    """Open opportunities."""
    closed: int
    """Closed ones."""
    activities: int
    """Activities of all of them."""

    @property
    def all(self) -> int:
        """Opportunities."""
        return self.open_ones + self.closed


@dataclass(frozen=True, slots=True)
class _Life:
    """One opportunity's times, worked out from its number alone."""

    opened: int
    """Days before the day of the count."""
    closed: int | None
    """The same; None while open."""
    won: bool
    """Whether it was won."""
    entered: tuple[int, ...]
    """Days before the count on which each stage was entered."""


class Pipeline:
    """Makes the rows."""

    def __init__(
        self,
        size: Size,
        policy: Policy,
        *,
        as_of: date,
        seed: int = 0,
        notes: Sequence[str] = (_NOTE,),
    ) -> None:
        """Prepares the rows.

        Args:
            size: how large.
            policy: under which verdicts stand.
            as_of: day of the count.
            seed: another one gives other rows.
            notes: texts of the activities, by turns.
        """
        self.size, self.policy, self.as_of, self.seed = size, policy, as_of, seed
        self._notes = notes
        self._days = [(as_of - timedelta(n)).isoformat() for n in range(1_200)]
        self._reps = max(1, size.open_ones // _QUEUE)
        self._verdicts = {
            (label, reason): self._verdict_json(label, reason)
            for label, reasons in REASONS_OF.items()
            for reason in reasons
        }

    def tables(self) -> Iterator[tuple[str, list[str], Callable[[], Iterator[Row]]]]:
        """Name, columns and rows of each table, in the order in which they refer to each other."""
        yield "policies", POLICY, self._policies
        yield "opportunities", OPPORTUNITY, self._opportunities
        yield "stage_changes", STAGE_CHANGE, self._stage_changes
        yield "pipeline_snapshots", SNAPSHOT, self._snapshots
        yield "activities", ACTIVITY, self._activities
        yield "verdicts", VERDICT, self._all_verdicts

    def _life(self, key: int) -> _Life:
        chance = random.Random(self.seed * 1_000_003 + key)  # noqa: S311 - made-up data
        is_open = key <= self.size.open_ones
        steps = [chance.randint(5, 45) for _ in STAGES]
        reached = chance.randint(1, len(STAGES))
        if is_open:
            opened = sum(steps[: reached - 1]) + chance.randint(0, 90)
            closed, won = None, False
        else:
            closed = chance.randint(0, 700)
            opened = closed + sum(steps[:reached])
            won = reached > 3 and chance.random() < 0.6
        entered, day = [], opened
        for step in steps[:reached]:
            entered.append(day)
            day -= step
        return _Life(opened, closed, won, tuple(entered))

    def _opportunities(self) -> Iterator[Row]:
        for key in range(1, self.size.all + 1):
            life = self._life(key)
            rep = key % self._reps
            is_open = life.closed is None
            status = "open" if is_open else "won" if life.won else "lost"
            yield (
                key,
                "bench",
                f"B{key}",
                f"Opportunity {key}",
                f"Account {key % (self.size.all // 3 + 1)}",
                STAGES[len(life.entered) - 1],
                f"Rep {rep}",
                f"Team {rep // _REPS_OF_TEAM}",
                str(1_000 + key * 7_919 % 250_000),
                CURRENCIES[key % len(CURRENCIES)],
                SOURCES[key % len(SOURCES)],
                self._days[life.opened],
                None if life.closed is None else self._days[life.closed],
                (self.as_of + timedelta(key % 90)).isoformat() if is_open else None,
                status,
                _LOSSES[key % len(_LOSSES)] if status == "lost" else None,
                (key % 10) / 10,
                is_open,
                "call" if is_open else None,
                "Call back" if is_open else None,
                (self.as_of + timedelta(key % 60 - 20)).isoformat() if is_open else None,
                self._days[0],
            )

    def _stage_changes(self) -> Iterator[Row]:
        for key in range(1, self.size.all + 1):
            for stage, day in zip(STAGES, self._life(key).entered, strict=False):
                yield key, stage, self._days[day], False

    def _snapshots(self) -> Iterator[Row]:
        for back in _SNAPSHOT_DAYS:
            taken = self.as_of - timedelta(back)
            week = (taken - timedelta(taken.weekday())).isoformat()
            for key in range(1, self.size.all + 1):
                life = self._life(key)
                if life.opened >= back and (life.closed is None or life.closed < back):
                    at = sum(day >= back for day in life.entered) - 1
                    due = (taken + timedelta(key % 90)).isoformat()
                    yield (
                        key, week, taken.isoformat(), STAGES[at], "1000", None, due, (key % 10) / 10
                    )  # fmt: skip

    def _activities(self) -> Iterator[Row]:
        for key in range(1, self.size.activities + 1):
            deal = (key - 1) % self.size.all + 1
            life = self._life(deal)
            first, last = life.opened, life.closed or 0
            turn = (key - 1) // self.size.all
            each = self.size.activities / self.size.all
            day = self._days[max(last, first - int((first - last) * (turn + 0.5) / each))]
            yield (
                key,
                "bench",
                f"A{key}",
                deal,
                ("call", "call", "email", "meeting", "note")[key % 5],
                "note",
                f"{day}T10:00:00",
                f"{day} 10:00:00.000000",
                self._notes[key % len(self._notes)],
                f"Rep {deal % self._reps}",
                key % 900,
                False,
                "sha256:bench",
                f"h{key}",
                self._days[0],
            )

    def _all_verdicts(self) -> Iterator[Row]:
        contacts = (Contact.TWO_WAY, Contact.TWO_WAY, Contact.ATTEMPT, Contact.NONE)
        judged = f"{self._days[0]} 08:00:00.000000"
        pairs = list(self._verdicts)
        for key in range(1, self.size.activities + 1):
            label, reason = pairs[key * 7 % len(pairs)]
            contact = contacts[key % len(contacts)]
            yield (
                key,
                self.policy.fingerprint,
                f"h{key}",
                judged,
                "decided",
                label.value,
                reason.value,
                0.9,
                self._verdicts[label, reason],
                contact.value,
                "[]",
                int(contact is Contact.ATTEMPT),
            )

    def _verdict_json(self, label: Label, reason: Reason) -> str:
        quote = _NOTE[:12]
        found = {"field": "text", "start": 0, "end": 12, "quote": quote, "role": "deciding"}
        return json.dumps(
            {
                "activity_id": "bench",
                "opportunity_id": "bench",
                "status": "decided",
                "label": label.value,
                "reason": reason.value,
                "confidence": 0.9,
                "probabilities": {each.value: 0.9 if each is label else 0.05 for each in Label},
                "evidence": [found],
                "five_tests": {},
                "next_activity_defects": [],
                "recommendation": {"action": "review", "question": None},
                "classifier": self.policy.classifier,
                "policy": self.policy.fingerprint,
                "warnings": [],
            }
        )

    def _policies(self) -> Iterator[Row]:
        body = self.policy.model_dump_json()
        yield self.policy.fingerprint, body, f"{self._days[0]} 08:00:00.000000"
