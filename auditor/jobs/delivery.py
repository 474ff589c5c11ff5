"""A digest on its way: as a message to a mail server, or as blocks to a webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage

from auditor.access.secret_key import load_secret_key
from auditor.digest.links import UNSUBSCRIBE_PURPOSE, Links, sign_unsubscribe
from auditor.digest.mail import Envelope, make_message
from auditor.digest.slack import Target, make_blocks, post
from auditor.digest.smtp import read_mail_server, send
from auditor.domain.week import Week
from auditor.errors import ConfigurationError
from auditor.jobs.digesting import Made
from auditor.jobs.readers import EMAIL, Reader
from auditor.settings import Settings


class TakenOver(Exception):
    """Another process holds the claim now; nothing was sent."""


@dataclass(frozen=True)
class Delivery:
    """A digest with whom it goes to."""

    settings: Settings
    """Of the service."""
    reader: Reader
    """To whom."""
    week: Week
    """The digest's week."""
    made: Made
    """What it says."""
    earlier: tuple[str, ...]
    """Message-IDs of the weeks before, oldest first."""
    at: datetime
    """The present moment."""

    def message(self, *, resent: int = 0) -> EmailMessage:
        """As a message.

        Raises:
            ConfigurationError: no sender is set, or an address can't be used.
        """
        settings, reader = self.settings, self.reader
        if settings.mail_from is None:
            raise ConfigurationError(
                "there is no sender for digests; set AUDITOR_MAIL_FROM, such as "
                "'Call notes <auditor@example.com>'"
            )
        links = Links(settings.public_url)
        stop = links.unsubscribe(self._token())
        envelope = Envelope(
            sender=settings.mail_from,
            to=reader.recipient,
            to_name=reader.name,
            week=self.week,
            sent_at=self.at.astimezone(reader.zone),
            reply_to=settings.mail_reply_to,
            earlier=self.earlier,
            unsubscribe=stop,
            resent=resent,
        )
        view = self.made.view
        view = view.briefly() if not (view.items or view.waiting) else view
        return make_message(replace(view, unsubscribe=stop), envelope)

    def blocks(self) -> str:
        """As JSON for a webhook."""
        return json.dumps(make_blocks(self.made.view), ensure_ascii=False, indent=1)

    def _token(self) -> str | None:
        reader = self.reader
        if reader.user_key is None or self.settings.public_url is None:
            return None
        key = load_secret_key(self.settings).derive(UNSUBSCRIBE_PURPOSE)
        return sign_unsubscribe(key, reader.user_key, reader.recipient)


def deliver(delivery: Delivery, *, resent: int, before_last: Callable[[str], None]) -> None:
    """Sends a digest.

    Args:
        delivery: what, and to whom.
        resent: how many times it was sent on purpose, 0 for the first.
        before_last: called with its Message-ID right before it may be delivered.

    Raises:
        SendError: it was not sent, or that is not known.
        ConfigurationError: the settings lack something, or don't fit.
    """
    settings = delivery.settings
    if delivery.reader.channel == EMAIL:
        if settings.smtp_url is None:
            raise ConfigurationError(
                "there is no mail server for digests; set AUDITOR_SMTP_URL, such as "
                "smtps://user:password@mail.example.com"
            )
        server = read_mail_server(settings.smtp_url.get_secret_value())
        message = delivery.message(resent=resent)
        send(server, message, before_last=lambda: before_last(str(message["Message-ID"])))
        return
    secret = settings.digest_webhooks.get(delivery.reader.recipient)
    if secret is None:
        raise ConfigurationError(
            f"AUDITOR_DIGEST_WEBHOOKS has no address for {delivery.reader.recipient!r}"
        )
    target = Target(secret.get_secret_value(), settings.digest_webhooks_private)
    name = f"webhook {delivery.week}"
    post(target, make_blocks(delivery.made.view), before_last=lambda: before_last(name))
