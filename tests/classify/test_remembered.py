"""Opinions kept for records that come again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from auditor.classify.encoder_input import EncoderInput, PastInput
from auditor.classify.protocol import Opinion
from auditor.classify.remembered import RememberedOpinions
from auditor.domain.labels import Label

_NOTE = EncoderInput(
    text="x" * 10, format="note", kind="call", stage="", occurred_at=datetime(2026, 3, 2)
)


def note(number: int, *, length: int = 10) -> EncoderInput:
    return replace(_NOTE, text=f"{number:0{length}d}")


def opinion(seed: int) -> Opinion:
    vector = np.random.default_rng(seed).standard_normal(257).astype(np.float32)
    return Opinion({Label.VAGUE_CALLBACK: 1.0}, {}, embedding=tuple(vector.tolist()))


def test_an_opinion_comes_back_as_it_was() -> None:
    kept = RememberedOpinions()
    kept.remember({note(1): opinion(1)})
    assert kept.recall([note(1), note(2)]) == {note(1): opinion(1)}


def test_the_one_not_used_for_longest_gives_way() -> None:
    kept = RememberedOpinions(most=2)
    kept.remember({note(1): opinion(1), note(2): opinion(2)})
    kept.recall([note(1)])
    kept.remember({note(3): opinion(3)})
    assert set(kept.recall(map(note, (1, 2, 3)))) == {note(1), note(3)}


def test_long_texts_take_the_room_of_many_short_ones() -> None:
    kept = RememberedOpinions(most_chars=100)
    kept.remember({note(n): opinion(n) for n in range(10)})
    past = PastInput("call", datetime(2026, 3, 1), "y" * 60)
    kept.remember({replace(_NOTE, history=(past,)): opinion(11)})
    assert len(kept) == 4
    kept.remember({note(1, length=200): opinion(12)})
    assert len(kept) == 0


def test_what_is_kept_twice_is_counted_once() -> None:
    kept = RememberedOpinions(most_chars=100)
    for _ in range(50):
        kept.remember({note(1): opinion(1)})
    kept.remember({note(2): opinion(2)})
    assert len(kept) == 2


def test_forgetting_leaves_nothing_and_makes_room() -> None:
    kept = RememberedOpinions(most_chars=20)
    kept.remember({note(1): opinion(1), note(2): opinion(2)})
    assert kept.forget() == 2
    kept.remember({note(3): opinion(3), note(4): opinion(4)})
    assert len(kept) == 2
