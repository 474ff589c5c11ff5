"""Content hashes: what makes two deliveries the same, and what makes a verdict out of date.

Where a row stood (file and line) is no content: the same export with a row more hashes alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditor.domain.records import Activity

_DIGITS = 32


def tagged_hash(text: str) -> str:
    """SHA-256 (its first 128 bits), tagged with its algorithm."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()[:_DIGITS]


def activity_hash(activity: Activity, given: dict[str, Any] | None) -> str:
    """What the source tells of an activity, but for its pending activity and its place."""
    told = activity.model_dump_json(exclude={"source", "next_activity", "id"})
    return tagged_hash(told if given is None else told + canonical(given))


def canonical(value: Any) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class JudgedPart:
    """One activity as far as a verdict on it, or on a later one, depends on it."""

    content: str
    """Its ``content_hash``."""
    pending: dict[str, Any] | None
    """The pending activity that it left."""

    def told(self) -> list[Any]:
        """As it goes into the hash."""
        return [self.content, self.pending]


def input_hash(part: JudgedPart, *, known: bool, earlier: Sequence[JudgedPart]) -> str:
    """Everything that a verdict rests on, apart from the policy.

    The opportunity's stage is left out on purpose: it is judged as on the day the activity was
    audited, and a later stage does not make an old note new.

    Args:
        part: the activity.
        known: whether its source tells pending activities.
        earlier: the history that is judged with it.
    """
    return tagged_hash(canonical([part.told(), known, [e.told() for e in earlier]]))
