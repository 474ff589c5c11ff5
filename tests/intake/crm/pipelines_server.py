"""HubSpot's pipelines and Pipedrive's stages on loopback, from a script."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any, dict[str, str]]


class PipelinesServer:
    """Gives each path's answers in turn, the last one again and again; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True
        ).start()

    def give(self, path: str, *told: Any) -> None:
        """Scripts the answers of a path: plain JSON, or status, JSON and headers."""
        self.answers[path] = [each if isinstance(each, tuple) else (200, each, {}) for each in told]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                owner.asked.append((self.path, headers))
                script = owner.answers.get(self.path, [(404, {}, {})])
                status, told, more = script.pop(0) if len(script) > 1 else script[0]
                content = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


def hubspot_stage(name: str, order: int, chance: str, **more: Any) -> dict[str, Any]:
    """A stage as HubSpot tells it."""
    closed = "true" if chance in ("0.0", "1.0") else "false"
    told = {"id": f"id-{name}", "label": name, "displayOrder": order, "archived": False}
    return told | {"metadata": {"isClosed": closed, "probability": chance}} | more


HUBSPOT = {
    "results": [
        {
            "id": "renewals",
            "label": "Renewals",
            "displayOrder": 1,
            "stages": [hubspot_stage("Terms sent", 0, "0.5"), hubspot_stage("Won", 1, "1.0")],
        },
        {
            "id": "default",
            "label": "Sales",
            "displayOrder": 0,
            "stages": [
                hubspot_stage("Quote sent", 2, "0.6"),
                hubspot_stage("First talk", 0, "0.2"),
                hubspot_stage("Old one", 1, "0.3", archived=True),
                hubspot_stage("Closed lost", 3, "0.0"),
            ],
        },
        {"id": "gone", "label": "Gone", "archived": True, "stages": [hubspot_stage("X", 0, "0.1")]},
    ]
}
"""Two pipelines in use; closed and archived stages, and an archived pipeline."""

PIPEDRIVE_PIPELINES = {
    "data": [{"id": 1, "name": "Sales", "order_nr": 0, "is_deal_probability_enabled": True}]
}
PIPEDRIVE_STAGES = (
    {
        "data": [
            {"id": 3, "pipeline_id": 1, "name": "Proposal Made", "order_nr": 2}
            | {"deal_probability": 60, "is_deal_rot_enabled": True, "days_to_rotten": 14},
            {"id": 9, "pipeline_id": 1, "name": "Gone", "order_nr": 3, "is_deleted": True},
        ],
        "additional_data": {"next_cursor": "a/b"},
    },
    {
        "data": [
            {"id": 1, "pipeline_id": 1, "name": "Qualified", "order_nr": 1}
            | {"deal_probability": 20, "rotten_flag": False, "rotten_days": 30},
            {"id": 5, "pipeline_id": 2, "name": "Elsewhere", "order_nr": 1},
        ]
    },
)
"""Two pages, with version 1's names on the second."""


def script_pipedrive(server: PipelinesServer) -> None:
    """Lets the server answer as Pipedrive."""
    server.give("/api/v2/pipelines?limit=500", PIPEDRIVE_PIPELINES)
    server.give("/api/v2/stages?limit=500", PIPEDRIVE_STAGES[0])
    server.give("/api/v2/stages?limit=500&cursor=a%2Fb", PIPEDRIVE_STAGES[1])
