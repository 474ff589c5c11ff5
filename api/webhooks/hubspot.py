"""HubSpot: signature version 3, and arrays of up to a hundred events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from api.webhooks.delivery import (
    Delivery,
    Refused,
    acknowledged,
    decode,
    is_one_of,
    make_event,
    require_fresh,
    secrets_of,
    unreadable,
    words,
)
from auditor.storage.events import ReceivedEvent
from auditor.webhook_settings import SenderSettings

_ESCAPES = {
    "%3a": ":", "%2f": "/", "%3f": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2a": "*", "%2c": ",", "%3b": ";",
}  # fmt: skip
"""Escapes that HubSpot undoes in the address before it signs; all others stay."""
_ESCAPE = re.compile("|".join(_ESCAPES), re.IGNORECASE)
_BLANK = re.compile(r"[ \t\r\n]*")
_MOST_DIGITS = 15


class HubSpot:
    """Deliveries of HubSpot."""

    name = "hubspot"

    def verify(self, delivery: Delivery, settings: SenderSettings) -> None:
        """Checks ``X-HubSpot-Signature-v3``.

        Raises:
            Refused: it does not fit, or is too old.
        """
        told = delivery.headers.get("x-hubspot-request-timestamp", "")
        if not (told.isascii() and told.isdigit() and len(told) <= _MOST_DIGITS):
            raise Refused("X-HubSpot-Request-Timestamp is no time")
        try:
            at = datetime.fromtimestamp(int(told) / 1000, tz=UTC)
        except (ValueError, OverflowError, OSError):
            raise Refused("X-HubSpot-Request-Timestamp is no time") from None
        signed = source_string(delivery.method, delivery.url, delivery.body, told)
        given = delivery.headers.get("x-hubspot-signature-v3", "").encode("utf-8", "replace")
        if not is_one_of(given, [sign(secret, signed) for secret in secrets_of(settings)]):
            raise Refused("X-HubSpot-Signature-v3 does not fit")
        require_fresh(at, delivery.at)

    def split(self, delivery: Delivery, settings: SenderSettings) -> list[ReceivedEvent]:
        """Makes an event of each element, as it stands in the body."""
        text = decode(delivery.body)
        try:
            if text is None:
                raise ValueError
            parts = list(elements(text))
        except (ValueError, RecursionError):
            return unreadable(self.name, settings, delivery.body, "the body is no JSON")
        return [self._event(told, value, settings) for told, value in parts]

    def answer(self, delivery: Delivery, count: int) -> tuple[bytes, str]:
        """A short JSON object."""
        return acknowledged(count)

    def _event(self, told: str, value: Any, settings: SenderSettings) -> ReceivedEvent:
        event = value if isinstance(value, dict) else {}
        key = words(
            *(
                event.get(name)
                for name in ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt")
            )
        )
        kind = event.get("subscriptionType") or event.get("eventType") or "object"
        return make_event(
            self.name, settings, str(kind), told, key=key, about=words(event.get("objectId"))
        )


def source_string(method: str, url: str, body: bytes, timestamp: str) -> bytes:
    """What HubSpot signs."""
    address = _ESCAPE.sub(lambda found: _ESCAPES[found.group().lower()], url)
    return f"{method}{address}".encode() + body + timestamp.encode("ascii")


def sign(secret: bytes, signed: bytes) -> bytes:
    """The signature in Base64."""
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest())


def elements(text: str) -> Iterator[tuple[str, Any]]:
    """The elements of a JSON array with their text; a lone value is one.

    Raises:
        ValueError: it is no JSON.
    """
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        value, end = decoder.raw_decode(text, at)
        _require_end(text, end)
        yield text[at:end], value
        return
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        _require_end(text, at + 1)
        return
    while True:
        value, end = decoder.raw_decode(text, at)
        yield text[at:end], value
        at = _skip(text, end)
        mark = text[at : at + 1]
        at = _skip(text, at + 1)
        if mark == "]":
            _require_end(text, at)
            return
        if mark != ",":
            raise ValueError("an array needs commas between its elements")


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _require_end(text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise ValueError("there is more after the end")
