"""Between questions and the server: budget, ledger, breaker and counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from auditor.classify.llm.breaker import CircuitBreaker
from auditor.classify.llm.client import ChatClient, Reply, Usage
from auditor.classify.llm.failures import OF_THE_SERVER, CallFailed
from auditor.classify.llm.store import CallStore, Limits, Price
from prompts import Message

_CHARS_PER_TOKEN = 3
"""Low on purpose: a reservation must not fall short."""


class UseTally:
    """Counts over threads: calls, tokens, cost and what became of them."""

    def __init__(self) -> None:
        """Starts at nought."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._cost = 0.0

    def add(self, *names: str, **amounts: int) -> None:
        """Adds one to each name, and amounts to others."""
        with self._lock:
            self._counts.update(names)
            self._counts.update(amounts)

    def pay(self, cost: float | None) -> None:
        """Adds a cost; an unknown one is counted as such."""
        with self._lock:
            self._cost += cost or 0.0
            self._counts["unpriced_calls"] += cost is None

    def as_dict(self) -> dict[str, float]:
        """All counts, with ``calls``, ``tokens`` and ``cost`` always there."""
        with self._lock:
            judged = self._counts["records"] + self._counts["decided_locally"]
            return {
                "asked_per_1000": round(1_000 * self._counts["asked"] / judged, 1) if judged else 0,
                "calls": self._counts["calls"],
                "tokens": self._counts["tokens"],
                "cost": round(self._cost, 6),
                **{k: v for k, v in sorted(self._counts.items()) if k not in ("calls", "tokens")},
            }


class Meter:
    """Stands between questions and the server: budget, ledger, breaker, counts."""

    def __init__(
        self,
        client: ChatClient,
        *,
        tally: UseTally,
        store: CallStore | None = None,
        price: Price | None = None,
        limits: Limits | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Puts the parts together; without a store (batch results) nothing is limited or kept."""
        self._client, self._tally, self._store = client, tally, store
        self._price, self._limits, self._breaker = price, limits, breaker

    @property
    def model(self) -> str:
        """The client's model."""
        return self._client.model

    def recall(self, key: str) -> Reply | None:
        """A kept answer."""
        return self._store.recall(key) if self._store else None

    def keep(self, key: str, reply: Reply) -> None:
        """Keeps a verified answer; where it can't be kept, it is asked for again another time."""
        with self._unwritten():
            if self._store:
                self._store.keep(key, reply)

    def complete(self, messages: Sequence[Message], *, most_answer: int) -> Reply:
        """Asks within the budget.

        Raises:
            CallFailed: where it may not be asked, or there is no answer to read.
        """
        chars = sum(len(m.content) for m in messages)
        booked = self._admit(Usage(chars // _CHARS_PER_TOKEN + 1, most_answer))
        try:
            reply = self._client.complete(messages)
        except CallFailed as exc:
            self._note_failure(exc, booked)
            raise
        if self._breaker:
            self._breaker.succeeded()
        if self._store and booked is not None:
            with self._unwritten():
                self._store.settle(booked, reply.usage, price=self._price)
        self._tally.add("calls")
        self._pay(reply.usage)
        return replace(reply, call=booked)

    def _pay(self, used: Usage) -> None:
        self._tally.add(tokens=used.prompt_tokens + used.answer_tokens)
        self._tally.pay(self._price.of(used) if self._price else None)

    def _admit(self, estimate: Usage) -> int | None:
        """Whether a call may be made now; its number in the ledger, where there is one."""
        try:
            if self._breaker:
                self._breaker.check()
            return self._book(estimate)
        except CallFailed as exc:
            self._tally.add(f"failed_{exc.kind.value}")
            raise

    def _book(self, estimate: Usage) -> int | None:
        if self._store is None or self._limits is None:
            return None
        return self._store.reserve(self.model, estimate, price=self._price, limits=self._limits)

    @contextmanager
    def _unwritten(self) -> Iterator[None]:
        """After a call a full ledger costs nothing more: what was booked before stands."""
        try:
            yield
        except CallFailed as exc:
            self._tally.add(f"unwritten_{exc.kind.value}")

    def _note_failure(self, failure: CallFailed, booked: int | None) -> None:
        self._tally.add("calls", f"failed_{failure.kind.value}")
        told = failure.usage
        if told is not None:
            self._pay(told)
        if self._store and booked is not None:
            with self._unwritten():
                if told is not None:
                    self._store.settle(booked, told, price=self._price, outcome=failure.kind.value)
                else:
                    self._store.fail(booked, failure.kind)
        if self._breaker and failure.kind in OF_THE_SERVER:
            self._breaker.failed(retry_after=failure.retry_after)
        elif self._breaker:
            self._breaker.succeeded()
