"""Idempotency-Key: a request that is sent again is answered as the first time, done once.

The answer is kept in the transaction that did the work: after a crash both are there or neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response

from api.problems import Problem
from api.v1.paging import canonical
from auditor.storage import Database, UnitOfWork
from auditor.storage.idempotency import Remembered

ABANDONED_AFTER = timedelta(seconds=60)
"""A request without an answer after this long died with its process."""
_LONGEST = 255
_PLAIN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,255}")
_QUOTED = re.compile(r'\A"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
REPLAYED = "Idempotency-Replayed"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A quoted string, new for each thing to be done, the same when it is sent "
        "again; kept for a day, apart for each caller.",
        examples=['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    ),
]
"""The header's value."""


def require_key(value: str | None) -> str:
    """The key of a route that can't do without.

    Raises:
        Problem: 400 where it is missing or no quoted string.
    """
    key = read_key(value)
    if key is None:
        raise _bad("this route needs the header Idempotency-Key")
    return key


def read_key(value: str | None) -> str | None:
    """The key that a header holds; a bare token is taken for its own quoted form.

    Raises:
        Problem: 400 where it is no such string.
    """
    if value is None:
        return None
    text = value.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    elif not _PLAIN.fullmatch(text):
        raise _bad("Idempotency-Key is no quoted string")
    if not 0 < len(text) <= _LONGEST:
        raise _bad(f"Idempotency-Key must hold 1 to {_LONGEST} characters")
    return text


def _bad(told: str) -> Problem:
    return Problem(
        400,
        "idempotency-key-unusable",
        "Idempotency-Key missing or unusable",
        f'{told}; send one such as Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"',
    )


@dataclass(frozen=True)
class Asked:
    """A request under a key."""

    caller: str
    """As in the audit log."""
    key: str
    """The caller's."""
    request_hash: str
    """Of method, path and body."""


def asked(request: Request, caller: str, key: str, body: Any) -> Asked:
    """What is asked: the same JSON in another order of keys is the same."""
    told = f"{request.method}\n{request.url.path}\n{canonical(body)}"
    digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
    return Asked(caller, key, f"sha256:{digest}")


Keep = Callable[[UnitOfWork, int, dict[str, str], str], None]
"""Keeps an answer (status, headers, body) in the unit that does the work."""


def once(database: Database, request: Asked, work: Callable[[Keep], Response]) -> Response:
    """Does the work once; sent again, the kept answer is given.

    Args:
        database: where requests are remembered.
        request: what is asked.
        work: does it, keeps its answer by the function that it is given, and returns it.

    Raises:
        Problem: 409 while it is under way, 422 where the key was used for something else.
    """
    now = datetime.now(UTC)
    with database.begin() as unit:
        before = unit.idempotency.claim(
            request.caller,
            request.key,
            request.request_hash,
            at=now,
            abandoned_before=now - ABANDONED_AFTER,
        )
    if before is not None:
        return _again(before, request)

    def keep(unit: UnitOfWork, status: int, headers: dict[str, str], body: str) -> None:
        unit.idempotency.answer(
            request.caller, request.key, status=status, headers=headers, body=body
        )

    try:
        return work(keep)
    except BaseException:
        with database.begin() as unit:
            unit.idempotency.release(request.caller, request.key)
        raise


def _again(before: Remembered, request: Asked) -> Response:
    if before.request_hash != request.request_hash:
        raise Problem(
            422,
            "idempotency-key-reused",
            "Idempotency-Key used for something else",
            "another request was made under this key; send a new key with a new request",
        )
    if before.status is None:
        raise Problem(
            409,
            "request-under-way",
            "Request under way",
            "the first request under this key has not been answered yet; send it again later",
            headers={"Retry-After": "1"},
        )
    headers = {str(k): str(v) for k, v in (before.headers or {}).items()} | {REPLAYED: "true"}
    return Response(before.body or "", before.status, headers, "application/json")
