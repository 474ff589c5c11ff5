"""The file that remembers calls and answers: a ledger with a hard budget, and a cache.

One SQLite file in the user's data folder, shared by all processes of the user.  Answers hold quotes
(with placeholders for personal data), so they are dropped after the days that are set.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.classify.llm.client import Reply, Usage
from auditor.classify.llm.failures import CallFailed, Failure
from auditor.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL,
    outcome TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL,
    cost_usd REAL
);
CREATE INDEX IF NOT EXISTS calls_day ON calls (day);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, at TEXT NOT NULL, model TEXT NOT NULL, answer TEXT NOT NULL,
    repaired INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS refusals (
    day TEXT NOT NULL, limited_by TEXT NOT NULL, first_at TEXT NOT NULL, last_at TEXT NOT NULL,
    times INTEGER NOT NULL, PRIMARY KEY (day, limited_by)
);
"""
_ADDED = "ALTER TABLE answers ADD COLUMN repaired INTEGER NOT NULL DEFAULT 0"
"""For files of before that column."""
_WAIT_SECONDS = 10
_MAYBE_BILLED = frozenset(
    {Failure.TIMEOUT, Failure.TRUNCATED, Failure.REFUSED, Failure.TOO_LARGE, Failure.GARBLED}
)


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    prompt_usd: float
    """Of tokens read."""
    answer_usd: float
    """Of tokens written."""

    def of(self, usage: Usage) -> float:
        """Cost of a call in US dollars."""
        spent = usage.prompt_tokens * self.prompt_usd + usage.answer_tokens * self.answer_usd
        return spent / 1_000_000


@dataclass(frozen=True)
class Limits:
    """What a day may cost."""

    budget_usd: float
    """US dollars; holds for models whose price is known."""
    tokens: int
    """Tokens; holds for every model."""


@dataclass(frozen=True)
class Spent:
    """What a day has cost so far."""

    calls: int
    """Calls made or under way."""
    tokens: int
    """Tokens read and written."""
    cost_usd: float
    """Of calls with a known price."""
    unpriced: int
    """Calls whose price is unknown."""


def _now() -> datetime:
    return datetime.now(UTC)


def _over(
    spent: Spent, limits: Limits, *, cost: float | None, tokens: int
) -> tuple[str, str] | None:
    """The limit that a call would go over, with the words for it; None where it would not."""
    if cost is not None and spent.cost_usd + cost > limits.budget_usd:
        return "budget", f"the day's budget of ${limits.budget_usd:.2f} is used up"
    if spent.tokens + tokens > limits.tokens:
        return "tokens", f"the day's limit of {limits.tokens:,} tokens is used up"
    return None


@dataclass(frozen=True)
class Exhausted:
    """A day on which a limit kept questions from being asked."""

    day: date
    """The day (UTC)."""
    limited_by: str
    """``budget`` or ``tokens``."""
    times: int
    """Questions that were not asked."""
    first_at: datetime
    """When the first one was not."""


