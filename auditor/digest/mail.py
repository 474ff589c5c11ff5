"""The digest as a message: plain text beside HTML, threaded, with one-click unsubscription."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from auditor.digest.render import render_html, render_text
from auditor.digest.smtp import POLICY
from auditor.digest.view import DigestView
from auditor.domain.week import Week
from auditor.errors import ConfigurationError

MAIL_LIMIT = 100_000
"""Most bytes of a whole message; Gmail clips one over 102 kB."""
_THREAD = 10


@dataclass(frozen=True)
class Envelope:
    """Everything of a message but what it says."""

    sender: str
    """From, as it is set."""
    to: str
    """The reader's address."""
    to_name: str
    """The reader's name."""
    week: Week
    """The digest's week."""
    sent_at: datetime
    """Date, with the reader's zone."""
    reply_to: str | None = None
    """Where answers go; the sender where None."""
    earlier: Sequence[str] = ()
    """Message-IDs of the weeks before, oldest first."""
    unsubscribe: str | None = None
    """Address that a POST to stops the digest; None where the service has no public address."""
    resent: int = 0
    """How many times it was sent anew on purpose."""

    @property
    def message_id(self) -> str:
        """The same for each try of the same digest: a second copy is known for one."""
        who = hashlib.sha256(self.to.casefold().encode()).hexdigest()[:16]
        again = f".r{self.resent}" if self.resent else ""
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        return f"<digest.{str(self.week).lower()}.{who}{again}@{domain}>"


def make_message(view: DigestView, envelope: Envelope) -> EmailMessage:
    """Sets a digest as a message, its lists shortened until mail programs show it whole.

    Raises:
        ConfigurationError: the sender's address can't be used.
    """
    message = _set(view, envelope)
    while len(message.as_bytes()) > MAIL_LIMIT and (shorter := view.shortened()) is not None:
        view = shorter
        message = _set(view, envelope)
    return message


def subject_of(view: DigestView) -> str:
    """The subject: what is asked for first."""
    return " · ".join(filter(None, (view.title, view.subtitle)))


def _set(view: DigestView, envelope: Envelope) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    _address(message, view, envelope)
    message["Message-ID"] = envelope.message_id
    if envelope.earlier:
        message["In-Reply-To"] = envelope.earlier[-1]
        message["References"] = " ".join(envelope.earlier[-_THREAD:])
    if envelope.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    domain = parseaddr(envelope.sender)[1].rpartition("@")[2]
    message["List-Id"] = f"Weekly docket <docket.{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(render_text(view), cte="quoted-printable")
    message.add_alternative(render_html(view), subtype="html", cte="quoted-printable")
    return message


def _address(message: EmailMessage, view: DigestView, envelope: Envelope) -> None:
    name, address = parseaddr(envelope.sender)
    try:
        message["From"] = Address(name or "Call-notes auditor", addr_spec=address)
        message["To"] = Address(_one_line(envelope.to_name), addr_spec=envelope.to)
        if envelope.reply_to:
            other, reply = parseaddr(envelope.reply_to)
            message["Reply-To"] = Address(other, addr_spec=reply)
    except (ValueError, IndexError) as exc:
        raise ConfigurationError(
            f"a digest from {envelope.sender!r} to {envelope.to!r} can't be addressed ({exc}); "
            "mend AUDITOR_MAIL_FROM or the user's address"
        ) from None
    message["Subject"] = _one_line(subject_of(view))
    message["Date"] = format_datetime(envelope.sent_at)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
