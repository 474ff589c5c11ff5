"""Labelled records as training examples: inputs, targets for each token, batches by length."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from auditor.classify.composition import FIELD_HISTORY, FIELD_SUBJECT, FIELD_TEXT
from auditor.classify.encoder_input import TRANSCRIPT, EncoderInput, from_record
from auditor.classify.features import Featured, IntArray, Window, featurise
from auditor.domain.labels import Act, Label, Reason, Test

LABELS, REASONS, ACTS = tuple(Label), tuple(Reason), tuple(Act)
SIGNS = (*(t.value for t in Test), "loss")
"""The five tests and the loss sign, in the order of the model's output."""
IGNORE = -100
"""Target of tokens that no clause covers."""
FAMILY_TAGS = ("fam:", "pair:")

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """A labelled record with its acts."""

    record: Mapping[str, Any]
    """In the codebook's format."""
    acts: tuple[tuple[str, str], ...]
    """Clauses with their acts; empty where not annotated."""
    source: str
    """Name of the file that it came from."""

    @property
    def key(self) -> str:
        """The record's id."""
        return str(self.record["id"])

    @property
    def family(self) -> str:
        """The family or pair that it belongs to; its id where it stands alone."""
        tags = self.record.get("tags") or ()
        return next((str(t) for t in tags if str(t).startswith(FAMILY_TAGS)), self.key)

    @property
    def is_transcript(self) -> bool:
        """True for a transcript."""
        return bool(self.record["activity"].get("format") == TRANSCRIPT)

    @property
    def has_pending(self) -> bool:
        """True where the rep left a next activity."""
        return bool(self.record["activity"].get("next_activity"))

    def without_pending(self) -> Labelled:
        """The same record as if the rep had left no next activity."""
        activity = {**self.record["activity"], "next_activity": None}
        return Labelled({**self.record, "activity": activity}, self.acts, self.source)

    @property
    def label(self) -> int:
        """Number of the label."""
        return LABELS.index(Label(self.record["label"]))


class Targets(NamedTuple):
    """What the model should say of one window's tokens."""

    acts: IntArray
    """Act of each token, IGNORE where none is told."""
    deciding: FloatArray
    """1 in the deciding quote."""
    quoted: FloatArray
    """1 in any quote."""


@dataclass(frozen=True)
class Example:
    """A labelled record ready for training."""

    labelled: Labelled
    inputs: EncoderInput
    featured: Featured
    targets: tuple[Targets, ...]
    """One for each window."""
    reasons: FloatArray
    """Share of each reason; alternates that count as right get a share."""
    signs: FloatArray
    """The five tests and the loss sign; NaN where not annotated."""


def load(files: Iterable[Path], acts_files: Iterable[Path]) -> list[Labelled]:
    """Reads records and the acts that go with them by id.

    Raises:
        ValueError: where two records share an id.
    """
    acts: dict[str, tuple[tuple[str, str], ...]] = {}
    for path in acts_files:
        for row in _rows(path):
            acts[str(row["id"])] = tuple((str(c), str(a)) for c, a in row["acts"])
    out: list[Labelled] = []
    seen: set[str] = set()
    for path in files:
        for record in _rows(path):
            key = str(record["id"])
            if key in seen:
                raise ValueError(f"{path}: id {key!r} stands twice; rename one")
            seen.add(key)
            out.append(Labelled(record, acts.get(key, ()), path.stem))
    return out


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def data_hash(labelled: Sequence[Labelled]) -> str:
    """Hash of records and acts, independent of their order and files."""
    digest = hashlib.sha256()
    for row in sorted(
        json.dumps([dict(x.record), x.acts], sort_keys=True, ensure_ascii=False) for x in labelled
    ):
        digest.update(row.encode())
    return f"sha256:{digest.hexdigest()}"


def examples(
    labelled: Sequence[Labelled], tokenizer: Tokenizer, *, max_tokens: int
) -> list[Example]:
    """Makes examples of labelled records, in order."""
    inputs = [from_record(x.record) for x in labelled]
    featured = featurise(inputs, tokenizer, max_tokens=max_tokens)
    return [_example(x, i, f) for x, i, f in zip(labelled, inputs, featured, strict=True)]


