"""A language model on loopback for benchmarks: it speaks the OpenAI chat protocol and quotes text.

Its answers are sound by the schema and quote the first words of the record's text, so that they
pass verification; what they say is of no account.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prompts.fence import CLOSE, OPEN


@contextmanager
def scripted_model(*, seconds: float = 0.05) -> Iterator[str]:
    """Runs the server; gives its base URL.

    Args:
        seconds: time that an answer takes.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(seconds))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def answer_to(request: dict[str, Any]) -> str:
    """The answer to a question: a vague callback that quotes the text's first sentence."""
    asked = str(request["messages"][-1]["content"])
    text = asked.rpartition(OPEN)[2].partition(CLOSE)[0].strip()
    quote = text.partition(".")[0].partition("\n")[0][:200] or "none"
    return json.dumps(
        {
            "label": "vague_callback",
            "reason": "interval_callback",
            "tests": dict.fromkeys(("what", "when", "why_then", "agreed", "advances"), False),
            "quotes": [{"text": quote, "speaker": None}],
            "question": "What happens on that day?",
            "step": None,
            "confidence": 0.9,
        }
    )


def _handler(seconds: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            said = answer_to(json.loads(self.rfile.read(length)))
            time.sleep(seconds)
            message = {"role": "assistant", "content": said, "refusal": None}
            body = json.dumps(
                {
                    "id": "c1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "scripted",
                    "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                    "usage": {"prompt_tokens": 900, "completion_tokens": 90, "total_tokens": 990},
                }
            ).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler
