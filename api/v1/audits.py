"""Judges records that are handed in: at once where the model is local, later where it is asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.problems import RETRY_SECONDS, Problem, not_found
from api.v1.batching import Batcher
from api.v1.examples import RECORD
from api.v1.idempotency import Asked, IdempotencyKey, asked, once, read_key
from api.v1.reading import App, Evaluator
from api.v1.record_schema import GivenRecord
from api.v1.views import AuditAnswer, AuditTicket
from auditor.domain.verdict import Verdict
from auditor.errors import AuditorError, RowError
from auditor.intake.dossier import Dossier
from auditor.jobs.given_records import judge_given, read_given

router = APIRouter(prefix="/v1", tags=["audits"])
MOST_RECORDS = 100
"""Records of one request."""
MOST_TICKETS = 50
"""Requests that may wait for a language model in one process."""
LONGEST_RUN = timedelta(minutes=30)
"""A request that was not answered after this long died with its process."""
_TICKETS = "audit:"
_BATCH_THREADS = 2
log = logging.getLogger("auditor.api")
_RECORD = {"$ref": "#/components/schemas/GivenRecord"}


def _body_schema() -> dict[str, Any]:
    """One record or several; what it refers to goes into the document's components."""
    record = GivenRecord.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = record.pop("$defs", {})
    several = {"type": "array", "minItems": 1, "maxItems": MOST_RECORDS, "items": _RECORD}
    return {"oneOf": [_RECORD, several], "$defs": {"GivenRecord": record, **parts}}


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _body_schema(),
                "examples": {
                    "one": {"summary": "One record", "value": RECORD},
                    "several": {"summary": "Several", "value": [RECORD, RECORD | {"id": "call-2"}]},
                },
            }
        },
    }
}


@router.post(
    "/audits",
    response_model=AuditAnswer,
    name="judge",
    openapi_extra=_BODY,
    responses={
        202: {
            "model": AuditTicket,
            "description": "A language model is asked; the result will be at `Location`.",
            "headers": {
                "Location": {"schema": {"type": "string"}},
                "Retry-After": {"schema": {"type": "integer"}},
            },
        },
        409: {"description": "The first request under the Idempotency-Key is under way."},
    },
)
async def judge(
    request: Request, context: App, who: Evaluator, idempotency_key: IdempotencyKey = None
) -> Response:
    """Judge one record, or up to 100, in the codebook's format; nothing is kept.

    Labels are ignored. The local model answers at once; where a language model is asked, the answer
    is 202 with the address of the result. With `Idempotency-Key` a request that is sent again is
    answered as before.
    """
    values = _values(await request.body())
    key = read_key(idempotency_key)
    dossiers = await run_in_threadpool(_dossiers, values)
    told = asked(request, who.actor, key, values) if key is not None else None
    if context.settings.classifier in ("llm", "cascade"):
        return await run_in_threadpool(_later, request, context, who.actor, dossiers, told)
    if told is None:
        return _answer(await batcher_of(request).submit(dossiers))
    before = await run_in_threadpool(_claim, context, told)
    if before is not None:
        return before
    try:
        answer = _answer(await batcher_of(request).submit(dossiers))
    except BaseException:
        await run_in_threadpool(_release, context, told)
        raise
    await run_in_threadpool(_keep, context, told, 200, {}, bytes(answer.body).decode())
    return answer


def _values(body: bytes) -> list[Any]:
    """The records of a body.

    Raises:
        Problem: 422 where it is no JSON, no record, none, or too many.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(
            422, "invalid-request", "Request that does not fit", "the body is no JSON in UTF-8"
        ) from None
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= MOST_RECORDS:
        raise Problem(
            422,
            "invalid-request",
            "Request that does not fit",
            f"{len(values)} records; send 1 to {MOST_RECORDS} at a time",
        )
    return values


def _dossiers(values: Sequence[Any]) -> list[Dossier]:
    try:
        return read_given(values)
    except RowError as exc:
        place = (exc.field or "").replace(".", "/")
        pointer = f"/body/{(exc.line or 1) - 1}/{place}".rstrip("/")
        told = f"record {exc.line}: {exc.field or ''} {exc.problem}; {exc.mend}"
        raise Problem(
            422,
            "invalid-request",
            "Request that does not fit",
            told,
            errors=[{"pointer": pointer, "detail": f"{exc.problem}; {exc.mend}"}],
        ) from exc


def batcher_of(request: Request) -> Batcher[Dossier, Verdict]:
    """The app's batcher, made when first asked for."""
    state = request.app.state
    if not hasattr(state, "batcher"):
        context: Context = state.context

        def judge_batch(dossiers: Sequence[Dossier]) -> list[Verdict]:
            return _judge(context, dossiers)

        state.batcher = Batcher[Dossier, Verdict](judge_batch, threads=_BATCH_THREADS)
    batcher: Batcher[Dossier, Verdict] = state.batcher
    return batcher


