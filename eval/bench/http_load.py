"""Sends prepared HTTP requests at a rate or as fast as they are answered, and times the answers.

The client speaks just enough HTTP/1.1 over kept connections to leave the processor to the server,
which stands on the same machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_OK = range(200, 300)


@dataclass
class Timings:
    """What came of a run."""

    seconds: float = 0.0
    """How long it took."""
    answered: int = 0
    """Answers with 2xx."""
    refused: int = 0
    """Other answers."""
    broken: int = 0
    """Requests whose connection broke."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from when each was due to its answer."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def milliseconds(self, share: float) -> float:
        """A percentile of the latencies; 0.99 is p99."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3 if ordered else 0.0


def request_bytes(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    told = {"Host": "127.0.0.1", "Content-Type": "application/json", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    """A kept connection that sends one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> int:
        """Sends a request and returns the status of its answer.

        Raises:
            OSError, EOFError: the connection broke; the next call opens another.
        """
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _length(head)
            if length:
                await reader.readexactly(length)
            if b"connection: close" in head.lower():
                self.close()
            return int(head[9:12])
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError) as exc:
            self.close()
            raise ConnectionError("the connection broke") from exc

    def close(self) -> None:
        """Closes it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


async def saturate(
    port: int, make: Callable[[int], bytes], *, connections: int, seconds: float
) -> Timings:
    """Sends as fast as answers come.

    Args:
        port: of the server, on this machine.
        make: a request by its number; made before the clock starts.
        connections: requests under way at once.
        seconds: how long.
    """
    timings = Timings()
    numbers = iter(range(1_000_000_000))
    prepared = [make(next(numbers)) for _ in range(20_000)]
    stock = iter(prepared)
    until = time.perf_counter() + seconds

    async def work() -> None:
        connection = Connection(port)
        while (began := time.perf_counter()) < until:
            request = next(stock, None) or make(next(numbers))
            await _one(connection, request, began, timings)
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    timings.seconds = time.perf_counter() - began
    return timings


async def at_rate(
    port: int, requests: Sequence[bytes], *, per_second: float, connections: int
) -> Timings:
    """Sends requests when they are due, whether or not earlier ones are answered."""
    timings = Timings()
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(Connection(port))
    start = time.perf_counter()

    async def send(number: int) -> None:
        due = start + number / per_second
        connection = await free.get()
        try:
            await _one(connection, requests[number], due, timings)
        finally:
            free.put_nowait(connection)

    tasks = []
    for number in range(len(requests)):
        pause = start + number / per_second - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(send(number)))
    await asyncio.gather(*tasks)
    timings.seconds = time.perf_counter() - start
    while not free.empty():
        free.get_nowait().close()
    return timings


async def _one(connection: Connection, request: bytes, due: float, timings: Timings) -> None:
    try:
        status = await connection.send(request)
    except ConnectionError:
        timings.broken += 1
        return
    if status in _OK:
        timings.answered += 1
        timings.latencies.append(time.perf_counter() - due)
    else:
        timings.refused += 1
