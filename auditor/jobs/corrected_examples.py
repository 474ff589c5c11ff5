"""Corrections as labelled records, for evaluation and training."""

from __future__ import annotations

from typing import Any

from auditor.domain.labels import REASONS_OF, Reason
from auditor.storage.corrections import LabelledExample


def labelled_line(example: LabelledExample) -> dict[str, Any]:
    """One labelled record in the codebook's format.

    The reason is the supervisor's, else the auditor's where it is of the right label, else left
    out; the evidence is the supervisor's, else the auditor's where the label was confirmed.
    """
    correction = example.correction
    record = dict(correction.record)
    quotes = [correction.evidence.quote] if correction.evidence else []
    if not quotes and example.judged_label == correction.label:
        quotes = list(example.judged_quotes)
    reason: Reason | None = correction.reason
    if reason is None and example.judged_reason in REASONS_OF[correction.label]:
        reason = Reason(example.judged_reason)
    labelled: dict[str, Any] = {
        "id": f"correction-{correction.key}",
        "label": correction.label.value,
        **({"reason": reason.value} if reason else {}),
        "evidence": quotes,
    }
    tags = ["corrected" if example.judged_label != correction.label else "confirmed"]
    record.pop("id", None)
    return {
        **labelled,
        **record,
        "tags": tags,
        "source": f"correction of {correction.made_at.date()} ({example.classifier})",
    }
