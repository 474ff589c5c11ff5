"""Chooses who does a server's standing work: itself, or workers that it tells of it."""

from __future__ import annotations

from typing import Protocol

from auditor.jobs.background import Background
from auditor.jobs.shop import JudgingShop
from auditor.storage.work_schema import is_available


class Loop(Protocol):
    """What a server starts, wakes and stops."""

    def start(self) -> None:
        """Begins."""

    def wake(self) -> None:
        """Tells it that there is work; returns at once."""

    def stop(self) -> None:
        """Ends after the piece of work under way."""

    @property
    def is_alive(self) -> bool:
        """Whether it works or waits for work."""


def make_loop(shop: JudgingShop) -> Loop | None:
    """The loop of a server, by its settings; None where others look for work by themselves.

    Args:
        shop: settings, database, classifier and policy.
    """
    if shop.settings.background:
        return Background(shop)
    if shop.database.dialect == "postgresql" and is_available():
        from auditor.jobs.handing_on import HandingOn

        return HandingOn(shop.settings.database_url)
    return None
