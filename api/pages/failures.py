"""Work that failed, events not taken in and requests to CRMs that were refused, to try again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.choices import key_of
from api.pages.flashes import Flash
from api.pages.rendering import Fields, go, render
from api.problems import Problem
from api.security import Principal
from api.v1.reading import Administrator, App
from auditor.digest.words import count
from auditor.errors import InputError
from auditor.jobs.failures import KINDS, list_failures, requeue
from auditor.jobs.writing_back import cancel, retry
from auditor.storage.events import EventState
from auditor.storage.outbox import DEAD, StoredRequest

router = APIRouter()
_SHOWN = 100
_MOVED_ON = "That request is not dead any more: it was sent, retried or cancelled meanwhile."
_Number = Annotated[str, Query(max_length=20)]


@router.get("/failures")
def failures(
    request: Request,
    context: App,
    who: Administrator,
    requeued: _Number = "",
    cancelled: _Number = "",
) -> Response:
    """The page of failures."""
    flash = None
    if (number := key_of(requeued)) is not None:
        flash = Flash(f"{count(number, 'piece')} will be tried again now.")
    elif (number := key_of(cancelled)) is not None:
        flash = Flash(f"{count(number, 'request')} cancelled; the decision stands.")
    return _show(request, context, who, flash=flash)


@router.post("/failures/requeue")
def try_again(request: Request, context: App, who: Administrator, fields: Fields) -> Response:
    """Has one failure tried again at once, or all."""
    keys = _chosen(fields)
    try:
        found = requeue(context.database, keys, at=datetime.now(UTC), actor=who.actor)
    except InputError as exc:
        return _show(request, context, who, problem=str(exc))
    context.wake()
    return go("/failures", requeued=len(found))


@router.post("/failures/events")
def try_events_again(context: App, who: Administrator, fields: Fields) -> Response:
    """Has one dead event taken in again, or all."""
    keys = _chosen(fields)
    with context.database.begin() as unit:
        number = unit.events.requeue(keys)
        detail = {"count": number}
        subject = keys[0] if keys else None
        unit.audit_log.add(
            who.actor, "event.requeued", subject_kind="event", subject=subject, detail=detail
        )
    context.wake()
    return go("/failures", requeued=number)


@router.post("/failures/outbox/retry")
def send_again(request: Request, context: App, who: Administrator, fields: Fields) -> Response:
    """Has one dead request to a CRM sent again, or all."""
    keys = _chosen(fields)
    try:
        done = retry(context.database, keys or _dead_keys(context), actor=who.actor)
    except InputError:
        return _show(request, context, who, problem=_MOVED_ON)
    context.wake()
    return go("/failures", requeued=len(done))


@router.post("/failures/outbox/cancel")
def cancel_request(request: Request, context: App, who: Administrator, fields: Fields) -> Response:
    """Cancels one dead request to a CRM; the decision behind it stands."""
    key = key_of(fields.get("key"))
    if key is None:
        raise Problem(422, "invalid-request", "Request that does not fit", "choose one")
    try:
        done = cancel(context.database, [key], actor=who.actor)
    except InputError:
        return _show(request, context, who, problem=_MOVED_ON)
    return go("/failures", cancelled=len(done))


def _dead_keys(context: Context) -> list[int]:
    return [each.key for each in _dead_requests(context)]


def _dead_requests(context: Context) -> list[StoredRequest]:
    with context.database.read() as unit:
        return unit.outbox.listed(state=DEAD, limit=_SHOWN)


def _chosen(fields: Mapping[str, str]) -> list[int] | None:
    """The one that a form names; None where it says all.

    Raises:
        Problem: 422 where it says neither.
    """
    key = key_of(fields.get("key"))
    if key is None and fields.get("all") != "yes":
        raise Problem(422, "invalid-request", "Request that does not fit", "choose one, or all")
    return None if key is None else [key]


def _show(
    request: Request,
    context: Context,
    who: Principal,
    *,
    flash: Flash | None = None,
    problem: str = "",
) -> Response:
    found = list_failures(context.database, limit=_SHOWN)
    with context.database.read() as unit:
        dead = unit.events.listed(state=EventState.DEAD, limit=_SHOWN)
        pending = unit.events.count_pending()
    return render(
        request,
        who,
        "failures",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        flash=flash,
        problem=problem,
        failures=found,
        kinds=KINDS,
        events=dead,
        pending=pending,
        requests=_dead_requests(context),
    )
