"""The webhook's message is escaped, and is posted to checked public addresses only."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from auditor.digest.slack import Target, escape, make_blocks, post
from auditor.digest.smtp import SendError
from tests.builders import LOSS, a_finding, an_opportunity
from tests.digest.test_smtp import certificate
from tests.digest.test_view import LOGGED, make, row

__all__ = ["certificate"]
HOSTILE = "<!channel> <https://evil.example|click> & *bold*\n> quote @here"


@contextmanager
def _server(certificate: tuple[Path, Path], status: int = 200) -> Iterator[tuple[int, list[Any]]]:
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Host"], self.path, json.loads(body)))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "https://127.0.0.1/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_text_from_notes_neither_links_nor_mentions_anyone() -> None:
    view = make((an_opportunity(name=HOSTILE, owner=HOSTILE), [a_finding(LOGGED, LOSS)]))
    message = make_blocks(view)
    told = json.dumps(message)
    assert "<" not in told
    assert "&lt;!channel&gt;" in told
    texts = [b["text"] for b in message["blocks"] if b["type"] == "section"]
    assert all(t["verbatim"] for t in texts)
    assert escape("a\n> b") == "a &gt; b"


def test_a_message_keeps_within_slacks_limits() -> None:
    long = "We like it & the board meets on the 14th <soon>. " * 200
    rows = [(an_opportunity(id=f"o{n}", name=long), [a_finding(LOGGED, LOSS)]) for n in range(60)]
    blocks = make_blocks(make(*rows, shown=50))["blocks"]
    assert len(blocks) <= 50
    assert all(len(b["text"]["text"]) <= 3_000 for b in blocks if b["type"] == "section")


def test_it_is_posted_to_the_address_that_was_checked(certificate: tuple[Path, Path]) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    with _server(certificate) as (port, got):
        target = Target(f"https://localhost:{port}/services/T/B", may_be_private=True)
        post(target, make_blocks(make(row("a", LOSS))), verify=trusted)
    [(host, path, message)] = got
    assert (host, path) == (f"localhost:{port}", "/services/T/B")
    assert message["text"].startswith("1 decision for this week")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "temporary"), (503, "temporary"), (404, "permanent"), (302, "permanent")],
)
def test_an_answer_tells_whether_to_try_again(
    certificate: tuple[Path, Path], status: int, kind: str
) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    with _server(certificate, status) as (port, got), pytest.raises(SendError) as caught:
        post(Target(f"https://localhost:{port}/x", may_be_private=True), {}, verify=trusted)
    assert caught.value.kind == kind
    assert len(got) == 1, "redirects are not followed"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0.0.0.0/x",
        "http://hooks.example.com/x",
    ],
)
def test_the_own_network_is_not_called(url: str) -> None:
    marked: list[int] = []
    with pytest.raises(SendError) as caught:
        post(Target(url), {}, before_last=lambda: marked.append(1))
    assert caught.value.kind == "setup"
    assert marked == []


def test_a_private_network_that_is_meant_holds_no_metadata_service() -> None:
    with pytest.raises(SendError):
        post(Target("https://169.254.169.254/x", may_be_private=True), {})


def test_the_secret_address_is_not_shown() -> None:
    assert "T0/B0" not in repr(Target("https://hooks.example.com/T0/B0"))
