"""What standing work is done with: the parts that a process has made and its jobs share."""

from __future__ import annotations

from typing import Protocol

from auditor.classify.protocol import Classifier
from auditor.domain.policy import Policy
from auditor.settings import Settings
from auditor.storage import Database


class Shop(Protocol):
    """What sending needs."""

    @property
    def settings(self) -> Settings:
        """Of the service."""

    @property
    def database(self) -> Database:
        """Open, with this version's schema."""

    @property
    def policy(self) -> Policy:
        """What verdicts are decided by, and whose findings count."""


class JudgingShop(Shop, Protocol):
    """What all standing work needs."""

    @property
    def classifier(self) -> Classifier:
        """Made when first asked for."""
