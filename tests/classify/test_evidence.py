"""Which clause decides: the likeliest one, unless its act does not fit what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from auditor.classify.composition import FIELD_TEXT
from auditor.classify.encoder import Encoder
from auditor.classify.evidence import FieldSpan, ScoredClauses, choose_evidence
from auditor.classify.model_files import model_folder, read_config
from auditor.domain.labels import Act, Reason
from auditor.errors import ModelError

_LOUD, _FITTING = FieldSpan(FIELD_TEXT, 0, 10), FieldSpan(FIELD_TEXT, 11, 20)
_CLAUSES = ScoredClauses(
    spans=(_LOUD, _FITTING),
    acts=np.array([[0.9, 0.1], [0.1, 0.9]], np.float32),
    deciding=np.array([0.6, 0.5], np.float32),
    quoted=np.array([0.6, 0.5], np.float32),
)


def _first(*shares: float) -> FieldSpan:
    return choose_evidence(_CLAUSES, deciding_acts=np.array(shares, np.float32))[0].span


def test_without_acts_the_likeliest_clause_decides() -> None:
    assert choose_evidence(_CLAUSES)[0].span == _LOUD


def test_a_clause_whose_act_fits_goes_before_a_slightly_louder_one() -> None:
    assert _first(0.1, 0.9) == _FITTING
    assert _first(0.9, 0.1) == _LOUD


def test_an_act_does_not_lift_a_clause_that_nothing_else_speaks_for() -> None:
    faint = replace(_CLAUSES, deciding=np.array([0.9, 0.02], np.float32))
    faint = replace(faint, quoted=np.array([0.9, 0.02], np.float32))
    shares = np.array([0.1, 0.9], np.float32)
    assert choose_evidence(faint, deciding_acts=shares)[0].span == _LOUD


def test_the_shipped_shares_say_what_the_codebook_says() -> None:
    config = read_config(model_folder())
    shares = np.array(config.deciding_acts)
    assert shares.shape == (len(config.reasons), len(config.acts))
    assert np.allclose(shares.sum(axis=1), 1.0, atol=0.01)

    def act_of(reason: Reason) -> Act:
        return config.acts[int(shares[config.reasons.index(reason)].argmax())]

    assert act_of(Reason.COMPETITOR_CHOSEN) is Act.LOST_ELSEWHERE
    assert act_of(Reason.REP_ONLY_INTENT) is Act.REP_INTENT
    assert act_of(Reason.SEND_INFO) is Act.SEND_INFO


def test_shares_that_do_not_fit_the_model_are_refused(tmp_path: Path) -> None:
    source = model_folder()
    (tmp_path / "config.json").write_text(
        (source / "config.json").read_text(encoding="utf-8").replace('"won",', "", 1),
        encoding="utf-8",
    )
    with pytest.raises(ModelError, match="deciding_acts"):
        Encoder(tmp_path)
