"""Pipedrive: HTTP Basic, one event a delivery."""

from __future__ import annotations

import json
from typing import Any

from api.webhooks.delivery import (
    Delivery,
    Refused,
    acknowledged,
    basic_credentials,
    is_one_of,
    make_event,
    read_object,
    secrets_of,
    unreadable,
    words,
)
from auditor.storage.events import ReceivedEvent
from auditor.storage.hashing import tagged_hash
from auditor.webhook_settings import SenderSettings


class Pipedrive:
    """Deliveries of Pipedrive."""

    name = "pipedrive"

    def verify(self, delivery: Delivery, settings: SenderSettings) -> None:
        """Checks HTTP Basic; Pipedrive signs nothing.

        Raises:
            Refused: user or password does not fit.
        """
        given = basic_credentials(delivery.headers) or b""
        if not is_one_of(given, secrets_of(settings)):
            raise Refused("user or password does not fit")

    def split(self, delivery: Delivery, settings: SenderSettings) -> list[ReceivedEvent]:
        """Makes one event; version 2 tells its id, version 1 only which record it is about."""
        text, body = read_object(delivery.body) or ("", {})
        meta = body.get("meta")
        if not isinstance(meta, dict):
            problem = "the body is no JSON object with 'meta'"
            return unreadable(self.name, settings, delivery.body, problem)
        entity, action = meta.get("entity") or meta.get("object"), meta.get("action")
        is_second = "entity" in meta
        about = words(meta.get("entity_id") if is_second else meta.get("id"))
        key = words(meta.get("id")) if is_second else _first_key(body, meta)
        return [make_event(self.name, settings, f"{entity}.{action}", text, key=key, about=about)]

    def answer(self, delivery: Delivery, count: int) -> tuple[bytes, str]:
        """A short JSON object."""
        return acknowledged(count)


def _first_key(body: dict[str, Any], meta: dict[str, Any]) -> str:
    """Version 1: everything but the number of the try."""
    told = {name: value for name, value in body.items() if name not in ("retry", "meta")}
    told["meta"] = {name: value for name, value in meta.items() if name != "attempt"}
    return tagged_hash(json.dumps(told, sort_keys=True))
