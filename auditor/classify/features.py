"""From a record to the arrays that the encoder takes, the same in training and at run time.

A record becomes one window, or several where its text is long: ``[CLS] context [SEP] body [SEP]``,
each window with the whole context and a stretch of the body that overlaps its neighbours.  Every
token keeps the field and the code points that it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.classify.composition import Composed, Role, compose_body, compose_context
from auditor.classify.encoder_input import TRANSCRIPT, EncoderInput
from auditor.classify.silence import NO_SHOW, PUT_OFF, UNANSWERED, count_silence
from auditor.domain.records import ActivityKind, Side
from auditor.reading.dates import resolve_dates

if TYPE_CHECKING:
    from tokenizers import Tokenizer

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]

CLS, SEP = 101, 102
"""Ids of the special tokens in the BERT word list."""
MAX_TOKENS = 512
"""Longest window, which is what the base model has positions for."""
MAX_CONTEXT = 208
"""Most tokens of context in a window."""
OVERLAP = 48
"""Tokens of body that a window shares with the one before it."""
DATED_CHARS = 20_000
"""How much of a text is looked through for dates."""
_KINDS = tuple(ActivityKind)
FEATURES = 2 * len(_KINDS) + 31
"""Length of the feature vector of a record."""


class Window(NamedTuple):
    """One input sequence; all arrays have its length."""

    ids: IntArray
    """Token ids, special tokens included."""
    roles: IntArray
    """Role of each token."""
    types: IntArray
    """0 for the context, 1 for the body."""
    shares: FloatArray
    """1 / number of tokens of the token's field in this window, so that sums count fields."""
    fields: IntArray
    """Field of each token, -1 for words of ours and special tokens."""
    starts: IntArray
    """First code point in that field."""
    ends: IntArray
    """One past the last."""


@dataclass(frozen=True)
class Featured:
    """A record ready for the encoder."""

    windows: tuple[Window, ...]
    """In text order, at least one."""
    features: FloatArray
    """What is told by numbers, shape (FEATURES,)."""

    @property
    def length(self) -> int:
        """Tokens of the longest window."""
        return max(len(w.ids) for w in self.windows)


class _Tokens(NamedTuple):
    ids: IntArray
    roles: IntArray
    fields: IntArray
    starts: IntArray
    ends: IntArray

    def cut(self, start: int, end: int) -> _Tokens:
        return _Tokens(*(a[start:end] for a in self))


def featurise(
    records: Sequence[EncoderInput], tokenizer: Tokenizer, *, max_tokens: int = MAX_TOKENS
) -> list[Featured]:
    """Makes records ready for the encoder.

    Args:
        records: what to encode.
        tokenizer: the model's word-piece tokenizer, without truncation or padding.
        max_tokens: longest window, special tokens included.

    Returns:
        One featured record each, in order.
    """
    composed = [(compose_context(r), compose_body(r)) for r in records]
    texts = [c.text for pair in composed for c in pair]
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    out = []
    for i, (record, (context, body)) in enumerate(zip(records, composed, strict=True)):
        head = _tokens(encodings[2 * i], context).cut(0, MAX_CONTEXT)
        tail = _tokens(encodings[2 * i + 1], body)
        windows = tuple(
            _window(head, part) for part in _parts(tail, max_tokens - 3 - len(head.ids))
        )
        out.append(Featured(windows, numbers(record, len(tail.ids))))
    return out


def _tokens(encoding: Any, composed: Composed) -> _Tokens:
    ids = np.asarray(encoding.ids, dtype=np.int64)
    offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    if not composed.starts:
        return _Tokens(ids, ids, ids, ids, ids)
    piece = np.searchsorted(np.asarray(composed.starts), offsets[:, 0], side="right") - 1
    shift = np.asarray(composed.shifts, dtype=np.int64)[piece]
    return _Tokens(
        ids,
        np.asarray(composed.roles, dtype=np.int64)[piece],
        np.asarray(composed.fields, dtype=np.int64)[piece],
        offsets[:, 0] + shift,
        offsets[:, 1] + shift,
    )


def _parts(body: _Tokens, room: int) -> list[_Tokens]:
    """Stretches of at most ``room`` tokens; all but the first open at a turn where one is near."""
    total = len(body.ids)
    parts, start = [], 0
    while True:
        parts.append(body.cut(start, start + room))
        if start + room >= total:
            return parts
        latest = start + room - OVERLAP
        headers = np.flatnonzero(body.roles[latest - OVERLAP : latest + 1] == Role.HEADER)
        start = latest - OVERLAP + int(headers[0]) if len(headers) else latest


