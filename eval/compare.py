"""Two runs of one set against each other: is the difference more than chance, and what changed.

Both runs judged the same records, so records are compared with themselves (paired), and records of
one family are drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.domain.labels import Label
from auditor.errors import InputError
from eval import intervals, metrics
from eval.results import RunItem, RunResult

MARGIN = 0.03
"""How much F1 of ``implicit_loss`` a new run may lose and still count as no worse."""
ALPHA = 0.05
GUARDED = Label.IMPLICIT_LOSS
"""The label that must not get worse: a loss that is missed stays in the queue."""


class Difference(NamedTuple):
    """How much a score differs, second run less first."""

    a: float
    """Score of the first run."""
    b: float
    """Score of the second."""
    interval: intervals.Interval
    """95 % interval of ``b - a``."""

    @property
    def change(self) -> float:
        """``b - a``."""
        return self.b - self.a

    def as_json(self) -> dict[str, Any]:
        """Plain types."""
        return {
            "a": round(self.a, 6),
            "b": round(self.b, 6),
            "difference": round(self.change, 6),
            "ci95": self.interval.as_list(),
        }


class McNemar(NamedTuple):
    """McNemar's exact test on which records are right."""

    only_a: int
    """Records that only the first run has right."""
    only_b: int
    """Records that only the second has right."""
    p_value: float
    """Two-sided exact p-value."""


@dataclass(frozen=True)
class Comparison:
    """What comparing two runs found."""

    n: int
    """Records compared."""
    macro_f1: Difference
    """Of macro-F1."""
    accuracy: Difference
    """Of accuracy."""
    f1: dict[Label, Difference]
    """Of each label's F1."""
    mcnemar: McNemar
    """On right and wrong."""
    margin: float
    """Non-inferiority margin on the guarded label's F1."""
    changed: tuple[tuple[RunItem, RunItem], ...]
    """Records whose label changed, as (first, second), newly wrong ones first."""
    warnings: tuple[str, ...] = ()
    """What makes the comparison less than fair."""

    @property
    def non_inferior(self) -> bool:
        """Whether the second run's F1 of the guarded label is shown to be no worse.

        Shown where the 95 % interval of the difference lies above minus the margin (a one-sided
        test at 2.5 %).  Source: G. Piaggio et al. (2012), "Reporting of noninferiority and
        equivalence randomized trials" (CONSORT extension).
        """
        return self.f1[GUARDED].interval.low > -self.margin

    @property
    def regressions(self) -> list[str]:
        """Why the second run must not replace the first, in words; empty where it may."""
        found = []
        if self.macro_f1.interval.high < 0:
            found.append(f"macro-F1 is worse by {-self.macro_f1.change:.3f}, beyond chance")
        if self.mcnemar.p_value < ALPHA and self.mcnemar.only_a > self.mcnemar.only_b:
            found.append(
                f"{self.mcnemar.only_a} records turned wrong and {self.mcnemar.only_b} right "
                f"(McNemar p = {self.mcnemar.p_value:.3g})"
            )
        if not self.non_inferior:
            low = self.f1[GUARDED].interval.low
            found.append(
                f"F1 of {GUARDED.value} is not shown to be no worse: it may have lost "
                f"{-low:.3f}, and the margin is {self.margin:g}"
            )
        return found

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        d = self.macro_f1
        spread = f"95 % interval {d.interval.low:+.3f} to {d.interval.high:+.3f}"
        if not self.changed:
            return f"Both runs give the same labels to all {self.n} records."
        if d.interval.low > 0:
            return f"The second run is better: macro-F1 {d.change:+.3f} ({spread})."
        if d.interval.high < 0:
            return f"The second run is worse: macro-F1 {d.change:+.3f} ({spread})."
        return f"The difference includes zero: tied. Macro-F1 {d.change:+.3f} ({spread})."

    def as_json(self) -> dict[str, Any]:
        """Plain types, for ``--json``."""
        return {
            "n": self.n,
            "macro_f1": self.macro_f1.as_json(),
            "accuracy": self.accuracy.as_json(),
            "f1": {label.value: d.as_json() for label, d in self.f1.items()},
            "mcnemar": self.mcnemar._asdict(),
            "non_inferiority": {
                "label": GUARDED.value,
                "margin": self.margin,
                "shown": self.non_inferior,
            },
            "regressions": self.regressions,
            "sentence": self.sentence,
            "changed": [_changed_json(a, b) for a, b in self.changed],
            "warnings": list(self.warnings),
        }


def _changed_json(a: RunItem, b: RunItem) -> dict[str, Any]:
    return {
        "id": a.id,
        "gold": a.gold.value,
        "a": a.label.value,
        "b": b.label.value,
        "confidence_a": a.confidence,
        "confidence_b": b.confidence,
        "change": _kind_of_change(a, b),
    }


