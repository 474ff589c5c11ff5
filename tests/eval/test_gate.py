"""The gate in the fast suite: the shipped model on a fixed slice of dev."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.classify.registry import make_classifier, make_policy
from auditor.errors import InputError
from auditor.settings import Settings
from eval.floors import broken_floors, parse_floor
from eval.gate import FLOORS, SLICE
from eval.labelled import load_labelled
from eval.run import run_set
from eval.slices import read_ids, take_slice

DEV = Path(__file__).parents[2] / "eval" / "sets" / "dev"


def test_the_shipped_model_holds_its_floors_on_the_slice() -> None:
    labelled = take_slice(load_labelled(DEV), read_ids(SLICE), name=SLICE.name)
    assert len(labelled) == 150
    classifier = make_classifier("local", Settings())
    result = run_set(labelled, classifier, make_policy(classifier, Settings()))
    assert result.scores["set"]["slice"] == "dev150.txt"
    assert broken_floors([parse_floor(f) for f in FLOORS], result.scores) == []


def test_a_slice_that_names_other_records_is_refused(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("# a comment\ndva-01a\nnope\n")
    with pytest.raises(InputError, match="holds no record 'nope'"):
        take_slice(load_labelled(DEV), read_ids(ids), name="ids.txt")
    ids.write_text("# nothing\n")
    with pytest.raises(InputError, match="names no id"):
        read_ids(ids)
