"""The release of new opportunities, choked by the cap: one out, one in, with a ledger of why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from auditor.domain.flow.rules import TeamRules
from auditor.domain.flow.work import Movements


@dataclass(frozen=True, slots=True)
class Ledger:
    """How a rep's queue came to its size, and what may be added to it."""

    rep: str
    """The rep."""
    since: date
    """First day counted."""
    until: date
    """Last day counted: the day of the queue."""
    now: int
    """In the queue now: open and not parked."""
    moves: Movements
    """What came and went in between."""
    cap: int
    """Most that the queue may hold."""
    reserved: int = 0
    """Released already, and not yet in the CRM."""

    @property
    def began(self) -> int:
        """In the queue before the first day; worked back from now, since no one counted then."""
        m = self.moves
        return self.now + m.closed + m.parked - m.received - m.returned

    @property
    def room(self) -> int:
        """Free places; under 0 where the queue is over its cap."""
        return self.cap - self.now - self.reserved

    @property
    def may_receive(self) -> int:
        """New opportunities that may be given to the rep."""
        return max(0, self.room)

    @property
    def words(self) -> str:
        """The ledger in one sentence: closed 9, parked 1, 70 in the queue, may receive 10."""
        m = self.moves
        moved = [
            f"{verb} {number}"
            for verb, number in (
                ("received", m.received),
                ("closed", m.closed),
                ("parked", m.parked),
                ("back from parking", m.returned),
                ("released and not yet in the CRM", self.reserved),
            )
            if number
        ]
        went = ", ".join(moved) if moved else "nothing came or went"
        end = f"may receive {self.may_receive}"
        if self.room < 0:
            end += f": {-self.room} over the cap"
        return f"began with {self.began}, {went}; {self.now} of {self.cap} in the queue, {end}"


@dataclass(frozen=True, slots=True)
class ReleaseAnswer:
    """The answer to a lead router."""

    allowed: bool
    """Whether the rep may be given as many as were asked for."""
    may_receive: int
    """How many they may be given."""
    reason: str
    """Why, in a sentence for people."""
    ledger: Ledger | None
    """The count behind it; None where the rep is not known."""
    warnings: tuple[str, ...] = ()
    """What the answer does not know."""


_STALE_DAYS = 2


def may_release(
    rep: str,
    ledger: Ledger | None,
    rules: TeamRules,
    *,
    wanted: int = 1,
    told_on: date | None = None,
    as_of: date | None = None,
) -> ReleaseAnswer:
    """May this rep be given more opportunities?

    Args:
        rep: who.
        ledger: of their queue; None where the data never named them.
        rules: their team's.
        wanted: how many.
        told_on: the day of the newest data, to warn where it is old.
        as_of: today.
    """
    warnings: tuple[str, ...] = ()
    if told_on and as_of and (as_of - told_on).days > _STALE_DAYS:
        age = (as_of - told_on).days
        warnings = (f"the newest data is {age} days old, of {told_on.isoformat()}",)
    if ledger is None:
        return _unknown(rep, rules, wanted, warnings)
    room = ledger.may_receive
    if room >= wanted:
        return ReleaseAnswer(True, room, f"{rep} {ledger.words}", ledger, warnings)
    if ledger.room <= 0:
        out = wanted - ledger.room
        reason = f"{rep} {ledger.words}; {out} must be closed or parked before {wanted} can come in"
        return ReleaseAnswer(False, 0, reason, ledger, warnings)
    reason = f"{rep} {ledger.words}; {wanted} were asked for"
    return ReleaseAnswer(False, room, reason, ledger, warnings)


def _unknown(rep: str, rules: TeamRules, wanted: int, warnings: tuple[str, ...]) -> ReleaseAnswer:
    """A rep without any opportunity: only one that the settings name may begin."""
    cap = rules.cap_of(rep)
    if rep.casefold() in {name.casefold() for name in (*rules.reps, *rules.rep_caps)}:
        reason = f"{rep} holds nothing yet; the whole queue of {cap} is free"
        return ReleaseAnswer(wanted <= cap, cap, reason, None, warnings)
    reason = (
        f"no opportunity was ever told of {rep!r}; check the name, or add a new rep to reps of "
        "the team's settings"
    )
    return ReleaseAnswer(False, 0, reason, None, warnings)
