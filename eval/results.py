"""What a run of a labelled set found, as values and as the JSON that scripts read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.domain.labels import Label, Reason
from auditor.domain.verdict import Evidence, Status
from auditor.errors import InputError


@dataclass(frozen=True)
class RunItem:
    """One record with what was expected and what was said."""

    id: str
    """The record's id."""
    gold: Label
    """The gold label."""
    label: Label
    """The best guess, also where the verdict is left to review."""
    status: Status
    """Decided or needs review."""
    confidence: float
    """Probability of the best guess."""
    probabilities: dict[Label, float]
    """Of each label."""
    reason: Reason
    """The predicted reason."""
    evidence: tuple[Evidence, ...]
    """The predicted quotes."""
    gold_reason: Reason | None = None
    """The gold reason, where the set has one."""
    reason_right: bool | None = None
    """Whether the reason is the gold one or an accepted alternate; None without a gold one."""
    deciding_hit: bool | None = None
    """Whether the deciding quote overlaps a gold quote; None without gold quotes."""
    cluster: str = ""
    """Family or pair that it is resampled with."""
    pair: str | None = None
    """Contrast pair."""
    tags: tuple[str, ...] = ()
    """Tags that slices are made by."""
    warnings: tuple[str, ...] = ()
    """The verdict's warnings."""

    @property
    def right(self) -> bool:
        """Whether the best guess is the gold label."""
        return self.label is self.gold

    def as_json(self) -> dict[str, Any]:
        """Plain types, all keys present."""
        return {
            "id": self.id,
            "gold": self.gold.value,
            "label": self.label.value,
            "status": self.status.value,
            "confidence": self.confidence,
            "probabilities": {k.value: v for k, v in self.probabilities.items()},
            "reason": self.reason.value,
            "evidence": [e.model_dump(mode="json") for e in self.evidence],
            "gold_reason": self.gold_reason.value if self.gold_reason else None,
            "reason_right": self.reason_right,
            "deciding_hit": self.deciding_hit,
            "cluster": self.cluster,
            "pair": self.pair,
            "tags": list(self.tags),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class RunResult:
    """A run: its scores as in the contract's JSON, and its items."""

    scores: dict[str, Any]
    """Every key of the contract but ``items``."""
    items: tuple[RunItem, ...]
    """One a record, in the set's order."""

    def with_scores(self, more: Mapping[str, Any]) -> RunResult:
        """The run with more scores beside its own."""
        return RunResult({**self.scores, **more}, self.items)

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON."""
        return {**self.scores, "items": [i.as_json() for i in self.items]}


def read_result(path: Path) -> RunResult:
    """Reads the JSON of a run.

    Raises:
        InputError: where it is no such file or lacks what a comparison needs.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise InputError(f"{str(path)!r} can't be read ({exc.strerror}); check the path") from exc
    except ValueError as exc:
        raise InputError(f"{str(path)!r} is not JSON ({exc}); give a file of 'eval run'") from exc
    if not isinstance(raw, dict) or not isinstance(raw.get("items"), list) or not raw["items"]:
        raise InputError(f"{str(path)!r} has no items; give a file made by 'eval run --json'")
    try:
        items = tuple(_read_item(i) for i in raw["items"])
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InputError(
            f"{str(path)!r}: an item can't be read ({exc!r}); make the file anew by 'eval run'"
        ) from exc
    return RunResult({k: v for k, v in raw.items() if k != "items"}, items)


def _read_item(raw: Mapping[str, Any]) -> RunItem:
    return RunItem(
        id=str(raw["id"]),
        gold=Label(raw["gold"]),
        label=Label(raw["label"]),
        status=Status(raw["status"]),
        confidence=float(raw["confidence"]),
        probabilities={Label(k): float(v) for k, v in raw["probabilities"].items()},
        reason=Reason(raw["reason"]),
        evidence=tuple(Evidence.model_validate(e) for e in raw["evidence"]),
        gold_reason=Reason(raw["gold_reason"]) if raw.get("gold_reason") else None,
        reason_right=raw.get("reason_right"),
        deciding_hit=raw.get("deciding_hit"),
        cluster=str(raw.get("cluster") or f"id:{raw['id']}"),
        pair=raw.get("pair"),
        tags=tuple(raw.get("tags") or ()),
        warnings=tuple(raw.get("warnings") or ()),
    )
