"""The routes that CRMs call: verified, kept, acknowledged; what they tell is read afterwards."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from api.context import Context
from api.problems import Problem, not_found, unavailable
from api.webhooks.close import Close
from api.webhooks.committing import Committer, TooBusy
from api.webhooks.delivery import Delivery, Refused, Sender, as_test
from api.webhooks.hubspot import HubSpot
from api.webhooks.pipedrive import Pipedrive
from api.webhooks.salesforce import Salesforce
from api.webhooks.standard import Standard
from auditor.storage.events import EventState
from auditor.webhook_settings import SenderSettings

SENDERS: tuple[Sender, ...] = (HubSpot(), Pipedrive(), Salesforce(), Close(), Standard())
"""All that are known."""
_PREFIX = "/v1/webhooks/"
log = logging.getLogger("auditor.api")


def install(app: FastAPI) -> None:
    """Adds the routes to the app."""
    context: Context = app.state.context
    counter = context.metrics.webhook_events

    def on_kept(source: str, new: int, known: int) -> None:
        counter.labels(source=source, outcome="kept").inc(new)
        counter.labels(source=source, outcome="repeated").inc(known)

    committer = Committer(context.database, on_kept=on_kept, wake=context.wake)
    router = APIRouter(tags=["webhooks"])
    for sender in SENDERS:
        endpoint = _endpoint(sender, context, committer)
        told = _documented(sender)
        router.add_api_route(_PREFIX + sender.name, endpoint, methods=["POST"], **told)
        if sender.name == "salesforce":
            router.add_api_route(
                _PREFIX + sender.name + "/{path_secret}",
                _with_secret(sender, context, committer),
                methods=["POST"],
                **(told | {"summary": "Salesforce calls, with its secret in the address"}),
            )
    app.include_router(router)


def _endpoint(
    sender: Sender, context: Context, committer: Committer
) -> Callable[[Request], Awaitable[Response]]:
    settings = context.settings.webhooks.of(sender.name)

    async def receive(request: Request) -> Response:
        return await _receive(request, sender, settings, context, committer, None)

    receive.__name__ = f"receive_{sender.name}"
    return receive


def _with_secret(
    sender: Sender, context: Context, committer: Committer
) -> Callable[[Request, str], Awaitable[Response]]:
    settings = context.settings.webhooks.of(sender.name)

    async def receive(request: Request, path_secret: str) -> Response:
        return await _receive(request, sender, settings, context, committer, path_secret)

    receive.__name__ = f"receive_{sender.name}_with_secret"
    return receive


async def _receive(
    request: Request,
    sender: Sender,
    settings: SenderSettings,
    context: Context,
    committer: Committer,
    path_secret: str | None,
) -> Response:
    if not settings.secret:
        raise not_found("webhook; its sender is not set up")
    delivery = Delivery(
        method=request.method,
        url=called_url(request, context.settings.public_url),
        headers=dict(request.headers),
        body=await request.body(),
        at=datetime.now(UTC),
        path_secret=path_secret,
    )
    try:
        sender.verify(delivery, settings)
    except Refused as exc:
        log.warning("a delivery of %s was refused: %s", sender.name, exc)
        outcome = context.metrics.webhook_events.labels(source=sender.name, outcome="refused")
        outcome.inc()
        raise Problem(
            401,
            "bad-signature",
            "Not from this sender",
            "the signature or secret does not fit, or the delivery is too old",
        ) from None
    events = sender.split(delivery, settings)
    if settings.test:
        events = as_test(events)
    try:
        if events:
            await committer.keep(events)
    except TooBusy:
        raise unavailable("the events could not be kept in time; send them again") from None
    dead = sum(event.state is EventState.DEAD for event in events)
    if dead:
        log.warning("a delivery of %s can't be read; see: auditor events list", sender.name)
    body, media_type = sender.answer(delivery, len(events))
    return Response(body, media_type=media_type)


def called_url(request: Request, public_url: str | None) -> str:
    """The address that the sender called: as it wrote it, at the public address if one is set."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode("utf-8")
    query: bytes = request.scope.get("query_string", b"")
    path = raw.partition(b"?")[0].decode("latin-1")
    if public_url is None:
        host = request.headers.get("host", "")
        base = f"{request.scope['scheme']}://{host}"
    else:
        base = public_url.rstrip("/")
    return base + path + (f"?{query.decode('latin-1')}" if query else "")


_SUMMARIES = {
    "hubspot": "HubSpot calls, signed (version 3)",
    "pipedrive": "Pipedrive calls (HTTP Basic)",
    "salesforce": "Salesforce calls: outbound messages, and JSON of Flows",
    "close": "Close calls, signed",
    "standard": "Any sender of Standard Webhooks calls",
}
_JSON = {"schema": {"type": "object", "properties": {"received": {"type": "integer"}}}}


def _documented(sender: Sender) -> dict[str, Any]:
    """What the OpenAPI document says of a route."""
    answers: dict[str, Any] = {"application/json": _JSON}
    bodies: dict[str, Any] = {"application/json": {"schema": {}}}
    if sender.name == "salesforce":
        answers["text/xml"] = {"schema": {"type": "string"}}
        bodies["text/xml"] = {"schema": {"type": "string"}}
    problem = {"application/problem+json": {"schema": {"type": "object"}}}
    refusals = {
        401: "The signature or secret does not fit, or the delivery is too old.",
        404: "This sender is not set up.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        503: "The events could not be kept; send them again.",
    }
    return {
        "summary": _SUMMARIES[sender.name],
        "description": "Verified on the raw body, kept, deduplicated by the sender's key and "
        "acknowledged; read and audited afterwards. What is not understood is acknowledged too.",
        "response_class": Response,
        "responses": {
            200: {"description": "Kept; a repeated delivery too.", "content": answers},
            **{code: {"description": told, "content": problem} for code, told in refusals.items()},
        },
        "openapi_extra": {"requestBody": {"required": True, "content": bodies}},
    }
