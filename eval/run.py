"""Runs a classifier over a labelled set and scores its verdicts.

The JSON of ``RunResult.as_json`` is a contract: keys may be added to it, none may go.  ``accuracy``
and ``macro_f1`` count the best guess also where a verdict is left to review; ``coverage`` and
``accuracy_on_decided`` tell what was decided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from auditor.classify.protocol import Classifier
from auditor.classify.verdicts import judge
from auditor.domain.policy import Policy
from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Status, Verdict
from eval import calibration, intervals, metrics
from eval.evidence_metrics import RecordEvidence, score_evidence, summarise_evidence
from eval.labelled import LabelledRecord, LabelledSet
from eval.provenance import find_provenance
from eval.results import RunItem, RunResult
from eval.verdict_cache import VerdictCache

BATCH = 64
"""Records judged at a time: progress moves, and a cache is written, after each batch."""
_CURVE_POINTS = 200

Progress = Callable[[int, int], None]
"""Called with (records done, records in all)."""


@runtime_checkable
class MetersUse(Protocol):
    """A classifier that counts what it asks of a language model."""

    @property
    def llm_use(self) -> dict[str, float]:
        """``calls``, ``tokens`` and ``cost`` (US dollars) so far, with counts of its own."""


def run_set(
    labelled: LabelledSet,
    classifier: Classifier,
    policy: Policy,
    *,
    progress: Progress | None = None,
    batch: int = BATCH,
    seed: int = intervals.SEED,
    cache: VerdictCache | None = None,
) -> RunResult:
    """Judges a labelled set and scores the verdicts.

    Args:
        labelled: the set.
        classifier: gives the opinions.
        policy: thresholds.
        progress: told after each batch.
        batch: records judged at a time.
        seed: of the bootstrap.
        cache: verdicts of earlier runs, taken and added to.
    """
    started = time.perf_counter()
    verdicts, cached = _judge_all(labelled, classifier, policy, progress, batch, cache)
    seconds = time.perf_counter() - started
    evidence = [
        score_evidence(r.record, r.evidence, v.evidence)
        for r, v in zip(labelled, verdicts, strict=True)
    ]
    items = tuple(_item(*parts) for parts in zip(labelled, verdicts, evidence, strict=True))
    scores = {
        "set": _set_json(labelled),
        "classifier": classifier.name,
        "policy": policy.fingerprint,
        **score_items(items, seed=seed),
        "evidence": _evidence_json(evidence),
        **_speed_json(seconds, len(items), cached),
        "llm": _llm_use(classifier),
        **_origin(policy, seed),
    }
    return RunResult(scores, items)


def _speed_json(seconds: float, n: int, cached: int) -> dict[str, Any]:
    """Seconds of judging and records a second; a cached record costs none."""
    speed = round(n / seconds, 2) if seconds else None
    return {"seconds": round(seconds, 3), "records_per_second": speed, "cached": cached}


def _set_json(labelled: LabelledSet) -> dict[str, Any]:
    return {
        "path": labelled.path,
        "sha256": labelled.sha256,
        "n": len(labelled),
        "skipped": labelled.n_skipped,
        **({"slice": labelled.slice_name} if labelled.slice_name else {}),
    }


def _judge_all(
    labelled: LabelledSet,
    classifier: Classifier,
    policy: Policy,
    progress: Progress | None,
    batch: int,
    cache: VerdictCache | None,
) -> tuple[list[Verdict], int]:
    """The verdicts in order, and how many came from the cache."""
    records = [r.record for r in labelled]
    verdicts: list[Verdict | None] = [
        cache.get(r, policy) if cache is not None else None for r in records
    ]
    todo = [i for i, v in enumerate(verdicts) if v is None]
    cached = len(records) - len(todo)
    for start in range(0, len(todo), batch):
        own = todo[start : start + batch]
        made = _judge_batch([records[i] for i in own], classifier, policy)
        for i, verdict in zip(own, made, strict=True):
            verdicts[i] = verdict
        if cache is not None:
            cache.keep(zip((records[i] for i in own), made, strict=True), policy)
        if progress:
            progress(cached + min(start + batch, len(todo)), len(records))
    return [v for v in verdicts if v is not None], cached


def _judge_batch(
    records: Sequence[AuditRecord], classifier: Classifier, policy: Policy
) -> list[Verdict]:
    return [finding.verdict for finding in judge(records, classifier, policy)]


def _item(gold: LabelledRecord, verdict: Verdict, evidence: RecordEvidence) -> RunItem:
    form = f"format:{gold.record.activity.format.value}"
    return RunItem(
        id=gold.id,
        gold=gold.label,
        label=verdict.label,
        status=verdict.status,
        confidence=verdict.confidence,
        probabilities=verdict.probabilities,
        reason=verdict.reason,
        evidence=verdict.evidence,
        gold_reason=gold.reason,
        reason_right=gold.accepts(verdict.reason) if gold.reason else None,
        deciding_hit=evidence.deciding_hit,
        cluster=gold.cluster,
        pair=gold.pair,
        tags=(form, *gold.slices),
        warnings=verdict.warnings,
    )


def score_items(items: Sequence[RunItem], *, seed: int = intervals.SEED) -> dict[str, Any]:
    """The contract's scores that follow from the items alone."""
    gold, said = [i.gold for i in items], [i.label for i in items]
    clusters = [i.cluster for i in items]
    matrix = metrics.confusion_matrix(gold, said)
    drawn = intervals.resampled_confusions(gold, said, clusters, seed=seed)
    reasons = metrics.reason_accuracy(i.reason_right for i in items)
    decided = [i for i in items if i.status is Status.DECIDED]
    return {
        "accuracy": _round(metrics.accuracy(matrix)),
        "accuracy_ci95": _interval(metrics.accuracy(drawn)),
        "macro_f1": _round(metrics.macro_f1(matrix)),
        "macro_f1_ci95": _interval(metrics.macro_f1(drawn)),
        "per_label": _per_label(matrix, drawn),
        "confusion": metrics.confusion_table(matrix),
        "needs_review": len(items) - len(decided),
        "coverage": _round(len(decided) / len(items)),
        "accuracy_on_decided": _share([i.right for i in decided]),
        **_calibration_json(items),
        "reason_accuracy": None if reasons is None else _round(reasons),
        "pairs": _consistency_json("both_right", (i.pair for i in items), items),
        "families": _consistency_json("all_right", (_family(i) for i in items), items),
        "by_tag": {
            tag: {"n": s.n, "accuracy": _round(s.accuracy), "macro_f1": _round(s.macro_f1)}
            for tag, s in metrics.slice_scores([i.tags for i in items], gold, said).items()
        },
    }


