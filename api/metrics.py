"""What Prometheus reads: counts of requests, and what the database holds and waits for.

Each app has a registry of its own, so that two in one process don't mix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, of no use here

Gauge = tuple[str, str, dict[str, str], float]
"""Name, help, labels and value."""


class Metrics:
    """Counters of a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        """Where further counters may be registered."""
        self._requests = Counter(
            "auditor_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "auditor_http_request_seconds",
            "Time from the request's head to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.webhook_events = Counter(
            "auditor_webhook_events",
            "Events that webhooks brought, by what became of them.",
            ["source", "outcome"],
            registry=self.registry,
        )
        """``labels(source=…, outcome=…).inc()``; outcomes such as kept, repeated, ignored."""

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch(self, read: Callable[[], Iterable[Gauge]]) -> None:
        """Adds values that are read whenever they are asked for."""
        self.registry.register(_Gauges(read))

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _Gauges(Collector):
    def __init__(self, read: Callable[[], Iterable[Gauge]]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering must not ask the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Reads the values."""
        families: dict[str, GaugeMetricFamily] = {}
        for name, told, labels, value in self._read():
            family = families.setdefault(name, GaugeMetricFamily(name, told, labels=list(labels)))
            family.add_metric(list(labels.values()), value)
        return families.values()
