"""A team's rules: ``[teams.NAME]`` of the settings; ``[teams.default]`` serves the others."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from auditor.domain.new_business import NewBusinessRules

DEFAULT_TEAM = "default"
"""Name of the section for teams that have none of their own."""


class TeamRules(BaseModel):
    """How a team's queues are run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cap: int = Field(default=80, ge=1, le=10_000)
    """Most open opportunities of a rep, parked ones left out."""
    rep_caps: dict[str, int] = {}
    """Other caps of single reps, such as one who works half the week."""
    reorder_at: int | None = Field(default=None, ge=0)
    """Queue at or under which marketing is asked to fill it to the cap; cap - closed_a_day."""
    conversations_a_day: int = Field(default=15, ge=0)
    """Least selling conversations of a rep's working day."""
    closed_a_day: int = Field(default=10, ge=0)
    """Opportunities that a rep should close, won or lost, in a working day."""
    shortest_conversation_seconds: int = Field(default=30, ge=0)
    """A call known to be shorter is an attempt, whatever the note says."""
    reps: tuple[str, ...] = ()
    """Reps that may receive before the CRM shows anything of theirs."""
    target: Decimal | None = Field(default=None, gt=0)
    """Value to win in a quarter, in ``target_currency``; None leaves percent full unknown."""
    target_currency: str | None = None
    """ISO 4217 code of the target."""
    new_business: NewBusinessRules = NewBusinessRules()
    """What counts as new business."""

    @model_validator(mode="after")
    def _levels_in_order(self) -> TeamRules:
        if self.reorder_at is not None and self.reorder_at > self.cap:
            raise ValueError(f"reorder_at {self.reorder_at} is over the cap of {self.cap}")
        if any(cap < 0 for cap in self.rep_caps.values()):
            raise ValueError("a cap in rep_caps is under 0")
        return self

    def cap_of(self, rep: str) -> int:
        """The cap of one rep; case is ignored."""
        wanted = rep.casefold()
        return next((c for n, c in self.rep_caps.items() if n.casefold() == wanted), self.cap)

    def reorder_level(self, rep: str) -> int:
        """Queue at or under which the rep's queue is filled again."""
        cap = self.cap_of(rep)
        level = cap - self.closed_a_day if self.reorder_at is None else self.reorder_at
        return max(0, min(level, cap))


def rules_for(teams: Mapping[str, TeamRules], team: str | None) -> TeamRules:
    """The rules of a team; case is ignored."""
    by_name = {name.casefold(): rules for name, rules in teams.items()}
    return by_name.get((team or "").casefold()) or by_name.get(DEFAULT_TEAM) or TeamRules()
