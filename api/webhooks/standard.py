"""Standard Webhooks, by its reference library."""

from __future__ import annotations

from standardwebhooks import Webhook, WebhookVerificationError

from api.webhooks.delivery import (
    Delivery,
    Refused,
    acknowledged,
    make_event,
    read_object,
    secrets_of,
    unreadable,
    words,
)
from auditor.storage.events import ReceivedEvent
from auditor.webhook_settings import SenderSettings


class Standard:
    """Deliveries of anything that speaks Standard Webhooks."""

    name = "standard"

    def verify(self, delivery: Delivery, settings: SenderSettings) -> None:
        """Checks ``webhook-signature``; the library keeps the window of five minutes.

        Raises:
            Refused: it does not fit, or is too old.
        """
        fits = [_fits(delivery, secret) for secret in secrets_of(settings)]
        if not any(fits):
            raise Refused("webhook-signature does not fit, or is too old")

    def split(self, delivery: Delivery, settings: SenderSettings) -> list[ReceivedEvent]:
        """Makes one event; ``webhook-id`` is its key."""
        found = read_object(delivery.body)
        if found is None:
            return unreadable(self.name, settings, delivery.body, "the body is no JSON object")
        text, body = found
        kind = words(body.get("type")) or "message"
        key = delivery.headers.get("webhook-id")
        data = body.get("data")
        about = words(data.get("id")) if isinstance(data, dict) else None
        return [make_event(self.name, settings, kind, text, key=key, about=about)]

    def answer(self, delivery: Delivery, count: int) -> tuple[bytes, str]:
        """A short JSON object."""
        return acknowledged(count)


def _fits(delivery: Delivery, secret: bytes) -> bool:
    try:
        Webhook(secret.decode("utf-8")).verify(
            delivery.body, dict(delivery.headers), json_parse=False
        )
    except (WebhookVerificationError, ValueError):
        # ValueError: a header that is not in the form of the standard, or a body that is no UTF-8.
        return False
    return True
