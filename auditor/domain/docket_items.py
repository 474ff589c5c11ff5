"""What a docket is built of, and what stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from auditor.domain.decisions import Became, Decision, Followed
from auditor.domain.findings import Finding
from auditor.domain.labels import Label
from auditor.domain.records import Opportunity
from auditor.domain.standing import Earlier, Standing
from auditor.domain.verdict import Action, Recommendation


class Case(NamedTuple):
    """What a docket is built of: an opportunity, its findings and what was decided on it."""

    opportunity: Opportunity
    """The opportunity."""
    findings: Sequence[Finding]
    """Its judged activities."""
    key: int | None = None
    """The database's number for it."""
    decisions: Sequence[Decision] = ()
    """All that were made on it, oldest first."""
    trouble_since: date | None = None
    """The day since which the rep can see the trouble, where that matters."""


@dataclass(frozen=True, kw_only=True)
class DocketItem:
    """One opportunity with its standing and what to do about it."""

    key: int | None = None
    """The database's number for the opportunity."""
    opportunity: Opportunity
    """The opportunity."""
    standing: Standing
    """As of the digest's reading day."""
    before: Earlier | None = None
    """How it stood a week earlier; None where it had no activity then."""
    recommendation: Recommendation
    """What to do."""
    rank: float = 0.0
    """Value at stake times certainty; higher comes first."""
    active_last_week: bool = False
    """Whether anything was logged on it in the week."""
    if_nothing: str = ""
    """What happens if nothing is decided."""
    decided: Followed | None = None
    """The decision in force, with what became of it."""
    decided_now: bool = False
    """Whether it was made on this week's own docket."""
    held_until: date | None = None
    """The day until which the rep alone sees it; None where the supervisor does."""

    @property
    def is_owed(self) -> bool:
        """Whether a step that was demanded in an earlier week did not come."""
        owed = self.decided is not None and self.decided.became is Became.DID_NOT_COME
        return owed and not self.decided_now

    @property
    def is_open_question(self) -> bool:
        """Whether there is something to decide."""
        return asks(self.recommendation.action)

    @property
    def changed(self) -> str | None:
        """What changed since the week before, in a few words; None where nothing did."""
        if self.before is None:
            return "new"
        was, now = self.before, self.standing
        if was.label is not now.label and now.label:
            return f"was {_LABEL_WORDS[was.label]}, is {_LABEL_WORDS[now.label]}"
        if now.roll_overs > was.roll_overs:
            return "moved again"
        if now.unanswered > was.unanswered:
            return "another attempt unanswered"
        return None


def asks(action: Action) -> bool:
    """Whether a recommendation leaves something to decide."""
    return action in _OPEN_QUESTIONS


_OPEN_QUESTIONS = (Action.CLOSE, Action.ADVANCE, Action.REVIEW)
_LABEL_WORDS = {
    Label.MEANINGFUL_NEXT_STEP: "a real step",
    Label.VAGUE_CALLBACK: "a vague callback",
    Label.IMPLICIT_LOSS: "a loss",
}


class FollowedItem(NamedTuple):
    """What became of an earlier decision, with its opportunity."""

    opportunity: Opportunity
    """The opportunity, which may be closed by now."""
    key: int | None
    """The database's number for it."""
    followed: Followed
    """The decision, and what became of it."""
