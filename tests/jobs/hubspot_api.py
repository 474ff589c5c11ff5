"""A HubSpot on loopback: the few routes that are read, with records put in by a test."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "pat-eu1-made-up"


class FakeHubSpot:
    """What it holds, and what it was asked."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        """By ``type/id``: an object as the API gives it."""
        self.deals: dict[str, list[int]] = {}
        """By ``type/id``: ids of its deals."""
        self.trouble: list[tuple[int, dict[str, str]]] = []
        """Answers to give first: status and headers."""
        self.asked: list[tuple[str, str, Any]] = []
        """Method, path and body of each request."""
        self.address = ""
        """Where it is."""

    def put(self, sort: str, identity: str, at: str, *deals: int, **properties: str) -> None:
        """Holds an object."""
        told = {"id": identity, "updatedAt": at, "archived": False, "properties": properties}
        self.objects[f"{sort}/{identity}"] = told
        self.deals[f"{sort}/{identity}"] = list(deals)

    def answer(self, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        """The answer to a request."""
        if self.trouble:
            status, headers = self.trouble.pop(0)
            return status, headers, {}
        if path.startswith("/crm/v3/owners"):
            owner = {"id": "71", "firstName": "Dana", "lastName": "Cole", "email": "d@example.com"}
            return 200, {}, {"results": [owner | {"teams": [{"name": "North", "primary": True}]}]}
        if path == "/crm/v3/pipelines/deals":
            return 200, {}, {"results": [{"stages": [{"id": "s1", "label": "Proposal"}]}]}
        sort = path.split("/")[4]
        ids = [each["id"] for each in body["inputs"]]
        if path.startswith("/crm/v4/associations/"):
            results = [
                {"from": {"id": i}, "to": [{"toObjectId": d} for d in self.deals[f"{sort}/{i}"]]}
                for i in ids
                if self.deals.get(f"{sort}/{i}")
            ]
        else:
            results = [self.objects[k] for i in ids if (k := f"{sort}/{i}") in self.objects]
        return (200 if len(results) == len(ids) else 207), {}, {"results": results}


@contextmanager
def hubspot_running() -> Iterator[FakeHubSpot]:
    """Runs one."""
    fake = FakeHubSpot()

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            fake.asked.append((self.command, self.path, body))
            if self.headers.get("authorization") != f"Bearer {TOKEN}":
                status, headers, answer = 401, {}, {}
            else:
                status, headers, answer = fake.answer(self.path, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _respond

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
