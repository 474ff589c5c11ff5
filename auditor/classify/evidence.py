"""From token scores to clauses with acts, and from them to the quotes that decide.

Works on arrays only, so that training scores evidence just as the run time picks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.classify.clauses import Span, split_clauses
from auditor.classify.composition import FIELD_HISTORY, FIELD_SUBJECT, FIELD_TEXT
from auditor.classify.encoder_input import EncoderInput
from auditor.classify.features import Featured, FloatArray, IntArray

MOST_QUOTES = 4
"""The codebook allows one to four quotes."""
DECIDING_ACTS_WEIGHT = 0.5
"""What a clause's act counts beside its scores, as an exponent; chosen on dev of 0 to 1.2."""
SUPPORTING = 0.35
"""Least score of a quote after the first."""
_FIELD_STEP = 1 << 40
_LEAST = np.float32(1e-4)


class FieldSpan(NamedTuple):
    """A stretch of one field."""

    field: int
    """FIELD_TEXT, FIELD_SUBJECT or FIELD_HISTORY + i."""
    start: int
    end: int


@dataclass(frozen=True)
class ScoredClauses:
    """The clauses of a record with what the model says of each; arrays have one row a clause."""

    spans: tuple[FieldSpan, ...]
    """Text first, then subject, then history; in text order within a field."""
    acts: FloatArray
    """Probability of each act, (clauses, acts)."""
    deciding: FloatArray
    """Chance that the clause is in the deciding quote."""
    quoted: FloatArray
    """Chance that it is in any quote."""


class ChosenQuote(NamedTuple):
    """A stretch that the model takes for evidence."""

    span: FieldSpan
    score: float


def record_clauses(record: EncoderInput) -> list[FieldSpan]:
    """The clauses of every field that may hold evidence."""
    spans = [FieldSpan(FIELD_TEXT, *s) for s in _text_clauses(record)]
    if record.pending and record.pending.subject.strip():
        spans.append(FieldSpan(FIELD_SUBJECT, 0, len(record.pending.subject)))
    for i, past in enumerate(record.history):
        spans.extend(FieldSpan(FIELD_HISTORY + i, *s) for s in split_clauses(past.text))
    return spans


def _text_clauses(record: EncoderInput) -> list[Span]:
    if not record.turns:
        return split_clauses(record.text)
    spans = split_clauses(record.text, end=record.turns[0].start) if record.turns[0].start else []
    for turn in record.turns:
        spans.extend(split_clauses(record.text, start=turn.words_start, end=turn.end))
    return spans


def score_clauses(
    record: EncoderInput,
    featured: Featured,
    acts: Sequence[FloatArray],
    evidence: Sequence[FloatArray],
) -> ScoredClauses:
    """Averages token scores over clauses.

    Args:
        record: the record.
        featured: its windows.
        acts: act logits of each window, (tokens, acts).
        evidence: logits of deciding and of any evidence of each window, (tokens, 2).
    """
    spans = record_clauses(record)
    width = acts[0].shape[1]
    if not spans:
        empty = np.zeros(0, np.float32)
        return ScoredClauses((), np.zeros((0, width), np.float32), empty, empty)
    keys = np.array([s.field * _FIELD_STEP + s.start for s in spans], dtype=np.int64)
    ends = np.array([s.field * _FIELD_STEP + s.end for s in spans], dtype=np.int64)
    sums = np.zeros((len(spans), width + 2), dtype=np.float32)
    counts = np.zeros(len(spans), dtype=np.float32)
    for window, act_logits, evidence_logits in zip(featured.windows, acts, evidence, strict=True):
        scores = np.concatenate([softmax(act_logits), sigmoid(evidence_logits)], axis=1)
        _add(sums, counts, scores, window.fields * _FIELD_STEP + window.starts, keys, ends)
    means = (sums / np.maximum(counts, 1.0)[:, None]).astype(np.float32)
    return ScoredClauses(tuple(spans), means[:, :width], means[:, width], means[:, width + 1])


def _add(
    sums: FloatArray,
    counts: FloatArray,
    scores: FloatArray,
    places: IntArray,
    keys: IntArray,
    ends: IntArray,
) -> None:
    """Adds the scores of tokens to the clauses that they lie in."""
    clause = np.searchsorted(keys, places, side="right") - 1
    inside = (clause >= 0) & (places < ends[np.maximum(clause, 0)])
    np.add.at(sums, clause[inside], scores[inside])
    np.add.at(counts, clause[inside], 1.0)


def choose_evidence(
    clauses: ScoredClauses, *, deciding_acts: FloatArray | None = None
) -> list[ChosenQuote]:
    """The likeliest quotes, the deciding one first.

    The clause decides whose mean of both chances, weighted by how well its acts fit the verdict, is
    highest; others follow where they are likely enough to be quoted.

    Args:
        clauses: of one record.
        deciding_acts: how often a clause of each act decides a verdict like the record's, (acts,);
            all the same where None.
    """
    if not clauses.spans:
        return []
    rank = (clauses.deciding + clauses.quoted) / 2
    fit = np.float32(1.0)
    if deciding_acts is not None:
        fit = np.maximum(clauses.acts @ deciding_acts, _LEAST) ** DECIDING_ACTS_WEIGHT
    first = int(np.argmax(rank * fit))
    order = [int(i) for i in np.argsort(-clauses.quoted) if i != first]
    rest = [i for i in order if clauses.quoted[i] >= SUPPORTING][: MOST_QUOTES - 1]
    chosen = [ChosenQuote(clauses.spans[first], float(rank[first]))]
    return chosen + [ChosenQuote(clauses.spans[i], float(clauses.quoted[i])) for i in rest]


def softmax(logits: FloatArray) -> FloatArray:
    """Softmax over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def sigmoid(logits: FloatArray) -> FloatArray:
    """Logistic function, safe for large logits."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=np.float32)
