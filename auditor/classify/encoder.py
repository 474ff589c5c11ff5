"""The local encoder at run time: records in, scores, acts, evidence and an embedding out.

One forward pass a record.  Needs onnxruntime and tokenizers, which load when the first record is
encoded; an encoder may be shared between threads.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from importlib.resources.abc import Traversable
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.classify.composition import FIELD_HISTORY, FIELD_SUBJECT, FIELD_TEXT
from auditor.classify.encoder_input import EncoderInput
from auditor.classify.evidence import (
    FieldSpan,
    ScoredClauses,
    choose_evidence,
    score_clauses,
    sigmoid,
    softmax,
)
from auditor.classify.features import Featured, FloatArray, Window, featurise, window_places
from auditor.classify.model_files import (
    HEADS_FILE,
    TOKENIZER_FILE,
    TOKENS_FILE,
    ModelConfig,
    hash_of_files,
    model_folder,
    read_bytes,
    read_config,
)
from auditor.domain.labels import REASONS_OF, Act, Label, Reason, Test

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

_HEAD_BATCH = 64
TEXT_VECTOR = 384
"""Length of a text's vector: the encoder's hidden size, which is also where it lies in a window's
pooled states (first the mean of all tokens, then that of the text's)."""
_ANY_DAY = datetime(2000, 1, 1)


@dataclass(frozen=True)
class EncodedClause:
    """A clause with the chances of its acts."""

    field: str
    """``text``, ``next_activity.subject`` or ``history[i].text``."""
    start: int
    """First code point in the field."""
    end: int
    """One past the last."""
    acts: dict[Act, float]
    """Probability of each act; they sum to 1."""
    evidence: float
    """Chance that the clause would be quoted as evidence."""

    @property
    def act(self) -> Act:
        """The likeliest act."""
        return max(self.acts, key=self.acts.__getitem__)


@dataclass(frozen=True)
class EvidenceSpan:
    """Words that the model takes for evidence."""

    field: str
    start: int
    end: int
    score: float
    """0 to 1; the first of a record's spans decides."""


@dataclass(frozen=True)
class Encoding:
    """What the local model says of one record."""

    labels: dict[Label, float]
    """Calibrated probabilities; they sum to 1."""
    reasons: dict[Reason, float]
    """Probabilities over all reasons; they sum to 1."""
    tests: dict[Test, float]
    """Probability that each test passes."""
    loss: float
    """Probability that the record shows a loss."""
    clauses: tuple[EncodedClause, ...]
    """The clauses of text, subject and history, in that order."""
    evidence: tuple[EvidenceSpan, ...]
    """One to four spans, the deciding one first; empty where there is no text."""
    embedding: FloatArray
    """Unit vector for precedents."""
    windows: int
    """How many windows the record was read in."""

    @property
    def label(self) -> Label:
        """The likeliest label."""
        return max(self.labels, key=self.labels.__getitem__)

    @property
    def reason(self) -> Reason:
        """The likeliest reason."""
        return max(self.reasons, key=self.reasons.__getitem__)


class Encoder:
    """The shipped model, or another made by ``auditor train``."""

    def __init__(self, folder: Traversable | None = None, *, threads: int | None = None) -> None:
        """Reads the configuration; the weights load with the first record.

        Args:
            folder: the model's files; the shipped ones by default.
            threads: windows encoded at once; the machine's cores, at most four, by default.

        Raises:
            ModelError: where the files are missing or of another make.
        """
        self._folder = model_folder(folder)
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._lock = Lock()
        self._tokenizer: Tokenizer | None = None
        self._tokens: InferenceSession | None = None
        self._heads: InferenceSession | None = None
        self.config: ModelConfig = read_config(self._folder)

    @property
    def version(self) -> str:
        """The model's version."""
        return self.config.version

    @cached_property
    def files_hash(self) -> str:
        """Hash of the model's files; reads them the first time."""
        return hash_of_files(self._folder)

    @cached_property
    def _deciding_shares(self) -> FloatArray:
        """Share of each act among the clauses that decide a reason, (reasons, acts)."""
        return np.array(self.config.deciding_acts, dtype=np.float32)

    def encode(self, records: Sequence[EncoderInput]) -> list[Encoding]:
        """Judges records.

        Args:
            records: any number; what one scores does not depend on the others.

        Returns:
            One encoding a record, in order.
        """
        if not records:
            return []
        tokenizer, tokens, heads = self._load()
        featured = featurise(records, tokenizer, max_tokens=self.config.max_tokens)
        outputs = _run_windows(
            tokens, [w for f in featured for w in f.windows], threads=self._threads
        )
        judged = _run_heads(heads, featured, [o[2] for o in outputs])
        out, at = [], 0
        for i, (record, each) in enumerate(zip(records, featured, strict=True)):
            mine = outputs[at : at + len(each.windows)]
            at += len(each.windows)
            clauses = score_clauses(record, each, [m[0] for m in mine], [m[1] for m in mine])
            out.append(self._encoding(each, clauses, [j[i] for j in judged]))
        return out

    def text_vectors(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors of bare texts, for search by meaning and for copied notes.

        They are the mean of the hidden states over the text's own words, so that a short query and
        a long note lie in one space; long texts are averaged over their windows.

        Returns:
            One row of TEXT_VECTOR numbers a text, in order.
        """
        if not texts:
            return np.zeros((0, TEXT_VECTOR), np.float32)
        tokenizer, tokens, _ = self._load()
        bare = [
            EncoderInput(text=t, format="note", kind="note", stage="", occurred_at=_ANY_DAY)
            for t in texts
        ]
        featured = featurise(bare, tokenizer, max_tokens=self.config.max_tokens)
        outputs = _run_windows(
            tokens, [w for f in featured for w in f.windows], threads=self._threads
        )
        rows, at = [], 0
        for each in featured:
            mine = outputs[at : at + len(each.windows)]
            at += len(each.windows)
            row = np.mean([m[2][TEXT_VECTOR : 2 * TEXT_VECTOR] for m in mine], axis=0)
            rows.append(row / max(float(np.linalg.norm(row)), 1e-6))
        return np.stack(rows).astype(np.float32)

    def _load(self) -> tuple[Tokenizer, InferenceSession, InferenceSession]:
        with self._lock:
            if self._tokenizer is None or self._tokens is None or self._heads is None:
                from tokenizers import Tokenizer

                self._tokens = _session(read_bytes(self._folder, TOKENS_FILE))
                self._heads = _session(read_bytes(self._folder, HEADS_FILE))
                raw = read_bytes(self._folder, TOKENIZER_FILE)
                self._tokenizer = Tokenizer.from_str(raw.decode("utf-8"))
                self._tokenizer.no_truncation()
                self._tokenizer.no_padding()
            return self._tokenizer, self._tokens, self._heads

    def _encoding(
        self, featured: Featured, clauses: ScoredClauses, judged: list[FloatArray]
    ) -> Encoding:
        logits, reasons, signs, embedding = judged
        config = self.config
        passed = dict(zip(config.signs, sigmoid(signs).tolist(), strict=True))
        chances, shares = softmax(logits / np.float32(config.temperature)), softmax(reasons)
        wanted = self._deciding_acts(config.labels[int(np.argmax(chances))], shares)
        return Encoding(
            labels=dict(zip(config.labels, chances.tolist(), strict=True)),
            reasons=dict(zip(config.reasons, shares.tolist(), strict=True)),
            tests={t: passed[t.value] for t in Test},
            loss=passed["loss"],
            clauses=_clauses(clauses, config.acts),
            evidence=tuple(
                EvidenceSpan(*_named(q.span), round(q.score, 4))
                for q in choose_evidence(clauses, deciding_acts=wanted)
            ),
            embedding=embedding,
            windows=len(featured.windows),
        )

    def _deciding_acts(self, label: Label, reasons: FloatArray) -> FloatArray:
        """What acts decide a verdict of that label, by its reasons' chances, (acts,)."""
        allowed = REASONS_OF[label]
        chances = np.array(
            [p if r in allowed else 0.0 for r, p in zip(self.config.reasons, reasons, strict=True)]
        )
        weighed = chances @ self._deciding_shares / max(float(chances.sum()), 1e-9)
        return np.asarray(weighed, dtype=np.float32)


@cache
def shipped_encoder(threads: int | None = None) -> Encoder:
    """The one encoder of the shipped model in this process: each session takes about 100 MB.

    Args:
        threads: as of ``Encoder``.

    Raises:
        ModelError: where the files are missing or of another make.
    """
    return Encoder(threads=threads)


def _clauses(scored: ScoredClauses, acts: tuple[Act, ...]) -> tuple[EncodedClause, ...]:
    chances, quoted = scored.acts.tolist(), scored.quoted.tolist()
    return tuple(
        EncodedClause(*_named(span), dict(zip(acts, chances[i], strict=True)), quoted[i])
        for i, span in enumerate(scored.spans)
    )


def _named(span: FieldSpan) -> tuple[str, int, int]:
    if span.field == FIELD_TEXT:
        name = "text"
    elif span.field == FIELD_SUBJECT:
        name = "next_activity.subject"
    else:
        name = f"history[{span.field - FIELD_HISTORY}].text"
    return name, span.start, span.end


def _session(model: bytes) -> InferenceSession:
    """A session that runs on the thread that calls it: windows are spread over threads whole."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _run_windows(
    session: InferenceSession, windows: Sequence[Window], *, threads: int
) -> list[list[FloatArray]]:
    """Act logits, evidence logits and vector of each window, in order.

    One at a time: int8 activations are scaled over all that is run together, so that in a batch a
    record's scores would depend on its neighbours (by up to 0.2 of a probability), and a verdict
    could not be replayed.  Two threads with a window each do 1.8 times what two threads on one
    window do.
    """

    def run(window: Window) -> list[FloatArray]:
        acts, evidence, pooled = session.run(None, _inputs(window))
        return [acts[0], evidence[0], pooled[0]]

    if threads == 1 or len(windows) == 1:
        return [run(window) for window in windows]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, windows))


def _inputs(window: Window) -> dict[str, Any]:
    return {
        "ids": np.asarray([window.ids], np.int64),
        "mask": np.ones((1, len(window.ids)), np.int64),
        "types": np.asarray([window.types], np.int64),
        "roles": np.asarray([window.roles], np.int64),
        "shares": np.asarray([window.shares], np.float32),
    }


def _run_heads(
    session: InferenceSession, featured: Sequence[Featured], pooled: Sequence[FloatArray]
) -> list[FloatArray]:
    """Label logits, reason logits, signs and embedding, each with a row a record."""
    counts = [len(f.windows) for f in featured]
    parts: list[list[FloatArray]] = []
    at = 0
    for i in range(0, len(featured), _HEAD_BATCH):
        some = counts[i : i + _HEAD_BATCH]
        rows = sum(some)
        member = np.repeat(np.eye(len(some), dtype=np.float32), some, axis=1)
        inputs = {
            "pooled": np.stack(pooled[at : at + rows]),
            "places": np.concatenate([window_places(c) for c in some]),
            "member": member,
            "features": np.stack([f.features for f in featured[i : i + _HEAD_BATCH]]),
        }
        at += rows
        parts.append(session.run(None, inputs))
    return [np.concatenate([p[n] for p in parts]) for n in range(len(parts[0]))]
