"""The annotator ceiling: how well a second annotator scores on the same set, by the same scores.

A second person's labels are scored against the set's as a classifier's would be.  A classifier that
scores as high agrees with the set as well as people agree with each other; what it gains above that
is agreement with one person's habits.  Source: W. Gale, K. Church & D. Yarowsky (1992), "Estimating
upper and lower bounds on the performance of word-sense disambiguation programs".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from auditor.domain.agreement import cohen_kappa
from auditor.domain.labels import Reason
from auditor.domain.verdict import Evidence, EvidenceRole
from auditor.errors import InputError
from auditor.reading.prepared import raw_fields
from eval import intervals, metrics
from eval.agreement import Labelling, read_labelling
from eval.evidence_metrics import occurrences, score_evidence, summarise_evidence
from eval.labelled import LabelledRecord, LabelledSet
from eval.set_files import set_sha256


def measure_ceiling(
    labelled: LabelledSet, second: Path, *, seed: int = intervals.SEED
) -> dict[str, Any]:
    """Scores a second annotator against a set, for the key ``ceiling`` of a run's JSON.

    Args:
        labelled: the set.
        second: the second annotator's labels: a labelled set, or lines of ``{"id", "label"}``.
        seed: of the bootstrap.

    Returns:
        ``path``, ``sha256``, ``n`` (records that both labelled), ``kappa``, and under the names of
        a run's scores those that a person has: those of labels, and of reasons and evidence where
        the file gives them; None where it does not.

    Raises:
        InputError: where the file can't be read, or no record is in both.
    """
    theirs = read_labelling(second)
    both = [r for r in labelled if r.id in theirs.labels]
    if not both:
        raise InputError(
            f"{str(second)!r} labels no record of {labelled.path!r}; give second labels of this set"
        )
    gold, said = [r.label for r in both], [theirs.labels[r.id] for r in both]
    matrix = metrics.confusion_matrix(gold, said)
    drawn = intervals.resampled_confusions(gold, said, [r.cluster for r in both], seed=seed)
    right = [g is s for g, s in zip(gold, said, strict=True)]
    pairs = metrics.group_consistency((r.pair for r in both), right)
    kappa = cohen_kappa(matrix.tolist())
    return {
        "path": str(second),
        "sha256": set_sha256(second),
        "n": len(both),
        "kappa": None if np.isnan(kappa) else round(kappa, 6),
        "accuracy": round(float(metrics.accuracy(matrix)), 6),
        "accuracy_ci95": intervals.percentile_interval(metrics.accuracy(drawn)).as_list(),
        "macro_f1": round(float(metrics.macro_f1(matrix)), 6),
        "macro_f1_ci95": intervals.percentile_interval(metrics.macro_f1(drawn)).as_list(),
        "per_label": {
            label.value: {k: round(v, 6) for k, v in s._asdict().items()}
            for label, s in metrics.label_scores(matrix).items()
        },
        "reason_accuracy": _rounded(metrics.reason_accuracy(_reason(r, theirs) for r in both)),
        "pairs": {"n": pairs.n, "both_right_rate": _rounded(pairs.rate)},
        "evidence": _evidence(both, theirs),
    }


def _reason(record: LabelledRecord, theirs: Labelling) -> bool | None:
    """Whether the second reason is accepted; None where either gave none."""
    said = theirs.raw[record.id].get("reason")
    if record.reason is None or said not in list(Reason):
        return None
    return record.accepts(Reason(said))


def _evidence(both: list[LabelledRecord], theirs: Labelling) -> dict[str, float | None]:
    scored = []
    for record in both:
        quotes = [q for q in theirs.raw[record.id].get("evidence") or () if isinstance(q, str)]
        if quotes:
            scored.append(score_evidence(record.record, record.evidence, _placed(record, quotes)))
    found = summarise_evidence(scored)
    return {
        "deciding_hit_rate": _rounded(found.deciding_hit_rate),
        "token_f1": _rounded(found.token_f1),
    }


def _placed(record: LabelledRecord, quotes: list[str]) -> list[Evidence]:
    """A person's quotes as evidence, each where its words first stand."""
    texts = dict(raw_fields(record.record))
    found = []
    for number, quote in enumerate(quotes):
        role = EvidenceRole.SUPPORTING if number else EvidenceRole.DECIDING
        for name, start, end in list(occurrences(quote, texts))[:1]:
            found.append(
                Evidence(field=name, start=start, end=end, quote=quote, speaker=None, role=role)
            )
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
