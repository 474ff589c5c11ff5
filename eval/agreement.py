"""Agreement of people who labelled the same records: the ceiling of what a score can mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.domain.agreement import cohen_kappa
from auditor.domain.labels import Label
from auditor.errors import InputError, LabelledSetError
from eval import intervals, metrics
from eval.flat_rows import label_name
from eval.set_files import read_rows, set_files

_MISSING = -1


class Coefficient(NamedTuple):
    """A coefficient of agreement with its interval."""

    value: float | None
    """1 is perfect, 0 what chance gives; None where it is not defined (one label only)."""
    interval: intervals.Interval | None
    """95 % bootstrap interval; None where too few resamples define it."""

    def as_json(self) -> dict[str, Any]:
        """Plain types."""
        value = None if self.value is None else round(self.value, 6)
        return {"value": value, "ci95": self.interval.as_list() if self.interval else None}


@dataclass(frozen=True)
class Labelling:
    """One annotator's labels."""

    name: str
    """The file."""
    labels: dict[str, Label]
    """Label by record id."""
    clusters: dict[str, str]
    """Family or pair by record id, where tagged."""
    raw: dict[str, dict[str, Any]]
    """The records as read, for adjudication."""


@dataclass(frozen=True)
class Agreement:
    """What comparing labellings found."""

    names: tuple[str, ...]
    """The annotators."""
    n: int
    """Records that two or more labelled."""
    observed: float
    """Share of pairs of labels that agree."""
    kappa: dict[tuple[str, str], Coefficient]
    """Cohen's kappa of each pair of annotators."""
    alpha: Coefficient
    """Krippendorff's alpha over all of them, nominal."""
    confusion: dict[tuple[str, str], dict[str, dict[str, int]]]
    """Of each pair: ``{first: {second: n}}``."""
    disagreements: tuple[dict[str, Any], ...]
    """Records to adjudicate, each with every annotator's label."""
    only_one: int
    """Records that only one annotator labelled."""

    def as_json(self) -> dict[str, Any]:
        """Plain types, for ``--json``."""
        return {
            "annotators": list(self.names),
            "n": self.n,
            "only_one": self.only_one,
            "observed": round(self.observed, 6),
            "kappa": {" / ".join(k): c.as_json() for k, c in self.kappa.items()},
            "alpha": self.alpha.as_json(),
            "confusion": {" / ".join(k): table for k, table in self.confusion.items()},
            "disagreements": [{"id": d["id"], "labels": d["labels"]} for d in self.disagreements],
        }


def read_labelling(path: Path) -> Labelling:
    """Reads ids and labels; any labelled set, or lines of just ``{"id", "label"}``.

    Raises:
        InputError: where the file can't be read.
        LabelledSetError: with every line that has no id or no known label, or repeats an id.
    """
    errors: list[str] = []
    found = Labelling(str(path), {}, {}, {})
    for file in set_files(path):
        for row in read_rows(file)[0]:
            name, label = row.record.get("id"), label_name(str(row.record.get("label") or ""))
            if not isinstance(name, str) or label not in list(Label):
                told = "; ".join(row.problems) or f"no id or no known label ({label!r})"
                errors.append(f"  {row.place}: {told}")
            elif name in found.labels:
                errors.append(f"  {row.place}: id {name!r} occurs twice")
            else:
                found.labels[name] = Label(label)
                found.raw[name] = row.record
                found.clusters[name] = _cluster(row.record, name)
    if errors or not found.labels:
        listed = "\n".join(errors) or "  no record in it"
        raise LabelledSetError(f"{path}: {len(errors)} errors; mend them\n{listed}")
    return found


def _cluster(record: Mapping[str, Any], name: str) -> str:
    """Family, else pair, else opportunity, else the record alone, as in a run."""
    tags, opportunity = record.get("tags"), record.get("opportunity")
    said = [t for t in tags if isinstance(t, str)] if isinstance(tags, list) else []
    for prefix in ("fam:", "pair:"):
        if own := next((t for t in said if t.startswith(prefix)), None):
            return own
    told = opportunity.get("id") if isinstance(opportunity, Mapping) else None
    return f"opportunity:{told}" if told else f"id:{name}"