def _window(context: _Tokens, body: _Tokens) -> Window:
    n, m = len(context.ids), len(body.ids)

    def join(a: IntArray, b: IntArray, special: tuple[int, int, int]) -> IntArray:
        first, middle, last = (np.array([s], dtype=np.int64) for s in special)
        return np.concatenate([first, a, middle, b, last])

    fields = join(context.fields, body.fields, (-1, -1, -1))
    counts = np.bincount(fields + 1)
    return Window(
        ids=join(context.ids, body.ids, (CLS, SEP, SEP)),
        roles=join(context.roles, body.roles, (int(Role.CONTEXT),) * 3),
        types=np.concatenate([np.zeros(n + 2, np.int64), np.ones(m + 1, np.int64)]),
        shares=(1.0 / counts[fields + 1]).astype(np.float32),
        fields=fields,
        starts=join(context.starts, body.starts, (0, 0, 0)),
        ends=join(context.ends, body.ends, (0, 0, 0)),
    )


def numbers(record: EncoderInput, body_tokens: int) -> FloatArray:
    """The feature vector: kinds, the due date's distance, lengths and who speaks."""
    pending, today = record.pending, record.occurred_at.date()
    due = pending.due_on if pending else None
    days = max(-365, min(730, (due - today).days)) if due else 0
    since = (today - record.history[-1].occurred_at.date()).days if record.history else 0
    spoken = dict.fromkeys(Side, 0)
    for turn in record.turns:
        spoken[turn.side] += turn.end - turn.words_start
    words = max(1, sum(spoken.values()))
    row = [
        *(float(record.kind == k) for k in _KINDS),
        *(float(pending is not None and pending.kind == k) for k in _KINDS),
        float(pending is not None),
        float(due is not None),
        math.copysign(math.log1p(abs(days)), days) / 4,
        float(0 < days <= 7),
        float(days > 45),
        float(due is not None and days <= 0),
        float(bool(pending and pending.subject)),
        float(record.format == TRANSCRIPT),
        math.log1p(body_tokens) / 5,
        math.log1p(len(record.turns)) / 4,
        spoken[Side.REP] / words,
        spoken[Side.BUYER] / words,
        min(len(record.history), 6) / 3,
        float(len(record.history) >= 2),
        math.log1p(max(0, since)) / 4,
        *_silence_numbers(record),
        *_date_numbers(record, due),
    ]
    return np.asarray(row, dtype=np.float32)


def _silence_numbers(record: EncoderInput) -> list[float]:
    """Counts of earlier silence, no-shows and put-offs, and whether this text reports one more."""
    before = count_silence([h.text for h in record.history])
    tried = bool(UNANSWERED.search(record.text) or NO_SHOW.search(record.text))
    put_off = bool(PUT_OFF.search(record.text))
    return [
        min(before.unanswered, 5) / 3,
        float(before.unanswered >= 2 and tried),
        float(before.no_shows >= 1),
        min(before.put_offs, 4) / 2,
        float(before.put_offs >= 2 and put_off),
        min(before.unanswered_ever, 5) / 3,
        float(tried),
        float(put_off),
    ]


def _date_numbers(record: EncoderInput, due: date | None) -> list[float]:
    """Which days the text names, and whether the pending activity stands on one of them."""
    today = record.occurred_at.date()
    reference = record.occurred_at.replace(tzinfo=None)
    mentions = resolve_dates(record.text[:DATED_CHARS], reference=reference)
    diary = [m for m in mentions if m.is_diary]
    ahead = [m for m in diary if m.latest > today]
    nearest = min(((m.latest - today).days for m in ahead), default=0)
    on_due = due is not None and any(m.earliest <= due <= m.latest for m in ahead)
    return [
        min(len(ahead), 4) / 2,
        math.log1p(min(nearest, 730)) / 4,
        float(on_due),
        float(due is not None and bool(ahead) and not on_due),
        float(due is not None and not ahead),
        float(any(m.latest <= today for m in diary)),
        float(any(m.is_interval for m in mentions)),
        float(bool(mentions) and not ahead),
    ]


def window_places(count: int) -> FloatArray:
    """Place of each of a record's windows: share before it, is first, is last."""
    n = np.arange(count)
    return np.stack([n / count, n == 0, n == count - 1], axis=1).astype(np.float32)
