"""Suggestions are uncertain, different from one another, and no copies of what is labelled."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditor.domain.labels import Label
from eval.labelling.choosing import BREADTH, choose, pick_diverse
from eval.labelling.outlook import Outlook, Vectors
from eval.labelling.sheets import Sheet, make_sheet
from tests.eval.labelling.making import bare


def vectors(*angles: float) -> Vectors:
    """Unit vectors in a plane."""
    return np.asarray([[np.cos(a), np.sin(a)] for a in angles], dtype=np.float32)


def an_outlook(margins: list[float], *angles: float) -> Outlook:
    """A model's view that takes all for vague callbacks."""
    labels = (Label.VAGUE_CALLBACK,) * len(margins)
    return Outlook(np.asarray(margins), labels, vectors(*angles))


def a_sheet(name: str, text: str, **changes: Any) -> Sheet:
    return make_sheet(bare(name, text=text, **changes))


def test_each_cluster_gives_one_record() -> None:
    embeddings = vectors(0, 0.01, 0.02, 1.5, 1.51, 3, 3.01, 3.02)
    margins = np.full(8, 0.5)
    picked = pick_diverse(embeddings, margins, n=3, seed=1)
    assert {int(i) for i in picked} & {0, 1, 2}
    assert {int(i) for i in picked} & {3, 4}
    assert {int(i) for i in picked} & {5, 6, 7}


def test_what_the_model_is_sure_of_is_left_to_the_last() -> None:
    margins = np.asarray([0.1] * BREADTH + [0.99] * 50)
    embeddings = vectors(*np.linspace(0, 3, len(margins)))
    assert all(i < BREADTH for i in pick_diverse(embeddings, margins, n=1))


def test_the_same_seed_chooses_the_same() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(200, 8)).astype(np.float32)
    embeddings = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    margins = rng.random(200)
    once, again = (pick_diverse(embeddings, margins, n=7, seed=3) for _ in range(2))
    assert list(once) == list(again)
    assert len(set(once.tolist())) == 7


def test_near_duplicates_fold_into_the_most_uncertain_of_them() -> None:
    pasted = "Left a voicemail for the buyer on the 3rd about the renewal of the service contract"
    pool = [
        a_sheet("a", pasted),
        a_sheet("b", pasted.replace("3rd", "17th")),
        a_sheet("c", "They signed with Marsh last week, the deal is gone for good."),
    ]
    outlook = an_outlook([0.6, 0.2, 0.4], 0.0, 0.01, 0.02)
    chosen = choose(pool, outlook, n=5)
    assert [r["id"] for r in chosen.records] == ["b", "c"]
    assert chosen.records[0]["suggested"] == {"rank": 1, "margin": 0.2, "stands_for": 2}
    assert chosen.told == "2 of 3 records chosen (1 near-duplicates folded)"


def test_records_that_lie_close_but_say_other_things_are_not_folded() -> None:
    pool = [
        a_sheet("a", "Board votes on Thursday, Lee asked us in."),
        a_sheet("b", "Board votes in the spring, no day yet."),
    ]
    outlook = an_outlook([0.5, 0.5], 0.0, 0.0)
    assert len(choose(pool, outlook, n=5).records) == 2


def test_what_is_labelled_already_is_left_out() -> None:
    text = "Nice chat with Dana about the trial, call back in three months as always."
    pool = [a_sheet("a", text), a_sheet("b", "They signed with Marsh last week.")]
    outlook = an_outlook([0.1, 0.5], 0.0, 1.0)
    chosen = choose(pool, outlook, n=5, known=[a_sheet("old", text.upper())])
    assert ([r["id"] for r in chosen.records], chosen.known) == (["b"], 1)
