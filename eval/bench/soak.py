"""Hours of mixed load in minutes: ``python -m eval.bench.soak --minutes 30``.

The service runs with the cascade (a language model on loopback answers what the local one is unsure
of) while signed webhooks, audits through the API, pages, reads and searches come at steady rates.
Its memory, open handles, threads and what waits are looked at every few seconds.  The run fails,
with exit code 1, where one of them grows, where requests fail, or where something is left undone.

What may grow: memory, by what is kept on purpose for each note (its vector, its finding, and the
opinion on it in case it comes again) and by a fixed slack.  The first third is a warm-up and is not
counted.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from auditor.access.machines import issue_key
from auditor.access.people import add_person
from auditor.access.roles import Role, Scope
from auditor.access.secret_key import load_secret_key
from auditor.access.signing_in import Doorkeeper
from auditor.classify.registry import make_classifier, make_policy
from auditor.settings import Settings, load_settings
from auditor.storage import Database, open_database
from eval.bench.api import records
from eval.bench.http_load import Connection, request_bytes
from eval.bench.measuring import memory_mb, percentile
from eval.bench.scripted_model import scripted_model
from eval.bench.servers import Server, service
from eval.bench.signed_events import MAKERS, SETTINGS
from eval.bench.tables import Table

_SECRET = "soak" * 12
RATES = {"webhook": 5.0, "audit": 1.0, "page": 1.0, "read": 1.0, "search": 0.2}
"""Requests a second."""
PAGES = ("/", "/team", "/reps/Dana", "/search?q=who+waits+for+the+board", "/opportunities/1")
READS = ("/v1/opportunities?limit=50", "/v1/health-metrics", "/v1/reps/Dana/queue", "/metrics")
SEARCHES = ("/v1/search?q=went+with+another+supplier", "/v1/search?q=voicemail", "/v1/copied-notes")
KEPT_MB_PER_NOTE = 0.012
"""Opinion (2 KB), finding as pages read it (8 KB), vector (1 KB), and opinions on what is audited
meanwhile, a record to five notes.  The opinions end at 50,000, the findings at 20,000."""
SLACK_MB = 40.0
"""Memory that an allocator may hold more of."""
SLACK_HANDLES = 12
_WARM_UP = 1 / 3
_SETTLE_SECONDS = 300.0
_SENDERS = 16


@dataclass(frozen=True)
class Sample:
    """How the service stood at a moment."""

    seconds: float
    """Since the load began."""
    rss_mb: float
    """Memory that is its own or mapped, in RAM."""
    handles: int
    """Open files and sockets."""
    threads: int
    waiting: int
    """Events of which nothing has been made, and activities that are due."""
    notes: int
    """Activities taken in."""


@dataclass
class Tally:
    """What came of the requests."""

    answers: Counter[str] = field(default_factory=Counter)
    """By kind and class of status."""
    latencies: dict[str, list[float]] = field(default_factory=dict)
    """Seconds, by kind."""

    def add(self, kind: str, status: int, seconds: float) -> None:
        """Counts an answer; status 0 is a broken connection."""
        self.answers[f"{kind} {status // 100}xx" if status else f"{kind} broken"] += 1
        self.latencies.setdefault(kind, []).append(seconds)

    @property
    def failed(self) -> int:
        """Answers other than 2xx and 3xx."""
        return sum(n for k, n in self.answers.items() if not k.endswith(("2xx", "3xx")))


def find_growth(samples: Sequence[Sample]) -> list[str]:
    """What grew between the first and the last quarter of the time after the warm-up.

    Args:
        samples: in order.

    Returns:
        A sentence for each; empty where all is flat, or the samples are too few to tell.
    """
    counted = [s for s in samples if s.seconds >= samples[-1].seconds * _WARM_UP] if samples else []
    quarter = len(counted) // 4
    if quarter < 2:
        return []
    first, last = counted[:quarter], counted[-quarter:]

    def grew(of: Callable[[Sample], float]) -> float:
        return median(map(of, last)) - median(map(of, first))

    notes = grew(lambda s: s.notes)
    found = []
    if (mb := grew(lambda s: s.rss_mb)) > (most := SLACK_MB + notes * KEPT_MB_PER_NOTE):
        found.append(f"memory grew by {mb:.0f} MB; {most:.0f} MB is what {notes:.0f} notes may")
    if (handles := grew(lambda s: s.handles)) > SLACK_HANDLES:
        found.append(f"{handles:.0f} more open handles")
    if (threads := grew(lambda s: s.threads)) > SLACK_HANDLES:
        found.append(f"{threads:.0f} more threads")
    if (waiting := grew(lambda s: s.waiting)) > max(50.0, notes / 4):
        found.append(f"{waiting:.0f} more wait, of {notes:.0f} notes that came")
    return found


def soak(minutes: float, scale: float, every: float) -> dict[str, Any]:
    """Runs the load and looks at the service.

    Args:
        minutes: of load.
        scale: times the rates.
        every: seconds between two looks.
    """
    with tempfile.TemporaryDirectory() as name, scripted_model() as model:
        folder = Path(name)
        environment = _environment(folder, model)
        url = f"sqlite:///{folder}/auditor.db"
        with open_database(url) as database:
            database.migrate()
            key, cookie = _let_in(database)
            server = service(url, environment)
            server.start()
            try:
                load = _Load(server, key, cookie, minutes * 60, scale)
                watch = _Watch(server, database, environment)
                samples = asyncio.run(_run(load, watch, every))
                left = _settle(watch)
                failures = _failures(database)
            finally:
                server.stop()
    problems = find_growth(samples)
    if load.tally.failed:
        problems.append(f"{load.tally.failed} requests failed: {dict(load.tally.answers)}")
    if left:
        problems.append(f"{left} events or activities were left undone")
    if failures:
        problems.append(f"failed work: {failures}")
    return _told(minutes, scale, samples, load.tally, problems)


def _environment(folder: Path, model: str) -> dict[str, str]:
    return SETTINGS | {
        "AUDITOR_CLASSIFIER": "cascade",
        "AUDITOR_LLM_MODEL": "openai:scripted",
        "AUDITOR_LLM_BASE_URL": model,
        "AUDITOR_LLM_API_KEY": "none",
        "AUDITOR_LLM_STORE": str(folder / "llm.db"),
        "AUDITOR_LLM_DAILY_TOKENS": "1000000000",
        "AUDITOR_SECRET_KEY": _SECRET,
        "AUDITOR_RATE_LIMIT": "1000000",
        "NO_PROXY": "127.0.0.1",
    }


def _let_in(database: Database) -> tuple[str, str]:
    """A machine's key and a person's session."""
    settings = Settings(secret_key=SecretStr(_SECRET))
    secret = load_secret_key(settings)
    key = issue_key(database, secret, "soak", list(Scope), actor="soak")
    add_person(
        database, "soak@example.com", "Soak", Role.ADMIN,
        teams=None, owner=None, password=None, actor="soak",
    )  # fmt: skip
    with database.begin() as unit:
        user = unit.users.by_email("soak@example.com")
        assert user is not None
        door = Doorkeeper(database, secret, settings)
        token = door.open_session(unit, user, old_token=None, request_id="soak").token
    return key, f"auditor_session={token}"


class _Watch:
    """Looks at the service from outside."""

    def __init__(self, server: Server, database: Database, environment: dict[str, str]) -> None:
        self._pid, self._database = server.pid, database
        told = {k.removeprefix("AUDITOR_").lower(): v for k, v in environment.items()}
        names = ("classifier", "llm_model", "llm_base_url", "llm_api_key", "llm_store")
        settings = load_settings(**{n: told[n] for n in names})
        self._policy = make_policy(make_classifier("cascade", settings), settings).fingerprint

    def look(self, seconds: float) -> Sample:
        """How it stands now."""
        with self._database.read() as unit:
            amounts = unit.gauges.read()
            due = unit.activities.count_due(self._policy)
        process = Path(f"/proc/{self._pid}")
        return Sample(
            seconds=seconds,
            rss_mb=memory_mb("VmRSS", self._pid),
            handles=len(os.listdir(process / "fd")),  # noqa: PTH208 - counts, no paths
            threads=len(os.listdir(process / "task")),  # noqa: PTH208
            waiting=amounts.pending + due,
            notes=amounts.activities,
        )


class _Load:
    """Sends requests of each kind at its rate."""

    def __init__(self, server: Server, key: str, cookie: str, seconds: float, scale: float) -> None:
        self.seconds, self.tally = seconds, Tally()
        self._scale = scale
        self._port = server.port
        self._key, self._cookie = {"Authorization": f"Bearer {key}"}, {"Cookie": cookie}
        self._makers: dict[str, Iterator[bytes]] = {
            "webhook": self._webhooks(),
            "audit": self._audits(),
            "page": _gets(PAGES, self._cookie),
            "read": _gets(READS, self._key),
            "search": _gets(SEARCHES, self._key),
        }

    def _webhooks(self) -> Iterator[bytes]:
        run = f"k{int(time.time())}"
        for number in itertools.count():
            yield MAKERS[number % len(MAKERS)](number, run).request

    def _audits(self) -> Iterator[bytes]:
        for record in records(f"k{int(time.time())}"):
            yield request_bytes("/v1/audits", self._key, json.dumps(record).encode())

    async def run(self) -> None:
        """Sends until the time is over."""
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for _ in range(_SENDERS):
            free.put_nowait(Connection(self._port))
        await asyncio.gather(
            *(self._send_all(kind, rate * self._scale, free) for kind, rate in RATES.items())
        )

    async def _send_all(
        self, kind: str, per_second: float, free: asyncio.Queue[Connection]
    ) -> None:
        began, tasks = time.perf_counter(), set[asyncio.Task[None]]()
        for number in itertools.count():
            due = began + number / per_second
            if due - began >= self.seconds:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._send(kind, next(self._makers[kind]), due, free))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)

    async def _send(
        self, kind: str, request: bytes, due: float, free: asyncio.Queue[Connection]
    ) -> None:
        connection = await free.get()
        try:
            status = await connection.send(request)
        except ConnectionError:
            status = 0
        finally:
            free.put_nowait(connection)
        self.tally.add(kind, status, time.perf_counter() - due)


def _gets(paths: Sequence[str], headers: dict[str, str]) -> Iterator[bytes]:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    for path in itertools.cycle(paths):
        yield f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode()


async def _run(load: _Load, watch: _Watch, every: float) -> list[Sample]:
    samples: list[Sample] = []
    began = time.perf_counter()
    working = asyncio.create_task(load.run())
    while not working.done():
        await asyncio.wait([working], timeout=every)
        samples.append(await asyncio.to_thread(watch.look, time.perf_counter() - began))
        sys.stderr.write(f"{json.dumps(asdict(samples[-1]))}\n")
    await working
    return samples


def _settle(watch: _Watch) -> int:
    """Waits until nothing waits; returns what still does after a long time."""
    until = time.monotonic() + _SETTLE_SECONDS
    while (left := watch.look(0.0).waiting) and time.monotonic() < until:
        time.sleep(1.0)
    return left


def _failures(database: Database) -> dict[str, int]:
    with database.read() as unit:
        return unit.gauges.read().failures


def _told(
    minutes: float, scale: float, samples: Sequence[Sample], tally: Tally, problems: list[str]
) -> dict[str, Any]:
    return {
        "minutes": minutes,
        "scale": scale,
        "problems": problems,
        "answers": dict(sorted(tally.answers.items())),
        "p50_ms": {k: percentile(v, 0.5) * 1e3 for k, v in tally.latencies.items()},
        "p99_ms": {k: percentile(v, 0.99) * 1e3 for k, v in tally.latencies.items()},
        "samples": [asdict(s) for s in samples],
    }


def table(found: dict[str, Any]) -> Table:
    """The table of docs/performance.md."""
    samples = found["samples"]
    counted = [s for s in samples if s["seconds"] >= samples[-1]["seconds"] * _WARM_UP]
    quarter = max(1, len(counted) // 4)
    columns = ["", "first quarter after warm-up", "last quarter", "most"]
    rows = [
        [
            title,
            float(median(s[name] for s in counted[:quarter])),
            float(median(s[name] for s in counted[-quarter:])),
            float(max(s[name] for s in samples)),
        ]
        for name, title in (
            ("rss_mb", "memory, MB"),
            ("handles", "open handles"),
            ("threads", "threads"),
            ("waiting", "events and notes waiting"),
            ("notes", "notes taken in"),
        )
    ]
    sent = sum(found["answers"].values())
    problems = "; ".join(found["problems"]) or "nothing grew, failed or was left"
    note = f"{found['minutes']:g} minutes, {sent:,} requests: {problems}."
    return Table(columns, rows, note)


def main() -> None:
    """Runs, prints what was measured as JSON, and ends with 1 where there are problems."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--scale", type=float, default=1.0, help="times the rates of requests")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = soak(given.minutes, given.scale, given.every)
    text = json.dumps(found, indent=1) + "\n"
    sys.stdout.write(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")
    if found["problems"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
