"""Salesforce on loopback: gives access tokens, takes requests that carry the latest one."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
CLIENT_ID, CLIENT_SECRET, REFRESH = "consumer-key", "secret-of-client", "secret-refresh-token"


class SalesforceServer:
    """Remembers what it was asked; tokens are ``secret-access-1`` and so on."""

    def __init__(self) -> None:
        self.token_asked: list[dict[str, str]] = []
        self.done: list[tuple[str, str, Any]] = []
        self.refused = 0
        self.valid: str | None = None
        self.token_answers: list[tuple[int, dict[str, Any], dict[str, str]]] = []
        self.refusal: tuple[int, Any] = (401, EXPIRED)
        self.before_token = threading.Event()
        self.before_token.set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self.before_token.set()
        self._server.shutdown()
        self._server.server_close()

    def give_token(self, form: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        with self._lock:
            self.token_asked.append(form)
        self.before_token.wait(10)
        with self._lock:
            if self.token_answers:
                return self.token_answers.pop(0)
            self.valid = f"secret-access-{len(self.token_asked)}"
            told = {"access_token": self.valid, "instance_url": "https://evil.example"}
            return 200, told | {"token_type": "Bearer"}, {}

    def take(self, method: str, path: str, header: str, body: Any) -> tuple[int, Any]:
        with self._lock:
            if self.valid is None or header != f"Bearer {self.valid}":
                self.refused += 1
                return self.refusal
            self.done.append((method, path, body))
            return 201, {"id": "00T000000000001AAA", "success": True}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def _do(self) -> None:
                text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                more: dict[str, str] = {}
                if self.path == "/services/oauth2/token":
                    form = {k: v[0] for k, v in parse_qs(text, strict_parsing=True).items()}
                    status, told, more = owner.give_token(form)
                else:
                    header = self.headers.get("authorization", "")
                    status, told = owner.take(self.command, self.path, header, json.loads(text))
                content = json.dumps(told).encode()
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PATCH = _do

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