def _judge(context: Context, dossiers: Sequence[Dossier]) -> list[Verdict]:
    settings = context.settings
    return judge_given(
        dossiers,
        context.classifier,
        context.policy,
        as_of=settings.today(),
        stages=settings.stages(),
    )


def _answer(verdicts: Sequence[Verdict]) -> JSONResponse:
    return JSONResponse({"verdicts": [v.as_line() for v in verdicts]})


def _claim(context: Context, told: Asked) -> Response | None:
    """None where the request is new, and then it is claimed; else its answer."""
    fresh = Response()
    answer = once(context.database, told, lambda _keep: fresh)
    return None if answer is fresh else answer


def _release(context: Context, told: Asked) -> None:
    with context.database.begin() as unit:
        unit.idempotency.release(told.caller, told.key)


def _keep(context: Context, told: Asked, status: int, headers: dict[str, str], body: str) -> None:
    with context.database.begin() as unit:
        unit.idempotency.answer(told.caller, told.key, status=status, headers=headers, body=body)


class _Tickets:
    """Requests under way with a language model, in this process."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="asked-audits")
        self.lock = Lock()
        self.waiting = 0


def _later(
    request: Request,
    context: Context,
    actor: str,
    dossiers: Sequence[Dossier],
    told: Asked | None,
) -> Response:
    """Puts the request in the queue, and answers where its result will be."""
    if told is not None:
        before = _claim(context, told)
        if before is not None:
            return before
    state = request.app.state
    if not hasattr(state, "audit_tickets"):
        state.audit_tickets = _Tickets()
    tickets: _Tickets = state.audit_tickets
    with tickets.lock:
        if tickets.waiting >= MOST_TICKETS:
            if told is not None:
                _release(context, told)
            raise Problem(
                503,
                "too-busy",
                "Too busy",
                f"{tickets.waiting} requests wait for the language model; try again later",
                headers={"Retry-After": "60"},
            )
        tickets.waiting += 1
    name, caller, now = uuid4().hex, _TICKETS + actor, datetime.now(UTC)
    with context.database.begin() as unit:
        unit.idempotency.claim(caller, name, name, at=now, abandoned_before=now)
    tickets.thread.submit(_ask, context, tickets, caller, name, dossiers)
    headers = {"Location": f"/v1/audits/{name}", "Retry-After": str(RETRY_SECONDS)}
    body = {"id": name, "status": "running", "detail": None}
    if told is not None:
        _keep(context, told, 202, headers, json.dumps(body))
    return JSONResponse(body, 202, headers)


def _ask(
    context: Context, tickets: _Tickets, caller: str, name: str, dossiers: Sequence[Dossier]
) -> None:
    try:
        verdicts = _judge(context, dossiers)
        status, body = 200, bytes(_answer(verdicts).body).decode()
    except AuditorError as exc:
        log.error("audit %s: %s: %s", name, type(exc).__name__, exc)
        status, body = 503, "the language model could not be asked; send the records again"
    except Exception:
        log.exception("audit %s", name)
        status, body = 500, "something went wrong; see the service's log"
    finally:
        with tickets.lock:
            tickets.waiting -= 1
    try:
        with context.database.begin() as unit:
            unit.idempotency.answer(caller, name, status=status, headers={}, body=body)
    except AuditorError as exc:
        log.error("audit %s: its result could not be kept: %s", name, exc)


@router.get(
    "/audits/{id}",
    response_model=AuditAnswer,
    name="result",
    responses={202: {"model": AuditTicket, "description": "It is still under way, or failed."}},
)
def result(
    context: App,
    who: Evaluator,
    id: Annotated[str, Path(pattern="^[0-9a-f]{32}$", max_length=32)],  # noqa: A002
) -> Response:
    """The verdicts of a request that was answered with 202; kept for a day."""
    with context.database.read() as unit:
        found = unit.idempotency.find(_TICKETS + who.actor, id)
    if found is None:
        raise not_found("audit")
    if found.status == 200:
        return Response(found.body or "", media_type="application/json")
    status, detail = "failed", found.body
    if found.status is None:
        is_over = datetime.now(UTC) - found.created_at > LONGEST_RUN
        status = "failed" if is_over else "running"
        detail = "the service was stopped; send the records again" if is_over else None
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == "running" else {}
    return JSONResponse({"id": id, "status": status, "detail": detail}, 202, headers)
