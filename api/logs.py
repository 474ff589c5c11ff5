"""Logs as a line of JSON each: what was done, never what was said.

Texts of exceptions may quote what customers said, so an unexpected one is told by its kind and the
places that it went through.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auditor.digest.words import visible

REQUESTS = "auditor.requests"
"""Name of the log of requests."""
_FRAMES = 12
_ROOT = Path(__file__).resolve().parents[1]


class JsonLines(logging.Formatter):
    """Formats a record; what ``extra={"told": {...}}`` brings goes beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = frames_of(record.exc_info[1])
        return visible(json.dumps(line, ensure_ascii=False, default=str))


def frames_of(exc: BaseException) -> str:
    """An exception's kind and where it came through, without its text."""
    frames = traceback.extract_tb(exc.__traceback__)[-_FRAMES:]
    places = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
    cause = exc.__cause__ or exc.__context__
    below = f" from {type(cause).__qualname__}" if cause is not None else ""
    return f"{type(exc).__qualname__}{below}: {' > '.join(places)}"


class PlainLines(JsonLines):
    """The same for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = dict(getattr(record, "told", {}))
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = frames_of(record.exc_info[1])
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        if record.name == REQUESTS and "status" in told:
            text = "{method} {route} {status} {ms} ms".format(**told)
        else:
            text = " ".join([record.getMessage(), *(f"{k}={v}" for k, v in told.items())])
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        return visible(" ".join(f"{at} {level}{text}".split()))


def log_for(kind: str) -> None:
    """Sends logs to standard error, ``json`` or ``plain``, a line each; ``quiet``: warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if kind == "json" else PlainLines())
    level = logging.WARNING if kind == "quiet" else logging.INFO
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx", "httpcore", "alembic"):  # addresses with their queries; noise
        logging.getLogger(name).setLevel(logging.WARNING)


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else path.name
