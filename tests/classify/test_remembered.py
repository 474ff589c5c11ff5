"""Opinions kept for records that come again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from auditor.classify.encoder_input import EncoderInput, PastInput
from auditor.classify.protocol import Candidate, ClauseAct, Opinion
from auditor.classify.remembered import RememberedOpinions
from auditor.domain.labels import Act, Label, Reason, Test
from auditor.domain.records import Side
from auditor.reading.prepared import Place

_NOTE = EncoderInput(
    text="x" * 10, format="note", kind="call", stage="", occurred_at=datetime(2026, 3, 2)
)


def note(number: int, *, length: int = 10) -> EncoderInput:
    return replace(_NOTE, text=f"{number:0{length}d}")


def opinion(seed: int) -> Opinion:
    vector = np.random.default_rng(seed).standard_normal(257).astype(np.float32)
    return Opinion({Label.VAGUE_CALLBACK: 1.0}, {}, embedding=tuple(vector.tolist()))


def long_opinion(clauses: int) -> Opinion:
    clause = ClauseAct(Place("text", 3, 14), Act.DEFER, 0.1 + 0.2)
    return replace(opinion(1), clauses=(clause,) * clauses)


def test_an_opinion_comes_back_as_it_was() -> None:
    full = Opinion(
        probabilities={Label.VAGUE_CALLBACK: 0.1 + 0.2, Label.IMPLICIT_LOSS: 1 / 3},
        reasons={Reason.NO_DATE: -1.7, Reason.PRICE: 1e-9},
        tests={Test.WHEN: 0.25},
        clauses=(
            ClauseAct(Place("text", 0, 5), Act.DEFER, 0.9),
            ClauseAct(Place("history[2].text", 7, 19), Act.REFUSAL, 0.8),
        ),
        evidence=(Candidate(Place("next_activity.subject", 1, 2), 2.5),),
        embedding=opinion(1).embedding,
        warnings=("the text seems to be German",),
        abstains=True,
    )
    kept = RememberedOpinions()
    kept.remember({note(1): full, note(2): Opinion({}, {})})
    assert kept.recall([note(1), note(2), note(3)]) == {note(1): full, note(2): Opinion({}, {})}


def test_what_differs_in_anything_is_another_record() -> None:
    kept = RememberedOpinions()
    kept.remember({note(1): opinion(1)})
    past = PastInput("call", datetime(2026, 3, 1), "asked for time")
    for other in (
        replace(note(1), stage="Won"),
        replace(note(1), occurred_at=datetime(2026, 3, 3)),
        replace(note(1), history=(past,)),
        replace(note(1), people=(("Ana", Side.BUYER),)),
    ):
        assert not kept.recall([other])


def test_the_one_not_used_for_longest_gives_way() -> None:
    kept = RememberedOpinions(most=2)
    kept.remember({note(1): opinion(1), note(2): opinion(2)})
    kept.recall([note(1)])
    kept.remember({note(3): opinion(3)})
    assert set(kept.recall(map(note, (1, 2, 3)))) == {note(1), note(3)}


def test_long_opinions_take_the_room_of_many_short_ones() -> None:
    kept = RememberedOpinions(most_bytes=15_000)
    kept.remember({note(n): opinion(n) for n in range(10)})
    assert len(kept) == 10
    kept.remember({note(11): long_opinion(300)})
    assert 1 < len(kept) < 10
    kept.remember({note(12): long_opinion(3_000)})
    assert len(kept) == 0


def test_what_is_kept_twice_is_counted_once() -> None:
    kept = RememberedOpinions(most_bytes=5_000)
    for _ in range(50):
        kept.remember({note(1): opinion(1)})
    kept.remember({note(2): opinion(2)})
    assert len(kept) == 2


def test_forgetting_leaves_nothing_and_makes_room() -> None:
    kept = RememberedOpinions(most_bytes=2_500)
    kept.remember({note(1): opinion(1), note(2): opinion(2)})
    assert kept.forget() == 2
    kept.remember({note(3): opinion(3), note(4): opinion(4)})
    assert len(kept) == 2