def _per_label(matrix: metrics.Ints, drawn: metrics.Floats) -> dict[str, dict[str, Any]]:
    resampled = metrics.f1_scores(drawn)
    return {
        label.value: {
            "precision": _round(s.precision),
            "recall": _round(s.recall),
            "f1": _round(s.f1),
            "n": s.n,
            "f1_ci95": _interval(resampled[:, metrics.LABELS.index(label)]),
        }
        for label, s in metrics.label_scores(matrix).items()
    }


def _calibration_json(items: Sequence[RunItem]) -> dict[str, Any]:
    confidence = np.asarray([i.confidence for i in items], dtype=np.float64)
    right = np.asarray([i.right for i in items], dtype=np.bool_)
    probabilities = calibration.probability_matrix([i.probabilities for i in items])
    curve = calibration.risk_coverage_curve(confidence, right)
    step = max(1, -(-len(curve) // _CURVE_POINTS))
    return {
        "ece": _round(calibration.expected_calibration_error(confidence, right)),
        "ece_bins": f"{calibration.BINS} equal-width bins on the top label's confidence",
        "brier": _round(calibration.brier_score([i.gold for i in items], probabilities)),
        "reliability": [
            {k: _round(v) if isinstance(v, float) else v for k, v in b._asdict().items()}
            for b in calibration.reliability_curve(confidence, right)
        ],
        "aurc": _round(calibration.area_under_risk_coverage(confidence, right)),
        "coverage_at_95_accuracy": _round(calibration.coverage_at_accuracy(confidence, right)),
        "risk_coverage": [
            [_round(p.coverage), _round(p.risk), _round(p.threshold)]
            for p in [*curve[:-1:step], *curve[-1:]]
        ],
    }


def _family(item: RunItem) -> str | None:
    return item.cluster if item.cluster.startswith("fam:") else None


def _consistency_json(
    name: str, groups: Iterable[str | None], items: Sequence[RunItem]
) -> dict[str, Any]:
    found = metrics.group_consistency(groups, (i.right for i in items))
    rate = None if found.rate is None else _round(found.rate)
    return {"n": found.n, name: found.all_right, f"{name}_rate": rate}


def _evidence_json(scored: Sequence[RecordEvidence]) -> dict[str, Any]:
    found = summarise_evidence(scored)
    rates = {
        "verbatim_rate": found.verbatim_rate,
        "deciding_hit_rate": found.deciding_hit_rate,
        "token_f1": found.token_f1,
    }
    rounded = {k: None if v is None else _round(v) for k, v in rates.items()}
    return {**rounded, "n_quotes": found.n_quotes, "n_records": found.n_records}


def _llm_use(classifier: Classifier) -> dict[str, float]:
    used = classifier.llm_use if isinstance(classifier, MetersUse) else {}
    return {"calls": 0, "tokens": 0, "cost": 0, **used}


def _origin(policy: Policy, seed: int) -> dict[str, Any]:
    origin = find_provenance()
    return {
        "policy_values": policy.model_dump(mode="json"),
        "commit": origin.commit,
        "dirty": origin.dirty,
        "versions": origin.versions,
        "seed": seed,
        "resamples": intervals.RESAMPLES,
    }


def _round(value: float | metrics.Floats) -> float:
    return round(float(value), 6)


def _share(flags: Sequence[bool]) -> float | None:
    return _round(sum(flags) / len(flags)) if flags else None


def _interval(values: metrics.Floats) -> list[float]:
    return intervals.percentile_interval(values).as_list()
