"""The policy: what a verdict was decided by, with a fingerprint that is stored on it."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict, Field

CODEBOOK_VERSION = "1"
"""Raised when a ruling of the codebook changes."""


class Policy(BaseModel):
    """Thresholds and versions behind a verdict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classifier: str
    """Which classifier judges, with its version or model file's hash."""
    codebook: str = CODEBOOK_VERSION
    """Version of the label definitions."""
    prompts: str = "none"
    """Fingerprint of the prompts used; ``none`` without a language model."""
    review_below: float = Field(default=0.70, ge=0, le=1)
    """A confidence under this makes a verdict ``needs_review``."""
    close_above: float = Field(default=0.85, ge=0, le=1)
    """Closing is recommended only from this confidence on."""
    day_first: bool | None = None
    """How 03/04 in texts is read: True is 3 April; None is told by each text."""
    test_passes: float = Field(default=0.5, ge=0, le=1)
    """Probability from which one of the five tests counts as passed."""
    test_margin: float = Field(default=0.15, ge=0, le=0.5)
    """Within this distance of ``test_passes`` a test is neither passed nor failed."""

    @property
    def fingerprint(self) -> str:
        """Short content hash, tagged with its algorithm: equal policies give equal verdicts."""
        return "sha256:" + hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]
