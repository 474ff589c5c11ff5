"""The yardstick for webhooks: a FastAPI route that commits one row to SQLite and does no more.

``uvicorn eval.bench.bare_server:app`` with ``BARE_DATABASE`` naming the file.
"""

from __future__ import annotations

import os
import sqlite3

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()
_database = sqlite3.connect(os.environ.get("BARE_DATABASE", ":memory:"), isolation_level=None)
for _pragma in ("journal_mode = WAL", "synchronous = FULL"):  # as durable as the service
    _database.execute(f"PRAGMA {_pragma}").close()
_database.execute("CREATE TABLE IF NOT EXISTS events (key INTEGER PRIMARY KEY, body TEXT)").close()


@app.post("/events")
async def receive(request: Request) -> JSONResponse:
    """Keeps the body."""
    body = (await request.body()).decode("utf-8")
    _database.execute("INSERT INTO events (body) VALUES (?)", (body,)).close()
    return JSONResponse({"received": 1})


@app.get("/healthz")
async def health() -> JSONResponse:
    """Says that it is there."""
    return JSONResponse({"status": "ok"})
