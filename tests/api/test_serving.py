"""The server lets no slow client hold it, and answers what is under way before it stops."""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from api import serving
from api.app import create_app
from api.middleware import bodies
from api.serving import listen, make_server
from auditor.errors import ConfigurationError
from auditor.settings import Settings
from auditor.storage import Database
from tests.api.conftest import running

Address = tuple[str, int]


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The app with a slow route."""
    made = create_app(settings, database)

    made.state.begun, made.state.go_on = threading.Event(), threading.Event()

    @made.get("/slow")
    def slow() -> str:
        made.state.begun.set()
        assert made.state.go_on.wait(30)
        return "done"

    return made


@pytest.fixture
def address(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """Where a server with short times listens."""
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(serving, "LINGER_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "PAUSE_SECONDS", 0.3)
    server = make_server(app)
    server.config.host, server.config.port = "127.0.0.1", 0
    with running(server) as url:
        yield "127.0.0.1", int(url.rsplit(":", 1)[1])


def _read_all(connection: socket.socket) -> bytes:
    connection.settimeout(30)
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def _send_long(connection: socket.socket) -> None:
    for _ in range(400):  # 20 s
        connection.sendall(b"x" * 1_000)
        time.sleep(0.05)


def test_a_connection_that_says_nothing_is_closed(address: Address) -> None:
    with socket.create_connection(address) as connection:
        began = time.monotonic()
        assert _read_all(connection) == b""
        assert time.monotonic() - began > 0.2


def test_a_head_that_comes_a_byte_at_a_time_is_cut_off(address: Address) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        got = threading.Thread(target=lambda: told.append(_read_all(connection)))
        told: list[bytes] = []
        got.start()
        for _ in range(20):
            try:
                connection.sendall(b"X")
            except OSError:
                break
            got.join(0.1)
            if not got.is_alive():
                break
        got.join(5)
        assert told[0].startswith(b"HTTP/1.1 408 ")


def test_a_body_that_stalls_is_answered_408(address: Address) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(
            b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        answer = _read_all(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body-too-slow" in answer


def test_a_refused_body_is_not_read_for_ever(address: Address) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(
            b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000000\r\n\r\n"
        )
        connection.settimeout(30)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(OSError, match=r"reset|pipe|aborted"):
            _send_long(connection)


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize("megabytes", [None, 50.0])
def test_a_body_of_a_byte_too_much_is_answered_413_before_the_rest_is_read(
    settings: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    megabytes: float | None,
    is_told: bool,
) -> None:
    monkeypatch.setattr(serving, "LINGER_SECONDS", 0.3)
    if megabytes is not None:
        settings = settings.model_copy(update={"body_limit_mb": megabytes})
    limit = int(settings.body_limit_mb * 1_000_000)
    server = make_server(create_app(settings, database))
    server.config.host, server.config.port = "127.0.0.1", 0
    size = f"Content-Length: {limit + 1}" if is_told else "Transfer-Encoding: chunked"
    with running(server) as url:
        there = "127.0.0.1", int(url.rsplit(":", 1)[1])
        with socket.create_connection(there) as connection:
            connection.sendall(
                f"POST /login HTTP/1.1\r\nHost: localhost\r\n{size}\r\n"
                "Content-Type: application/json\r\n\r\n".encode()
            )
            if not is_told:  # the end of the body never comes
                connection.sendall(b"%x\r\n" % limit + b"x" * limit + b"\r\n1\r\nx\r\n")
            connection.settimeout(30)
            answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_kept_connection_serves_again_and_outlives_the_time_for_a_head(address: Address) -> None:
    with socket.create_connection(address) as connection:
        connection.settimeout(30)
        for pause in (0, 0.5):
            time.sleep(pause)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while b"version" not in answer:  # head and body may come apart
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_stop_waits_for_what_is_under_way(app: FastAPI) -> None:
    server = make_server(app)
    server.config.host, server.config.port = "127.0.0.1", 0
    with running(server) as url:
        connection = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert app.state.begun.wait(30)
        server.should_exit = True
        threading.Timer(0.3, app.state.go_on.set).start()
        with connection:
            assert b"done" in _read_all(connection)


def test_the_server_does_not_tell_what_it_is(address: Address) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b"uvicorn" not in _read_all(connection)


def test_a_port_in_use_is_told_with_the_mend() -> None:
    with (
        listen("127.0.0.1", 0) as taken,
        pytest.raises(ConfigurationError, match="--port"),
    ):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConfigurationError, match=r"no\.such\.host"):
        listen("no.such.host.invalid", 0)


def test_a_server_keeps_its_memory_small(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    class Keeper:
        def start(self) -> None:
            begun.append("memory")

    class Server:
        def run(self, sockets: list[socket.socket]) -> None:
            begun.append("serving")

    def make(app: FastAPI) -> Server:
        app.state.context.database.close()
        return Server()

    monkeypatch.setattr(serving, "MemoryKeeper", Keeper)
    monkeypatch.setattr(serving, "make_server", make)
    monkeypatch.setattr(serving, "log_for", lambda _: None)
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    try:
        with listen("127.0.0.1", 0) as on:
            serving.serve(settings, on, log_as="quiet")
        assert gc.get_threshold()[0] == serving.GARBAGE_AFTER
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)
    assert begun == ["memory", "serving"]