class CallStore:
    """Ledger and cache; safe for threads, and for processes on one machine."""

    def __init__(
        self, path: Path, *, cache_days: int = 30, now: Callable[[], datetime] = _now
    ) -> None:
        """Opens the file, made where there is none, and drops answers that are too old.

        Raises:
            ConfigurationError: where the file can't be opened or is no such file.
        """
        self._path, self._now, self._cache_days = path, now, cache_days
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as db:
                db.executescript(_SCHEMA)
                if "repaired" not in {row[1] for row in db.execute("PRAGMA table_info(answers)")}:
                    db.execute(_ADDED)
            self._drop_old()
        except (OSError, sqlite3.Error, CallFailed) as exc:
            raise ConfigurationError(
                f"{path}: the ledger of language-model calls can't be used ({exc}); set "
                "AUDITOR_LLM_STORE to a file that can be written, or remove the damaged one"
            ) from exc

    def reserve(self, model: str, estimate: Usage, *, price: Price | None, limits: Limits) -> int:
        """Books a call before it is made, so that calls side by side can't overspend.

        Args:
            model: who is asked.
            estimate: the most that the call may use.
            price: the model's, or None where unknown.
            limits: of a day.

        Returns:
            The number to settle it by.

        Raises:
            CallFailed: where the call would go over a limit.
        """
        cost = price.of(estimate) if price else None
        tokens = estimate.prompt_tokens + estimate.answer_tokens
        with self._writing() as db:
            spent = self._spent(db, self._day())
            over = _over(spent, limits, cost=cost, tokens=tokens)
            booked = 0 if over else self._book(db, model, estimate, cost)
            if over:
                self._note_refusal(db, over[0])
        if over:
            raise CallFailed(Failure.BUDGET, over[1])
        return booked

    def settle(
        self, call: int, usage: Usage, *, price: Price | None, outcome: str = "answered"
    ) -> None:
        """Writes what a call really used; a server that does not tell leaves the estimate."""
        if not usage.prompt_tokens and not usage.answer_tokens:
            self._finish(call, outcome)
            return
        cost = price.of(usage) if price else None
        with self._writing() as db:
            db.execute(
                "UPDATE calls SET outcome = ?, prompt_tokens = ?, answer_tokens = ?, "
                "cost_usd = ? WHERE id = ?",
                (outcome, usage.prompt_tokens, usage.answer_tokens, cost, call),
            )

    def fail(self, call: int, kind: Failure) -> None:
        """Writes that a call failed; what may have been billed keeps its estimate."""
        if kind in _MAYBE_BILLED:
            self._finish(call, kind.value)
            return
        with self._writing() as db:
            db.execute(
                "UPDATE calls SET outcome = ?, prompt_tokens = 0, answer_tokens = 0, "
                "cost_usd = CASE WHEN cost_usd IS NULL THEN NULL ELSE 0 END WHERE id = ?",
                (kind.value, call),
            )

    def spent_today(self) -> Spent:
        """What today (UTC) has cost so far."""
        with closing(self._open()) as db:
            return self._spent(db, self._day())

    def exhausted(self, since: date, before: date) -> list[Exhausted]:
        """The days (UTC) of a span on which a limit kept questions from being asked.

        Args:
            since: first day.
            before: the day after the last.
        """
        with closing(self._open()) as db:
            rows = db.execute(
                "SELECT day, limited_by, times, first_at FROM refusals "
                "WHERE day >= ? AND day < ? ORDER BY day, limited_by",
                (since.isoformat(), before.isoformat()),
            ).fetchall()
        return [
            Exhausted(date.fromisoformat(day), by, int(times), datetime.fromisoformat(first))
            for day, by, times, first in rows
        ]

    def recall(self, key: str) -> Reply | None:
        """An answer that was kept, or None."""
        try:
            with closing(self._open()) as db:
                row = db.execute(
                    "SELECT answer, model, repaired FROM answers WHERE key = ?", (key,)
                ).fetchone()
        except sqlite3.Error:
            return None  # a file that can't be read keeps nothing; booking a call will say so
        return Reply(row[0], row[1], repaired=bool(row[2])) if row else None

    def keep(self, key: str, reply: Reply) -> None:
        """Keeps an answer that was verified; nothing where the cache is off."""
        if self._cache_days:
            with self._writing() as db:
                db.execute(
                    "INSERT OR REPLACE INTO answers (key, at, model, answer, repaired) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (key, self._now().isoformat(), reply.model, reply.text, reply.repaired),
                )

    def forget_answers(self) -> int:
        """Drops every answer that is kept, the ledger stays; returns how many."""
        with self._writing() as db:
            db.execute("PRAGMA secure_delete = ON")
            return db.execute("DELETE FROM answers").rowcount

    def _book(self, db: sqlite3.Connection, model: str, estimate: Usage, cost: float | None) -> int:
        row = (self._now().isoformat(), self._day(), model, "under way")
        done = db.execute(
            "INSERT INTO calls (at, day, model, outcome, prompt_tokens, answer_tokens, "
            "cost_usd) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row, estimate.prompt_tokens, estimate.answer_tokens, cost),
        )
        return int(done.lastrowid or 0)

    def _note_refusal(self, db: sqlite3.Connection, limited_by: str) -> None:
        at = self._now().isoformat()
        db.execute(
            "INSERT INTO refusals VALUES (?, ?, ?, ?, 1) ON CONFLICT (day, limited_by) "
            "DO UPDATE SET times = times + 1, last_at = excluded.last_at",
            (self._day(), limited_by, at, at),
        )

    def _finish(self, call: int, outcome: str) -> None:
        with self._writing() as db:
            db.execute("UPDATE calls SET outcome = ? WHERE id = ?", (outcome, call))

    def _drop_old(self) -> None:
        oldest = (self._now() - timedelta(days=self._cache_days)).isoformat()
        with self._writing() as db:
            db.execute("DELETE FROM answers WHERE at <= ?", (oldest,))

    def _day(self) -> str:
        return self._now().date().isoformat()

    @staticmethod
    def _spent(db: sqlite3.Connection, day: str) -> Spent:
        row = db.execute(
            "SELECT COUNT(*), COALESCE(SUM(prompt_tokens + answer_tokens), 0), "
            "COALESCE(SUM(cost_usd), 0), COALESCE(SUM(cost_usd IS NULL), 0) "
            "FROM calls WHERE day = ?",
            (day,),
        ).fetchone()
        return Spent(int(row[0]), int(row[1]), float(row[2]), int(row[3]))

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One write at a time, over threads and processes.

        Raises:
            CallFailed: where the file can't be written; without a ledger there is no budget.
        """
        try:
            with closing(self._open()) as db:
                db.execute("BEGIN IMMEDIATE")
                yield db  # an error leaves before the commit, and closing rolls back
                db.execute("COMMIT")
        except sqlite3.Error as exc:
            raise CallFailed(
                Failure.LEDGER, f"the ledger of calls can't be written ({exc})"
            ) from exc