def _example(labelled: Labelled, inputs: EncoderInput, featured: Featured) -> Example:
    text_acts = _act_spans(inputs.text, labelled.acts)
    quotes = quote_spans(labelled.record["evidence"], inputs)
    tests = labelled.record.get("tests") or {}
    signs = [float(tests[s]) if s in tests else float("nan") for s in SIGNS]
    return Example(
        labelled,
        inputs,
        featured,
        tuple(_targets(w, text_acts, quotes) for w in featured.windows),
        _reason_shares(labelled.record),
        np.asarray(signs, dtype=np.float32),
    )


def _reason_shares(record: Mapping[str, Any]) -> FloatArray:
    """Seven tenths for the deciding reason, the rest spread over its alternates."""
    shares = np.zeros(len(REASONS), dtype=np.float32)
    others = [r for r in record.get("reasons_ok") or () if r != record["reason"]]
    shares[REASONS.index(Reason(record["reason"]))] = 0.7 if others else 1.0
    for other in others:
        shares[REASONS.index(Reason(other))] += 0.3 / len(others)
    return shares


def _act_spans(text: str, acts: Sequence[tuple[str, str]]) -> list[tuple[int, int, int]]:
    spans, at = [], 0
    for clause, act in acts:
        start = text.find(clause, at)
        if start >= 0:
            at = start + len(clause)
            spans.append((start, at, ACTS.index(Act(act))))
    return spans


def quote_spans(quotes: Sequence[str], inputs: EncoderInput) -> list[tuple[int, int, int]]:
    """Field number, start and end of each quote where it first stands; the deciding one first."""
    subject = inputs.pending.subject if inputs.pending else ""
    sources = [(FIELD_TEXT, inputs.text), (FIELD_SUBJECT, subject)]
    sources += [(FIELD_HISTORY + i, h.text) for i, h in enumerate(inputs.history)]
    spans = []
    for quote in quotes:
        found = ((f, t.find(quote)) for f, t in sources)
        hit = next(((f, at) for f, at in found if at >= 0), None)
        if hit:
            spans.append((hit[0], hit[1], hit[1] + len(quote)))
    return spans


def _targets(
    window: Window, acts: list[tuple[int, int, int]], quotes: list[tuple[int, int, int]]
) -> Targets:
    told = np.full(len(window.ids), IGNORE, dtype=np.int64)
    in_text = window.fields == FIELD_TEXT
    for start, end, act in acts:
        told[in_text & (window.starts >= start) & (window.starts < end)] = act
    quoted = np.zeros(len(window.ids), dtype=np.float32)
    deciding = np.zeros(len(window.ids), dtype=np.float32)
    for i, (field, start, end) in enumerate(quotes):
        inside = (window.fields == field) & (window.starts >= start) & (window.starts < end)
        quoted[inside] = 1.0
        if i == 0:
            deciding[inside] = 1.0
    return Targets(told, deciding, quoted)


def batches(
    examples: Sequence[Example], *, size: int, tokens: int, rng: random.Random, by_family: bool
) -> list[list[Example]]:
    """Shuffled batches of like lengths.

    Args:
        examples: what to batch.
        size: most records in a batch.
        tokens: most tokens in a batch, padding included.
        rng: source of the shuffle.
        by_family: keep the members of a family together.
    """
    groups: dict[str, list[Example]] = {}
    for n, example in enumerate(examples):
        groups.setdefault(example.labelled.family if by_family else str(n), []).append(example)
    ordered = sorted(
        groups.values(), key=lambda g: max(e.featured.length for e in g) * rng.uniform(0.85, 1.15)
    )
    out: list[list[Example]] = [[]]
    for group in ordered:
        for example in group:
            trial = [*out[-1], example]
            if len(trial) > size or _padded(trial) > tokens:
                out.append([])
            out[-1].append(example)
    made = [b for b in out if b]
    rng.shuffle(made)
    return made


def _padded(batch: Sequence[Example]) -> int:
    windows = [len(w.ids) for e in batch for w in e.featured.windows]
    return max(windows) * len(windows)
