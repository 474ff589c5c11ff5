"""Roles of people and scopes of what may be done."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """A kind of thing that may be done."""

    INGEST = "ingest"
    """Hand in records."""
    READ = "read"
    """See opportunities, activities and digests."""
    DECIDE = "decide"
    """Decide on opportunities and correct labels."""
    EVALUATE = "evaluate"
    """Have records judged that are not kept, and take corrections; people also label."""
    ADMIN = "admin"
    """People, keys, erasure."""


class Role(StrEnum):
    """What a person is."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    REP = "rep"
    EVALUATOR = "evaluator"


SCOPES_OF: dict[Role, frozenset[Scope]] = {
    Role.ADMIN: frozenset(Scope),
    Role.SUPERVISOR: frozenset({Scope.READ, Scope.DECIDE}),
    Role.REP: frozenset({Scope.READ}),
    Role.EVALUATOR: frozenset({Scope.EVALUATE}),
}
"""What each role may do; a rep only with opportunities whose owner they are."""
