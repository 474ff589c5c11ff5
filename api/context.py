"""What requests share: settings, database, classifier, and the background loop."""

from __future__ import annotations

import time
from functools import cached_property
from threading import Lock
from typing import Protocol, cast

from fastapi import Request

from api.metrics import Metrics
from api.rates import Rates
from auditor.access.secret_key import load_secret_key
from auditor.access.signing_in import Doorkeeper
from auditor.classify.protocol import Classifier
from auditor.classify.registry import make_classifier, make_policy
from auditor.domain.policy import Policy
from auditor.health.rules import read_bought
from auditor.jobs.learning import judged_sources
from auditor.settings import Settings
from auditor.storage import Database

_MINUTE = 60.0
_MOST_NOTED = 10_000


class Loop(Protocol):
    """The background loop, as far as the app knows it."""

    def start(self) -> None:
        """Begins to work."""

    def wake(self) -> None:
        """Tells it that there is work."""

    def stop(self) -> None:
        """Ends after the piece of work under way."""

    @property
    def is_alive(self) -> bool:
        """Whether it works or waits for work."""


class Context:
    """Held by the app as ``app.state.context``; one for all requests of a process."""

    def __init__(self, settings: Settings, database: Database) -> None:
        settings.stages()  # a mistake in a file is told at the start, not by a request
        read_bought(settings)
        self.settings = settings
        """As the command line gave them."""
        self.database = database
        """Open; of this version's schema."""
        self.secret = load_secret_key(settings)
        """Keys the hashes of tokens."""
        self.doorkeeper = Doorkeeper(database, self.secret, settings)
        """Signs people in and out."""
        self.rates = Rates(settings.rate_limit)
        """How often each caller asks."""
        self.metrics = Metrics()
        """What Prometheus reads."""
        self.loop: Loop | None = None
        """The background loop, where this process runs one."""
        self._making = Lock()
        self._noting = Lock()
        self._noted: dict[str, float] = {}

    @property
    def classifier(self) -> Classifier:
        """Who judges; loaded when first asked for, once.

        Raises:
            ConfigurationError, ModelError: it can't be made.
        """
        with self._making:
            return self._classifier

    @cached_property
    def _classifier(self) -> Classifier:
        judged = judged_sources(self.database)
        return make_classifier(self.settings.classifier, self.settings, judged=judged)

    @property
    def policy(self) -> Policy:
        """What verdicts are decided by now.

        Raises:
            ConfigurationError, ModelError: the classifier can't be made.
        """
        return make_policy(self.classifier, self.settings)

    def first_in_a_minute(self, what: str) -> bool:
        """Whether nobody asked this of the same thing in the last minute, in this process."""
        now = time.monotonic()
        with self._noting:
            is_first = now - self._noted.get(what, -_MINUTE) >= _MINUTE
            if is_first:
                if len(self._noted) >= _MOST_NOTED:
                    self._noted.clear()
                self._noted[what] = now
        return is_first

    def wake(self) -> None:
        """Tells the background loop of this process, if any, that there is work."""
        if self.loop is not None:
            self.loop.wake()


def current(request: Request) -> Context:
    """Dependency: the app's context."""
    return cast("Context", request.app.state.context)


def request_id(request: Request) -> str:
    """Dependency: the request's id, as logged and answered in X-Request-ID."""
    return cast("str", request.state.request_id)
