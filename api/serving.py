"""Runs the app behind uvicorn on one socket, with the timeouts that uvicorn lacks."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from contextlib import ExitStack
from http import HTTPStatus

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from api import once as sign_in_once
from api.app import create_app
from api.logs import log_for
from auditor.errors import ConfigurationError
from auditor.jobs.loops import make_loop
from auditor.jobs.memory import MemoryKeeper
from auditor.settings import Settings

HEAD_SECONDS = 15.0
"""Longest time from a connection, or the first byte of a next request, to the end of its head."""
IDLE_SECONDS = 75
"""How long a connection without a request stays open; more than proxies keep theirs (60)."""
LINGER_SECONDS = 10.0
"""How long the rest of a body that was refused is read and dropped, so that the answer arrives."""
STOP_SECONDS = 20
"""Longest time for requests under way when the service is stopped."""
MOST_CONNECTIONS = 1_000
"""Beyond them, connections are answered 503."""
_BACKLOG = 512
GARBAGE_AFTER = 10_000
"""Objects made and not dropped after which the youngest are looked through for cycles.  Python's
own 700 are few where many requests are under way: 6 % of a delivery's processor time."""
SWITCH_SECONDS = 0.0005
"""How long work in the background may keep the interpreter from a request that has come."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that does not wait for ever for a request's head, nor drain a body for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection begins."""
        super().connection_made(transport)
        self._give(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        super().data_received(data)
        if self._is_draining():
            return
        if self.conn.their_state is not h11.IDLE:
            self._take_back()
        elif self._deadline is None and self.conn.trailing_data[0]:
            self._give(HEAD_SECONDS)

    def on_response_complete(self) -> None:
        """An answer is out."""
        super().on_response_complete()
        if self._is_draining():
            self._give(LINGER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._take_back()
        super().connection_lost(exc)

    def _is_draining(self) -> bool:
        """Whether the answer is out while the body still comes."""
        is_answered = self.cycle is not None and self.cycle.response_complete
        return is_answered and self.conn.their_state is h11.SEND_BODY

    def _give(self, seconds: float) -> None:
        self._take_back()
        self._deadline = self.loop.call_later(seconds, self._end)

    def _take_back(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self) -> None:
        self._deadline = None
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            told = HTTPStatus.REQUEST_TIMEOUT
            self.transport.write(
                f"HTTP/1.1 {told.value} {told.phrase}\r\nConnection: close\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
        self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket on which the service is reached.

    Raises:
        ConfigurationError: the address is not this machine's, or is in use.
    """
    with ExitStack() as unless_done:
        try:
            family, kind, proto, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            made = unless_done.enter_context(socket.socket(family, kind, proto))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(_BACKLOG)
        except OSError as exc:
            raise ConfigurationError(
                f"the service can't listen on {host}:{port} ({exc.strerror or exc}); choose "
                "another with --host and --port"
            ) from exc
        unless_done.pop_all()
    return made


def make_server(app: FastAPI) -> uvicorn.Server:
    """The server for an app; give its ``run`` the socket."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # the app logs without addresses' queries
            server_header=False,
            proxy_headers=False,  # the app believes the proxies that the settings name
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
        )
    )


def serve(
    settings: Settings, on: socket.socket, *, log_as: str, once: tuple[str, str] | None = None
) -> None:
    """Serves until the process is told to stop (SIGTERM, Ctrl-C); answers what is under way.

    Args:
        settings: of the service.
        on: where it listens.
        log_as: ``json``, ``plain``, or ``quiet`` for warnings only.
        once: token and address of a person whom a link signs in, once; the demo's.

    Raises:
        StorageError, ConfigurationError: the app can't be made.
    """
    log_for(log_as)
    MemoryKeeper().start()  # before other threads, which it gives few heaps
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app(settings)
    if once is not None:
        sign_in_once.install(app, *once)
    app.state.context.loop = make_loop(app.state.context)
    gc.collect()
    gc.set_threshold(GARBAGE_AFTER, *gc.get_threshold()[1:])
    gc.freeze()  # the app's objects stay: looking through them all took 130 ms of requests' time
    make_server(app).run(sockets=[on])
