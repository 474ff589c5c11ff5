"""What a person says a record shows, and the labelled record that it makes.

Evaluators label in the terminal, supervisors on a page; what they give is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.domain.labels import LABEL_OF, Label, Reason
from auditor.errors import DecisionError

MAX_QUOTES = 4
"""The codebook asks for one to four quotes."""
UNSURE = "unsure"
"""Tag of records that the annotator wants a second look at."""


@dataclass(frozen=True)
class GivenLabel:
    """What an annotator decided on one record."""

    label: Label
    """The label."""
    reason: Reason
    """The deciding reason, one of the label's."""
    evidence: tuple[str, ...]
    """One to four verbatim quotes, the deciding one first."""
    unsure: bool = False
    """True where someone else should look again."""
    comment: str = ""
    """Free words for the adjudicator."""
    reasons_ok: tuple[Reason, ...] = ()
    """Other reasons that would be right too."""


def check_given(given: GivenLabel) -> None:
    """Checks that the parts of a label fit one another; whether quotes stand is checked elsewhere.

    Raises:
        DecisionError: naming the part that does not fit.
    """
    if LABEL_OF[given.reason] is not given.label:
        raise DecisionError("reason", "that is a reason of another label; choose one of this label")
    if given.reason in given.reasons_ok:
        raise DecisionError("reasons_ok", "the deciding reason is no alternate; take it out")
    if not given.evidence:
        raise DecisionError("quote", "quote the words that decide, word for word")
    if len(given.evidence) > MAX_QUOTES:
        raise DecisionError("quote", f"four quotes at most, not {len(given.evidence)}")


def labelled_record(
    given: GivenLabel,
    raw: Mapping[str, Any],
    *,
    tags: Sequence[str] = (),
    annotator: str = "",
    labelled_at: datetime,
) -> dict[str, Any]:
    """The labelled record in the codebook's format.

    Args:
        given: what was decided.
        raw: the record in the codebook's format, with its ``id`` and without a label.
        tags: of the record; ``unsure`` is added where the annotator was.
        annotator: who gave it; left out where empty.
        labelled_at: when.
    """
    entry: dict[str, Any] = {
        "id": raw["id"],
        "label": given.label.value,
        "reason": given.reason.value,
        "evidence": list(given.evidence),
        **{k: v for k, v in raw.items() if k not in ("id", "tags")},
    }
    if given.reasons_ok:
        entry["reasons_ok"] = [r.value for r in given.reasons_ok]
    if tags or given.unsure:
        entry["tags"] = [*tags, UNSURE] if given.unsure else list(tags)
    if given.comment:
        entry["comment"] = given.comment
    if annotator:
        entry["annotator"] = annotator
    return {**entry, "labelled_at": labelled_at.isoformat(timespec="seconds")}