def _kind_of_change(a: RunItem, b: RunItem) -> str:
    if a.right:
        return "now wrong"
    return "now right" if b.right else "wrong otherwise"


def compare_runs(
    first: RunResult,
    second: RunResult,
    *,
    margin: float = MARGIN,
    seed: int = intervals.SEED,
    resamples: int = intervals.RESAMPLES,
) -> Comparison:
    """Compares two runs of the same set.

    The intervals are of a paired bootstrap: each resample draws the same records for both.  Source:
    B. Efron & R. Tibshirani (1993), "An Introduction to the Bootstrap"; for comparing two systems
    T. Berg-Kirkpatrick et al. (2012), "An empirical investigation of statistical significance in
    NLP".

    Raises:
        InputError: where the runs have no record in common, or differ on a gold label.
    """
    a, b, warnings = _align(first, second)
    accuracies, macros, labels = _differences(a, b, seed=seed, resamples=resamples)
    return Comparison(
        n=len(a),
        macro_f1=macros,
        accuracy=accuracies,
        f1=labels,
        mcnemar=mcnemar_exact([i.right for i in a], [i.right for i in b]),
        margin=margin,
        changed=_changed(a, b),
        warnings=tuple(warnings),
    )


def _differences(
    a: Sequence[RunItem], b: Sequence[RunItem], *, seed: int, resamples: int
) -> tuple[Difference, Difference, dict[Label, Difference]]:
    """Differences of accuracy, of macro-F1 and of each label's F1, on the same draws."""
    gold, clusters = [i.gold for i in a], [i.cluster for i in a]
    drawn = [
        intervals.resampled_confusions(
            gold, [i.label for i in run], clusters, seed=seed, resamples=resamples
        )
        for run in (a, b)
    ]
    whole = [metrics.confusion_matrix(gold, [i.label for i in run]) for run in (a, b)]

    def difference(score: Callable[[NDArray[np.number]], metrics.Floats]) -> Difference:
        interval = intervals.percentile_interval(score(drawn[1]) - score(drawn[0]))
        return Difference(float(score(whole[0])), float(score(whole[1])), interval)

    def f1_of(at: int) -> Difference:
        return difference(lambda m: np.asarray(metrics.f1_scores(m)[..., at]))

    by_label = {label: f1_of(i) for i, label in enumerate(metrics.LABELS)}
    return difference(metrics.accuracy), difference(metrics.macro_f1), by_label


def _align(first: RunResult, second: RunResult) -> tuple[list[RunItem], list[RunItem], list[str]]:
    """The records that both runs judged, in the first run's order."""
    by_id = {i.id: i for i in second.items}
    a = [i for i in first.items if i.id in by_id]
    b = [by_id[i.id] for i in a]
    if not a:
        raise InputError("the runs have no record in common; compare two runs of one set")
    differing = [x.id for x, y in zip(a, b, strict=True) if x.gold is not y.gold]
    if differing:
        raise InputError(
            f"the runs differ on the gold label of {len(differing)} records (first: "
            f"{differing[0]!r}); run both on the same set"
        )
    warnings = []
    alone = len(first.items) + len(second.items) - 2 * len(a)
    if alone:
        warnings.append(f"{alone} records are in one run only and were left out")
    hashes = [run.scores.get("set", {}).get("sha256") for run in (first, second)]
    if None not in hashes and hashes[0] != hashes[1]:
        warnings.append("the runs' sets have different hashes: texts may differ")
    return a, b, warnings


def _changed(a: Sequence[RunItem], b: Sequence[RunItem]) -> tuple[tuple[RunItem, RunItem], ...]:
    order = {"now wrong": 0, "wrong otherwise": 1, "now right": 2}
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x.label is not y.label]
    return tuple(sorted(pairs, key=lambda p: (order[_kind_of_change(*p)], -p[1].confidence)))


def mcnemar_exact(right_a: Sequence[bool], right_b: Sequence[bool]) -> McNemar:
    """McNemar's test with exact binomial probabilities; p is 1 where no record differs.

    Source: Q. McNemar (1947), "Note on the sampling error of the difference between correlated
    proportions"; exact form and use for classifiers: T. G. Dietterich (1998), "Approximate
    statistical tests for comparing supervised classification learning algorithms".  It takes
    records as independent, which those of one family are not: read it beside the bootstrap.
    """
    only_a = sum(x and not y for x, y in zip(right_a, right_b, strict=True))
    only_b = sum(y and not x for x, y in zip(right_a, right_b, strict=True))
    n, least = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(least + 1))
    return McNemar(only_a, only_b, min(1.0, tail / 2 ** (n - 1)) if n else 1.0)
