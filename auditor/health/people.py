"""Finds the reps and teams that a user names, whatever their case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from auditor.domain.health import Scope
from auditor.errors import InputError
from auditor.storage import UnitOfWork

_SHOWN = 12


@dataclass(frozen=True)
class People:
    """Names as they are stored."""

    owners: tuple[str, ...] | None
    """Reps to count; None is all."""
    teams: tuple[str, ...] | None
    """Teams to count; None is all."""
    all_teams: tuple[str, ...]
    """Every team that is stored."""


def find_people(
    unit: UnitOfWork, scope: Scope, *, seen_teams: Collection[str] | None = None
) -> People:
    """Finds the names of a scope.

    Args:
        unit: to read with.
        scope: whose.
        seen_teams: casefolded names of the teams that the reader may see; None for all.

    Raises:
        InputError: nothing stored belongs to the rep or team.
    """
    owners, teams = unit.health.people()
    return People(
        None if scope.rep is None else _matching("rep", scope.rep, owners),
        _teams(scope, teams, seen_teams),
        tuple(sorted(teams)),
    )


def _teams(
    scope: Scope, teams: Sequence[str], seen_teams: Collection[str] | None
) -> tuple[str, ...] | None:
    if seen_teams is not None:
        teams = [t for t in teams if t.casefold() in seen_teams]
    if scope.team is not None:
        return _matching("team", scope.team, teams)
    return None if seen_teams is None else tuple(sorted(teams))


def same_name(names: Sequence[str], wanted: str) -> tuple[str, ...]:
    """Those of the names that are the wanted one, case ignored."""
    return tuple(n for n in names if n.casefold() == wanted.casefold())


def _matching(what: str, wanted: str, names: Sequence[str]) -> tuple[str, ...]:
    found = same_name(names, wanted)
    if not found:
        known = ", ".join(sorted(names)[:_SHOWN]) or f"no {what}s"
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise InputError(f"no opportunity belongs to {what} {wanted!r}; stored are {known}{more}")
    return found
