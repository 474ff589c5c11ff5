"""The caller: a person who signed in, or a machine with a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from auditor.access.roles import SCOPES_OF, Role, Scope
from auditor.domain.records import Opportunity
from auditor.storage import StoredKey, User


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

    @property
    def may_label(self) -> bool:
        """Whether they may label: whoever decides, and people who evaluate.

        A key for evaluation is given for records that a machine hands in; it opens no stored note.
        """
        decides = self.scopes >= {Scope.READ, Scope.DECIDE}
        return decides or (self.kind == "user" and Scope.EVALUATE in self.scopes)

    def may_see(self, opportunity: Opportunity) -> bool:
        """Whether an opportunity is theirs to see."""
        if self.owner is not None:
            return (opportunity.owner or "").casefold() == self.owner.casefold()
        return self.teams is None or (opportunity.team or "").casefold() in self.teams


def of_user(user: User) -> Principal:
    """The principal of a person: admins see all, reps their own, others their teams'."""
    role = Role(user.role)
    return Principal(
        actor=f"user:{user.email}",
        kind="user",
        scopes=frozenset(map(str, SCOPES_OF[role])),
        teams=None if role is Role.ADMIN else _folded(user.teams),
        owner=(user.owner or "") if role is Role.REP else None,
        user_key=user.key,
    )


def of_key(key: StoredKey) -> Principal:
    """The principal of a machine."""
    return Principal(
        actor=f"key:{key.public_id}",
        kind="key",
        scopes=frozenset(key.scopes),
        teams=_folded(key.teams),
    )


def _folded(teams: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if teams is None else frozenset(t.strip().casefold() for t in teams)
