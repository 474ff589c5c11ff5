"""What training minimises, and where its tensors lie."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from eval.training.losses import disagreement  # noqa: E402 - needs torch


def test_readings_that_agree_cost_nothing() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0]])
    assert disagreement(logits, logits + 3.0).item() == pytest.approx(0.0, abs=1e-6)


def test_readings_that_differ_cost_the_mean_of_both_divergences() -> None:
    one, other = torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([[0.0, 0.0]])
    there = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    back = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert disagreement(one, other).item() == pytest.approx((there + back) / 2, rel=1e-5)
    assert disagreement(other, one).item() == pytest.approx((there + back) / 2, rel=1e-5)
