"""Chooses the form of an answer by the Accept header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from api.problems import Problem


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The media type that the caller prefers; among equals the one offered first.

    Raises:
        Problem: 406 where none is accepted.
    """
    if not accept or not accept.strip():
        return offered[0]
    ranges = [_read(part) for part in accept.split(",") if part.strip()]
    weights = {kind: _weight(kind, ranges) for kind in offered}
    best = max(offered, key=lambda kind: weights[kind])
    if weights[best] <= 0:
        raise Problem(
            406, "not-acceptable", "Not acceptable", f"this comes as {', '.join(offered)}"
        )
    return best


def _read(part: str) -> tuple[str, float]:
    kind, *parameters = (p.strip() for p in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = min(1.0, max(0.0, float(value)))
            except ValueError:
                weight = 0.0
    return kind.lower(), weight


def _weight(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that a type falls in."""
    group = kind.partition("/")[0] + "/*"
    for wanted in (kind, group, "*/*"):
        found = [weight for told, weight in ranges if told == wanted]
        if found:
            return max(found)
    return 0.0
