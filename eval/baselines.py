"""Plain classifiers to measure the real ones against: TF-IDF, frozen embeddings, neighbours, rules.

Each is trained from labelled sets and gives opinions like any other classifier, so that it runs
through the same grounding, policy and scores.  Evidence is the clauses that alone speak most for
the label.  They need scikit-learn (extra ``train``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np

from auditor.classify.clauses import split_clauses
from auditor.classify.protocol import Candidate, Classifier, Opinion
from auditor.domain.labels import Reason
from auditor.errors import ConfigurationError, InputError
from auditor.reading.prepared import TEXT, Place, PreparedRecord, prepare
from eval.labelled import LabelledRecord
from eval.metrics import LABELS, Floats

NEIGHBOURS = 15
"""Neighbours asked; odd, so that votes tie less often."""
CANDIDATES = 4
"""Clauses offered as evidence."""
_MAX_CLAUSES = 60

Embed = Callable[[Sequence[str]], Floats]
"""Gives texts their vectors, shape (n, dimensions)."""


class Baseline(StrEnum):
    """The plain classifiers."""

    TFIDF = "tfidf"
    """TF-IDF of words and word pairs, logistic regression."""
    FROZEN = "frozen"
    """Embeddings of a frozen encoder, logistic regression."""
    KNN = "knn"
    """The nearest labelled records vote, by embeddings or, without them, by TF-IDF."""
    RULES = "rules"
    """The codebook's rules over cue words; not trained."""


class _Model(Protocol):
    """What is used of a scikit-learn classifier."""

    classes_: Any

    def predict_proba(self, vectors: Any) -> Floats:
        """Probabilities, shape (n, classes)."""


def fit_baseline(
    kind: Baseline, labelled: Sequence[LabelledRecord], *, embed: Embed | None = None
) -> Classifier:
    """Trains a plain classifier.

    Args:
        kind: which one.
        labelled: what to learn from; unused by the rules.
        embed: vectors of texts, for ``frozen`` (needed) and ``knn``.

    Raises:
        ConfigurationError: without scikit-learn, or without ``embed`` where it is needed.
        InputError: where the sets do not show all three labels.
    """
    if kind is Baseline.RULES:
        from auditor.classify.registry import make_classifier
        from auditor.settings import Settings

        return make_classifier("rules", Settings())
    missing = [label.value for label in LABELS if label not in {r.label for r in labelled}]
    if missing:
        raise InputError(
            f"the training sets show no {', '.join(missing)}; give sets with all labels"
        )
    texts = [describe(prepare(r.record)) for r in labelled]
    vectorise = _vectoriser(kind, texts, embed)
    vectors = vectorise(texts)
    labels = _fit(kind, vectors, [r.label.value for r in labelled])
    reasoned = [i for i, r in enumerate(labelled) if r.reason]
    reasons = [labelled[i].reason for i in reasoned]
    of_reasons = None
    if len(set(reasons)) > 1:
        names = [r.value for r in reasons if r]
        of_reasons = _fit(kind, vectors[reasoned], names, one_by_one=True)
    return TrainedBaseline(f"{kind.value}-{len(labelled)}", vectorise, labels, of_reasons)


def describe(prepared: PreparedRecord) -> str:
    """A record as one string: stage, pending activity, earlier activities, then its own text."""
    record = prepared.record
    activity, pending = record.activity, record.activity.next_activity
    parts = [f"stage {record.opportunity.stage} kind {activity.kind.value}"]
    if pending is None:
        parts.append("next none")
    else:
        due = pending.due_on
        days = "undated" if due is None else f"due {(due - activity.occurred_at.date()).days} days"
        parts.append(f"next {pending.kind.value} {pending.subject} {days}")
    parts += [f"before {past.kind.value} {past.text}" for past in record.history]
    return "\n".join([*parts, prepared.text])


def _vectoriser(kind: Baseline, texts: Sequence[str], embed: Embed | None) -> Callable[..., Any]:
    if kind is Baseline.FROZEN and embed is None:
        raise ConfigurationError("baseline 'frozen' needs an embed function; use 'tfidf' or 'knn'")
    if kind is not Baseline.TFIDF and embed is not None:
        return embed
    text = _sklearn("feature_extraction.text")
    vectoriser = text.TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=1 if len(texts) < 50 else 2
    )
    vectoriser.fit(texts)
    return lambda those: vectoriser.transform(those)


def _fit(
    kind: Baseline, vectors: Any, targets: Sequence[str], *, one_by_one: bool = False
) -> _Model:
    """Fits a classifier; one binary model a class where asked, which is faster for many classes."""
    model: Any
    if kind is Baseline.KNN:
        model = _sklearn("neighbors").KNeighborsClassifier(
            n_neighbors=min(NEIGHBOURS, len(targets)), metric="cosine", weights="distance"
        )
    elif one_by_one:
        single = _sklearn("linear_model").LogisticRegression(C=10.0, solver="liblinear")
        model = _sklearn("multiclass").OneVsRestClassifier(single)
    else:
        model = _sklearn("linear_model").LogisticRegression(C=10.0, max_iter=2000)
    model.fit(vectors, list(targets))
    fitted: _Model = model
    return fitted


def _sklearn(module: str) -> Any:
    """A module of scikit-learn, loaded when first used.

    Raises:
        ConfigurationError: where it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"sklearn.{module}")
    except ImportError as exc:
        raise ConfigurationError(
            "the baselines need scikit-learn; install call-notes-auditor[train]"
        ) from exc


class TrainedBaseline:
    """A trained plain classifier."""

    def __init__(
        self, name: str, vectorise: Callable[..., Any], labels: _Model, reasons: _Model | None
    ) -> None:
        """Holds the parts.

        Args:
            name: as stored on verdicts.
            vectorise: texts to vectors.
            labels: classifier of labels.
            reasons: classifier of reasons; None where the sets gave none.
        """
        self._name, self._vectorise = name, vectorise
        self._labels, self._reasons = labels, reasons

    @property
    def name(self) -> str:
        """Kind and size of the training set."""
        return self._name

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        if not records:
            return []
        vectors = self._vectorise([describe(r) for r in records])
        of_labels = _by_name(self._labels, vectors)
        of_reasons = _by_name(self._reasons, vectors) if self._reasons else [{}] * len(records)
        evidence = self._evidence(records, [max(p, key=lambda k: p[k]) for p in of_labels])
        return [
            Opinion(
                probabilities={label: p.get(label.value, 0.0) for label in LABELS},
                reasons={Reason(k): v for k, v in r.items()},
                evidence=quotes,
            )
            for p, r, quotes in zip(of_labels, of_reasons, evidence, strict=True)
        ]

    def _evidence(
        self, records: Sequence[PreparedRecord], labels: Sequence[str]
    ) -> list[tuple[Candidate, ...]]:
        """The clauses that alone speak most for each record's label, best first."""
        clauses = [
            [Place(TEXT, *span) for span in split_clauses(r.text)[:_MAX_CLAUSES]] for r in records
        ]
        texts = [
            r.text[p.start : p.end] for r, own in zip(records, clauses, strict=True) for p in own
        ]
        if not texts:
            return [() for _ in records]
        scores = iter(_by_name(self._labels, self._vectorise(texts)))
        found = []
        for own, label in zip(clauses, labels, strict=True):
            scored = [Candidate(place, next(scores).get(label, 0.0)) for place in own]
            found.append(tuple(sorted(scored, key=lambda c: -c.score)[:CANDIDATES]))
        return found


def _by_name(model: _Model, vectors: Any) -> list[dict[str, float]]:
    """Probabilities by class name, a record each; they sum to 1."""
    table = np.asarray(model.predict_proba(vectors), dtype=np.float64)
    names = [str(c) for c in model.classes_]
    return [dict(zip(names, map(float, row), strict=True)) for row in table]
