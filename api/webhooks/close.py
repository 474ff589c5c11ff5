"""Close: hex HMAC-SHA256 with the hex-decoded key over timestamp and body."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from api.webhooks.delivery import (
    Delivery,
    Refused,
    acknowledged,
    is_one_of,
    make_event,
    read_object,
    require_fresh,
    secrets_of,
    unreadable,
    words,
)
from auditor.storage.events import ReceivedEvent
from auditor.webhook_settings import SenderSettings

_MOST_DIGITS = 12


class Close:
    """Deliveries of Close."""

    name = "close"

    def verify(self, delivery: Delivery, settings: SenderSettings) -> None:
        """Checks ``close-sig-hash``.

        Raises:
            Refused: it does not fit, or is too old.
        """
        told = delivery.headers.get("close-sig-timestamp", "")
        if not (told.isascii() and told.isdigit() and len(told) <= _MOST_DIGITS):
            raise Refused("close-sig-timestamp is no time")
        signed = told.encode("ascii") + delivery.body
        given = delivery.headers.get("close-sig-hash", "").lower().encode("utf-8", "replace")
        expected = [sign(secret, signed) for secret in secrets_of(settings)]
        if not is_one_of(given, expected):
            raise Refused("close-sig-hash does not fit")
        try:
            at = datetime.fromtimestamp(int(told), tz=UTC)
        except (ValueError, OverflowError, OSError):
            raise Refused("close-sig-timestamp is no time") from None
        require_fresh(at, delivery.at)

    def split(self, delivery: Delivery, settings: SenderSettings) -> list[ReceivedEvent]:
        """Makes one event."""
        text, body = read_object(delivery.body) or ("", {})
        event = body.get("event")
        if not isinstance(event, dict):
            problem = "the body is no JSON object with 'event'"
            return unreadable(self.name, settings, delivery.body, problem)
        kind = f"{event.get('object_type')}.{event.get('action')}"
        about = words(event.get("object_id"))
        return [
            make_event(self.name, settings, kind, text, key=words(event.get("id")), about=about)
        ]

    def answer(self, delivery: Delivery, count: int) -> tuple[bytes, str]:
        """A short JSON object."""
        return acknowledged(count)


def sign(secret: bytes, signed: bytes) -> bytes:
    """The signature in hex; ``secret`` is the key as Close shows it, in hex."""
    key = bytes.fromhex(secret.decode("ascii"))
    return hmac.new(key, signed, hashlib.sha256).hexdigest().encode("ascii")
