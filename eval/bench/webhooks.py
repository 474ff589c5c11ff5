"""How fast webhooks are acknowledged, and that nothing acknowledged is lost when the server dies.

``python -m eval.bench.webhooks speed`` measures, in one run, a bare FastAPI route that commits one
row to SQLite and the service's webhooks: requests a second as fast as they are answered, and the
processor time of each.  The aim is half of the bare route's rate; latencies are those at half of
that, a quarter of the bare route's rate.

``python -m eval.bench.webhooks kill [--postgres]`` sends signed deliveries at a steady rate while
the server is ended by SIGKILL again and again and started anew, as a sender would: what is not
acknowledged is sent again.  Then it looks whether every acknowledged delivery is there once and
done, and every activity has its one verdict.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from auditor.classify.registry import make_classifier, make_policy
from auditor.settings import load_settings
from auditor.storage import Database, open_database
from eval.bench.http_load import Connection, Timings, at_rate, saturate
from eval.bench.servers import Server, postgres, service, yardstick
from eval.bench.signed_events import MAKERS, SETTINGS, Delivery, make_standard

_CONNECTIONS = 32
_RETRY_SECONDS = 0.2
_SETTLE_SECONDS = 600.0


def measure_speed(seconds: float, classifier: str) -> dict[str, Any]:
    """Rates and latencies of the bare route and of the service."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        bare = yardstick(Path(folder) / "bare.db")
        rate = found["bare"] = _measure(bare, _bare_request, seconds, None)
        half = rate["per_second"] / 2
        for name, background in (("webhooks", "false"), ("webhooks, auditing", "true")):
            url = f"sqlite:///{folder}/{'audited' if background == 'true' else 'kept'}.db"
            settings = SETTINGS | {
                "AUDITOR_CLASSIFIER": classifier,
                "AUDITOR_BACKGROUND": background,
                "AUDITOR_SECRET_KEY": "benchmark" * 5,
            }
            run = "k" if background == "false" else "a"
            server = service(url, settings)
            make = partial(_webhook_request, run)
            found[name] = _measure(server, make, seconds, half / 2)
            found[name]["share_of_bare"] = round(found[name]["per_second"] / rate["per_second"], 3)
    return found


def _webhook_request(run: str, number: int) -> bytes:
    return make_standard(number, run).request


def _bare_request(number: int) -> bytes:
    request = make_standard(number, "b").request
    return request.replace(b"POST /v1/webhooks/standard ", b"POST /events ", 1)


def _measure(
    server: Server, make: Callable[[int], bytes], seconds: float, half: float | None
) -> dict[str, Any]:
    server.start()
    try:
        asyncio.run(saturate(server.port, make, connections=_CONNECTIONS, seconds=1.0))
        before = server.cpu_seconds()
        full = asyncio.run(
            saturate(
                server.port,
                lambda n: make(1_000_000 + n),
                connections=_CONNECTIONS,
                seconds=seconds,
            )
        )
        cpu = server.cpu_seconds() - before
        rate = half or full.rate / 2
        requests = [make(2_000_000 + n) for n in range(int(rate * seconds))]
        steady = asyncio.run(
            at_rate(server.port, requests, per_second=rate, connections=4 * _CONNECTIONS)
        )
    finally:
        server.stop()
    return _told(full, steady, rate, cpu)


def _told(full: Timings, steady: Timings, rate: float, cpu: float) -> dict[str, Any]:
    return {
        "per_second": round(full.rate, 1),
        "cpu_ms_per_request": round(cpu / max(1, full.answered) * 1e3, 3),
        "full_p99_ms": round(full.milliseconds(0.99), 2),
        "at_per_second": round(rate, 1),
        "p50_ms": round(steady.milliseconds(0.50), 2),
        "p99_ms": round(steady.milliseconds(0.99), 2),
        "not_answered": full.refused + full.broken + steady.refused + steady.broken,
    }


@dataclass
class Sending:
    """What a sender knows."""

    made: list[Delivery] = field(default_factory=list)
    """All deliveries."""
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    """Source and key of those that were."""
    again: int = 0
    """How often one was sent again."""


def prove(
    url: str, *, kills: int, per_second: float, apart_seconds: float, classifier: str
) -> dict[str, Any]:
    """Sends while the server is killed, then looks at what is there.

    Args:
        url: of the database.
        kills: how often it is killed.
        per_second: deliveries.
        apart_seconds: between two kills.
        classifier: who judges.
    """
    settings = SETTINGS | {
        "AUDITOR_CLASSIFIER": classifier,
        "AUDITOR_SECRET_KEY": "benchmark" * 5,
    }
    with open_database(url) as database:
        database.migrate()
    server = service(url, settings)
    server.start()
    sending = Sending()
    try:
        restarts = asyncio.run(_under_fire(server, sending, kills, per_second, apart_seconds))
        with open_database(url) as database:
            seconds = _wait_until_settled(database, classifier)
            found = _look(database, sending, classifier)
    finally:
        server.stop()
    return found | {
        "kills": kills,
        "restart_seconds": round(max(restarts), 2),
        "sent_again": sending.again,
        "settled_after_seconds": round(seconds, 1),
    }


