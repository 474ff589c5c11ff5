"""How fast ``POST /v1/audits`` is beside the bare encoder, one record a request.

``python -m eval.bench.api`` measures in one run: the encoder alone over records that are read and
cleaned already, the whole judging without HTTP (batches of 64, one thread), and the service, asked
by many callers at once, then at half of the rate that it reached.  The records are the notes of
dev, shuffled: a transcript costs as much as its windows, and a row of them would say how long a
queue gets, not how long an answer takes.  No record comes twice, so that nothing is answered from
memory.  Where other work shares the machine, compare processor time: it is told for each record.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from auditor.access.machines import issue_key
from auditor.access.roles import Scope
from auditor.access.secret_key import load_secret_key
from auditor.classify.encoder import Encoder
from auditor.classify.local import LocalClassifier, encoder_input
from auditor.classify.registry import make_policy
from auditor.jobs.given_records import judge_given, read_given
from auditor.reading.prepared import prepare
from auditor.settings import Settings
from auditor.storage import open_database
from eval.bench.http_load import Timings, at_rate, request_bytes, saturate
from eval.bench.servers import service

_SET = Path(__file__).parents[1] / "sets" / "dev"
_SECRET = "benchmark" * 5
_BATCH = 64
_HOLD = ("label", "reason", "evidence", "tests", "tags", "reasons_ok", "source")


def records(run: str) -> Iterator[dict[str, Any]]:
    """Notes of the dev set over and over, shuffled, each made different by its last word."""
    rows = [
        json.loads(line)
        for file in sorted(_SET.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    rows = [row for row in rows if row.get("activity", {}).get("format") != "transcript"]
    random.Random(0).shuffle(rows)  # noqa: S311 - the same order in each run
    for number in itertools.count():
        row = rows[number % len(rows)]
        told = {name: value for name, value in row.items() if name not in _HOLD}
        text = f"{row['activity']['text']}\n{run}{number}"
        yield told | {"id": f"{run}{number}", "activity": row["activity"] | {"text": text}}


def measure(seconds: float, connections: int, threads: int) -> dict[str, Any]:
    """Rates, processor time and latencies."""
    found: dict[str, Any] = {"encoder": _encoder(seconds, threads)}
    found["judging"] = _judging(seconds, threads)
    found["service"] = _service(seconds, connections, threads)
    for name in ("encoder", "judging"):
        share = found["service"]["per_second"] / found[name]["per_second"]
        found["service"][f"share_of_{name}"] = round(share, 3)
        cost = found[name]["cpu_ms_per_record"] / found["service"]["cpu_ms_per_record"]
        found["service"][f"share_of_{name}_by_cpu"] = round(cost, 3)
    return found


def _timed(seconds: float, work: Callable[[], None]) -> dict[str, float]:
    """Runs batches of work for a while."""
    work()  # loads the model
    batches, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        work()
        batches += 1
    lasted, used = time.perf_counter() - began, time.process_time() - cpu
    number = batches * _BATCH
    return {
        "per_second": round(number / lasted, 1),
        "cpu_ms_per_record": round(used / number * 1e3, 3),
    }


def _encoder(seconds: float, threads: int) -> dict[str, float]:
    encoder, stock = Encoder(threads=threads or None), records("e")
    prepared = [
        [
            encoder_input(prepare(d.records[0]))
            for d in read_given(list(itertools.islice(stock, _BATCH)))
        ]
        for _ in range(40)
    ]
    batches = itertools.cycle(prepared)
    return _timed(seconds, lambda: _drop(encoder.encode(next(batches))))


def _judging(seconds: float, threads: int) -> dict[str, float]:
    settings, stock = Settings(threads=threads), records("j")
    classifier = LocalClassifier(threads=threads)
    policy, today = make_policy(classifier, settings), settings.today()

    def work() -> None:
        given = read_given(list(itertools.islice(stock, _BATCH)))
        _drop(judge_given(given, classifier, policy, as_of=today))

    return _timed(seconds, work)


def _drop(_: object) -> None:
    """Leaves a result alone."""


def _service(seconds: float, connections: int, threads: int) -> dict[str, Any]:
    settings = {
        "AUDITOR_SECRET_KEY": _SECRET,
        "AUDITOR_RATE_LIMIT": "100000000",
        "AUDITOR_THREADS": str(threads),
        "AUDITOR_BACKGROUND": "false",
    }
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/auditor.db"
        key = _key(url)
        server, stock = service(url, settings), records("s")
        headers = {"Authorization": f"Bearer {key}"}

        def make(_number: int) -> bytes:
            return request_bytes("/v1/audits", headers, json.dumps(next(stock)).encode())

        server.start()
        try:
            asyncio.run(saturate(server.port, make, connections=connections, seconds=2.0))
            before = server.cpu_seconds()
            full = asyncio.run(
                saturate(server.port, make, connections=connections, seconds=seconds)
            )
            cpu = server.cpu_seconds() - before
            rate = full.rate / 2
            requests = [make(n) for n in range(int(rate * seconds))]
            steady = asyncio.run(
                at_rate(server.port, requests, per_second=rate, connections=4 * connections)
            )
        finally:
            server.stop()
    return _told(full, steady, rate, cpu)


def _key(url: str) -> str:
    settings = Settings(secret_key=SecretStr(_SECRET))
    with open_database(url) as database:
        database.migrate()
        secret = load_secret_key(settings)
        return issue_key(database, secret, "bench", [Scope.EVALUATE], actor="bench")


def _told(full: Timings, steady: Timings, rate: float, cpu: float) -> dict[str, Any]:
    return {
        "per_second": round(full.rate, 1),
        "cpu_ms_per_record": round(cpu / max(1, full.answered) * 1e3, 3),
        "full_p50_ms": round(full.milliseconds(0.50), 1),
        "full_p99_ms": round(full.milliseconds(0.99), 1),
        "half_per_second": round(rate, 1),
        "half_p50_ms": round(steady.milliseconds(0.50), 1),
        "half_p99_ms": round(steady.milliseconds(0.99), 1),
        "not_answered": full.refused + full.broken + steady.refused + steady.broken,
    }


def main() -> None:
    """Reads the arguments and prints what was measured as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    parser.add_argument("--connections", type=int, default=32, help="callers at once")
    parser.add_argument("--threads", type=int, default=0, help="processor threads of the model")
    given = parser.parse_args()
    found = measure(given.seconds, given.connections, given.threads)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
