"""A server on loopback that speaks the OpenAI chat protocol and does as its script says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Scripted:
    """One reply of the server."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    hangs: bool = False


def says(content: str | None, *, finish: str = "stop", refusal: str | None = None) -> Scripted:
    """A completion with that content."""
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted-1",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
            }
        ],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }
    return Scripted(json.dumps(body).encode())


def answers(**changes: Any) -> Scripted:
    """A completion with an answer as the schema wants it."""
    return says(json.dumps(an_answer(**changes)))


def an_answer(**changes: Any) -> dict[str, Any]:
    """A sound answer to ``making.BOOKED``."""
    return {
        "label": "meaningful_next_step",
        "reason": "decision_scheduled",
        "tests": dict.fromkeys(("what", "when", "why_then", "agreed", "advances"), True),
        "quotes": [{"text": "board votes on our offer on Thursday", "speaker": None}],
        "question": "What did the board decide?",
        "step": None,
        "confidence": 0.95,
        **changes,
    }


def fails(status: int, **headers: str) -> Scripted:
    """An error of the server."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    body = json.dumps({"error": {"message": "scripted", "type": "x", "code": None}}).encode()
    return Scripted(body, status, {"content-type": "application/json", **named})


class ScriptedServer:
    """Replies in order; the last reply is given again for ever."""

    def __init__(self, replies: Sequence[Scripted]) -> None:
        self._replies = list(replies)
        self._lock = threading.Lock()
        self.let_go = threading.Event()
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=lambda: self._http.serve_forever(poll_interval=0.01), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(b) for b in self.bodies]

    def script(self, *replies: Scripted) -> None:
        with self._lock:
            self._replies = list(replies)

    def next_reply(self, body: bytes, headers: dict[str, str]) -> Scripted:
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    @contextmanager
    def running(self) -> Iterator[ScriptedServer]:
        self._thread.start()
        try:
            yield self
        finally:
            self.let_go.set()
            self._http.shutdown()
            self._http.server_close()

    def _handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                reply = owner.next_reply(body, {k.lower(): v for k, v in self.headers.items()})
                if reply.hangs:
                    owner.let_go.wait(10)
                    return
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client had enough, as it should

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
