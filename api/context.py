"""What requests share: settings, database, classifier, and the background loop."""

from __future__ import annotations

from collections.abc import Callable
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
from auditor.settings import Settings
from auditor.storage import Database


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


MakeLoop = Callable[["Context"], Loop]
"""Makes the background loop of a process."""


class Context:
    """Held by the app as ``app.state.context``; one for all requests of a process."""

    def __init__(self, settings: Settings, database: Database) -> None:
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
        return make_classifier(self.settings.classifier, self.settings)

    @property
    def policy(self) -> Policy:
        """What verdicts are decided by now.

        Raises:
            ConfigurationError, ModelError: the classifier can't be made.
        """
        return make_policy(self.classifier, self.settings)

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
