"""Everything that a training run can be told, kept with its report."""

from __future__ import annotations

from dataclasses import dataclass, field

from eval.training.model import Shape


@dataclass(frozen=True)
class Settings:
    """Settings of one run; the defaults are those that measured best (docs/model-trials.md)."""

    seed: int = 0
    epochs: int = 5
    batch: int = 16
    """Records in a batch."""
    batch_tokens: int = 4096
    """Most tokens in a batch, padding included."""
    max_tokens: int = 512
    """Longest window."""
    encoder_rate: float = 8e-5
    """Peak learning rate of the encoder."""
    head_rate: float = 1e-3
    """Peak learning rate of the heads."""
    decay: float = 0.01
    """Weight decay."""
    layer_decay: float = 1.0
    """Factor on the learning rate from each layer to the one below."""
    smoothing: float = 0.05
    """Label smoothing."""
    acts_weight: float = 1.0
    signs_weight: float = 0.5
    reasons_weight: float = 0.5
    evidence_weight: float = 0.5
    margin: float = 3.0
    """By how much the members of a family must differ in the log odds of their two labels."""
    margin_weight: float = 0.5
    consistency_weight: float = 0.0
    """Weight of the disagreement between two readings with other dropout; 0 for one reading."""
    pending_drop: float = 0.25
    """Share of the records whose pending activity is hidden in an epoch."""
    by_family: bool = True
    """Keep families in one batch."""
    average: float = 0.999
    """Decay of the running average of the weights; 0 for none."""
    bfloat16: bool = True
    """Mixed precision."""
    device: str = "cpu"
    """Where it is trained; ``cuda`` for a graphics processor."""
    threads: int = 2
    shape: Shape = field(default_factory=Shape)