async def _under_fire(
    server: Server, sending: Sending, kills: int, per_second: float, apart: float
) -> list[float]:
    ended = asyncio.Event()
    feeding = asyncio.create_task(_feed(server.port, sending, per_second, ended))
    restarts: list[float] = []
    for _ in range(kills):
        await asyncio.sleep(apart)
        server.kill()
        restarts.append(await asyncio.to_thread(server.start))
    await asyncio.sleep(apart)
    ended.set()
    await feeding
    return restarts


async def _feed(port: int, sending: Sending, per_second: float, ended: asyncio.Event) -> None:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(2 * _CONNECTIONS):
        free.put_nowait(Connection(port))
    tasks = []
    start = time.perf_counter()
    number = 0
    run = f"r{int(time.time())}"
    while not ended.is_set():
        made = MAKERS[number % len(MAKERS)](number, run)
        sending.made.append(made)
        tasks.append(asyncio.create_task(_deliver(free, made, sending)))
        if number % 50 == 0:  # a sender that repeats itself
            tasks.append(asyncio.create_task(_deliver(free, made, sending)))
        number += 1
        await asyncio.sleep(max(0.0, start + number / per_second - time.perf_counter()))
    await asyncio.gather(*tasks)


async def _deliver(free: asyncio.Queue[Connection], made: Delivery, sending: Sending) -> None:
    while True:
        connection = await free.get()
        try:
            status = await connection.send(made.request)
        except ConnectionError:
            status = 0
        finally:
            free.put_nowait(connection)
        if 200 <= status < 300:
            sending.acknowledged.add((made.source, made.key))
            return
        sending.again += 1
        await asyncio.sleep(_RETRY_SECONDS)


def _wait_until_settled(database: Database, classifier: str) -> float:
    began = time.perf_counter()
    settings = load_settings(classifier=classifier)
    policy = make_policy(make_classifier(classifier, settings), settings).fingerprint
    while time.perf_counter() - began < _SETTLE_SECONDS:
        with database.read() as unit:
            if not unit.events.count_pending() and not unit.activities.count_due(policy):
                break
        time.sleep(0.5)
    return time.perf_counter() - began


def _look(database: Database, sending: Sending, classifier: str) -> dict[str, Any]:
    settings = load_settings(classifier=classifier)
    policy = make_policy(make_classifier(classifier, settings), settings).fingerprint
    missing = unjudged = 0
    with database.read() as unit:
        stored = unit.events.keys()
        states = unit.events.counts()
        for source in sorted({made.source for made in sending.made}):
            ids = [m.activity for m in sending.made if m.source == source]
            missing += len(set(ids)) - len(unit.activities.find(source, ids))
        unjudged = unit.activities.count_due(policy)
        verdicts = unit.verdicts.count(policy)
    return {
        "deliveries": len(sending.made),
        "acknowledged": len(sending.acknowledged),
        "acknowledged_and_lost": len(sending.acknowledged - stored.keys()),
        "stored_twice": sum(count > 1 for count in stored.values()),
        "not_done": sum(n for (_, state), n in states.items() if state != "done"),
        "activities_missing": missing,
        "activities_without_a_current_verdict": unjudged,
        "verdicts_of_all_inputs": verdicts,
    }


@contextmanager
def _database(on_postgres: bool) -> Iterator[str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if not on_postgres:
            yield f"sqlite:///{folder}/auditor.db"
            return
        with postgres(Path(folder) / "data") as url:
            yield url


def main() -> None:
    """Runs one of the two."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.webhooks", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    speed = parts.add_parser("speed", help="rates and latencies")
    speed.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    kill = parts.add_parser("kill", help="nothing acknowledged is lost")
    kill.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    kill.add_argument("--kills", type=int, default=10)
    kill.add_argument("--per-second", type=float, default=100.0)
    kill.add_argument("--apart-seconds", type=float, default=5.0, help="between two kills")
    for each in (speed, kill):
        each.add_argument("--classifier", default="local", choices=["local", "rules"])
    given = parser.parse_args()
    if given.part == "speed":
        found = measure_speed(given.seconds, given.classifier)
    else:
        with _database(given.postgres) as url:
            found = prove(
                url,
                kills=given.kills,
                per_second=given.per_second,
                apart_seconds=given.apart_seconds,
                classifier=given.classifier,
            )
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