def measure_agreement(labellings: Sequence[Labelling], *, seed: int = intervals.SEED) -> Agreement:
    """Measures how far annotators agree on the records that two or more of them labelled.

    Raises:
        InputError: for fewer than two labellings, or no record in common.
    """
    if len(labellings) < 2:
        raise InputError("agreement needs two labellings or more; name two files")
    ids = list(dict.fromkeys(i for one in labellings for i in one.labels))
    shared = [i for i in ids if sum(i in one.labels for one in labellings) > 1]
    if not shared:
        raise InputError("the labellings have no record id in common; label the same records")
    table = np.asarray([[_code(one, i) for one in labellings] for i in shared], dtype=np.int64)
    clusters = [_fullest([o.clusters[i] for o in labellings if i in o.clusters]) for i in shared]
    names = tuple(one.name for one in labellings)
    couples = list(combinations(range(len(names)), 2))
    both = {(i, j): np.flatnonzero((table[:, [i, j]] != _MISSING).all(axis=1)) for i, j in couples}
    agreeing = sum(int((table[both[p], p[0]] == table[both[p], p[1]]).sum()) for p in couples)
    return Agreement(
        names=names,
        n=len(shared),
        observed=agreeing / sum(len(both[p]) for p in couples),
        kappa={
            (names[i], names[j]): _kappa_of(
                table[both[i, j]][:, [i, j]], clusters, both[i, j], seed
            )
            for i, j in couples
        },
        alpha=_coefficient(
            lambda rows: krippendorff_alpha(table[rows]), len(shared), clusters, seed
        ),
        confusion={
            (names[i], names[j]): metrics.confusion_table(_counts(table[both[i, j]][:, [i, j]]))
            for i, j in couples
        },
        disagreements=_disagreements(labellings, shared),
        only_one=len(ids) - len(shared),
    )


def _fullest(clusters: Sequence[str]) -> str:
    """The cluster that some labelling tells of, since a bare one of ids and labels does not."""
    return next((c for c in clusters if not c.startswith("id:")), clusters[0])


def _code(labelling: Labelling, record_id: str) -> int:
    label = labelling.labels.get(record_id)
    return _MISSING if label is None else metrics.LABELS.index(label)


def _kappa_of(
    pairs: NDArray[np.int64], clusters: Sequence[str], rows: NDArray[np.int64], seed: int
) -> Coefficient:
    own = [clusters[r] for r in rows]
    return _coefficient(lambda at: cohen_kappa(_counts(pairs[at]).tolist()), len(pairs), own, seed)


def _coefficient(
    statistic: Callable[[NDArray[np.int64]], float], n: int, clusters: Sequence[str], seed: int
) -> Coefficient:
    if not n:
        return Coefficient(None, None)
    value = float(statistic(np.arange(n)))
    interval = intervals.index_interval(statistic, clusters, seed=seed)
    return Coefficient(None if math.isnan(value) else value, interval)


def _counts(pairs: NDArray[np.int64]) -> metrics.Ints:
    size = len(metrics.LABELS)
    cells = pairs[:, 0] * size + pairs[:, 1]
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.int64)


def krippendorff_alpha(table: NDArray[np.int64]) -> float:
    """Agreement of any number of annotators with gaps, nominal; NaN where one label occurs only.

    Source: K. Krippendorff (2011), "Computing Krippendorff's alpha-reliability", by coincidences:
    each record's pairs of labels count ``1 / (labels - 1)``; records with one label are left out.

    Args:
        table: records in rows, annotators in columns, codes of labels, -1 where there is none.
    """
    size = len(metrics.LABELS)
    counts = np.stack([(table == c).sum(axis=1) for c in range(size)], axis=1).astype(np.float64)
    given = counts.sum(axis=1)
    counts, given = counts[given > 1], given[given > 1]
    pairs = np.einsum("ni,nj->nij", counts, counts)
    pairs[:, np.arange(size), np.arange(size)] -= counts
    coincidences = (pairs / (given - 1)[:, None, None]).sum(axis=0)
    per_label = coincidences.sum(axis=1)
    total = float(per_label.sum())
    expected = (total**2 - float((per_label**2).sum())) / (total - 1) if total > 1 else 0.0
    if expected == 0:
        return math.nan
    observed = total - float(np.trace(coincidences))
    return 1 - observed / expected


def _disagreements(
    labellings: Sequence[Labelling], shared: Sequence[str]
) -> tuple[dict[str, Any], ...]:
    """Records with differing labels, as records to adjudicate."""
    found = []
    for record_id in shared:
        given: Mapping[str, str] = {
            one.name: one.labels[record_id].value for one in labellings if record_id in one.labels
        }
        if len(set(given.values())) > 1:
            seen = [one.raw[record_id] for one in labellings if record_id in one.raw]
            fullest = max(seen, key=lambda raw: bool((raw.get("activity") or {}).get("text")))
            found.append({**fullest, "id": record_id, "labels": dict(given)})
    return tuple(found)
