"""The caller: a person who signed in, or a machine with a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from auditor.domain.records import Opportunity


@dataclass(frozen=True)
class Principal:
    """Who calls, and what they may do."""

    actor: str
    """``user:ADDRESS`` or ``key:PUBLIC_ID``, as in the audit log."""
    kind: Literal["user", "key"]
    """Person or machine."""
    scopes: frozenset[str]
    """Some of ingest, read, decide, evaluate, admin."""
    teams: frozenset[str] | None = None
    """Casefolded names of the teams that they see; None for all."""
    owner: str | None = None
    """A rep: the owner whose opportunities they see, and no others."""
    user_key: int | None = None
    """The database's number for the person."""

    @property
    def sees_all(self) -> bool:
        """Whether neither team nor owner limits what they see."""
        return self.teams is None and self.owner is None

    def may_see(self, opportunity: Opportunity) -> bool:
        """Whether an opportunity is theirs to see."""
        if self.owner is not None:
            return (opportunity.owner or "").casefold() == self.owner.casefold()
        return self.teams is None or (opportunity.team or "").casefold() in self.teams
