"""Hands a message to a mail server and tells, when that fails, whether it may have gone out.

The client speaks the last step of SMTP itself: until the line with the single dot is sent the
server must not deliver (RFC 5321, 4.1.1.4), so a failure before it is safe to try again; after it,
only the server's answer tells.
"""

from __future__ import annotations

import email.policy
import ipaddress
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cache
from typing import Literal, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from auditor.errors import AuditorError, ConfigurationError

CONNECT_SECONDS = 20
"""To connect, and for each answer before the message."""
LAST_SECONDS = 600
"""For the answer to the whole message: RFC 5321, 4.5.3.2.6, so that impatience makes no doubles."""
_PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}
_ONLY_DOT = re.compile(rb"(?m)^\.")
POLICY = email.policy.SMTP.clone(max_line_length=900)
"""How a message is written: one-click links are not to be folded (RFC 8058)."""
Kind = Literal["temporary", "permanent", "unknown", "setup"]


class SendError(AuditorError):
    """A message that was not sent, or of which that is not known."""

    def __init__(self, kind: Kind, told: str) -> None:
        """Keeps the kind apart from the words.

        Args:
            kind: ``temporary`` may be tried again, ``permanent`` would fail again, ``unknown`` may
                have been delivered, ``setup`` is mended in the settings.
            told: what went wrong, without secrets.
        """
        super().__init__(told)
        self.kind = kind


@dataclass(frozen=True)
class MailServer:
    """A mail server, as ``AUDITOR_SMTP_URL`` names it."""

    host: str
    """Name or address."""
    port: int
    """TCP port."""
    security: Literal["smtp", "starttls", "smtps"]
    """``smtps`` is TLS from the start, ``starttls`` insists on it, ``smtp`` takes it if offered."""
    user: str | None = None
    """Name to sign in with; None for none."""
    password: str | None = None
    """Not shown by ``repr`` of the mailer."""
    ca_file: str | None = None
    """Certificates to trust; the system's where None."""

    def __repr__(self) -> str:
        """Without the password."""
        return f"MailServer({self.security}://{self.host}:{self.port})"

    @property
    def shown(self) -> str:
        """For people."""
        return f"{self.host}:{self.port}"


def read_mail_server(url: str) -> MailServer:
    """Reads ``smtps://user:password@host:port``; ``?ca=FILE`` names certificates to trust.

    Raises:
        ConfigurationError: it is no such address; the message never shows it.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host:
        raise ConfigurationError(
            "AUDITOR_SMTP_URL is no address of a mail server; write it like "
            "smtps://user:password@mail.example.com, special characters of the password as %XX"
        )
    security: Literal["smtp", "starttls", "smtps"] = (
        "smtps" if parts.scheme == "smtps" else "starttls" if parts.scheme == "starttls" else "smtp"
    )
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ca_file=next(iter(parse_qs(parts.query).get("ca", [])), None),
    )


def send(
    server: MailServer,
    message: EmailMessage,
    *,
    before_last: Callable[[], None] = lambda: None,
    seconds: float = CONNECT_SECONDS,
    last_seconds: float = LAST_SECONDS,
) -> None:
    """Hands a message over to the server.

    Args:
        server: to whom.
        message: with From, To and Message-ID.
        before_last: called when all but the last line is sent: from its return on the message may
            be delivered.
        seconds: to connect, and for each answer on the way.
        last_seconds: for the answer to the whole message.

    Raises:
        SendError: it was not sent, or that is not known.
    """
    handed = False

    def mark() -> None:
        nonlocal handed
        before_last()
        handed = True

    try:
        with _connect(server, seconds) as smtp:
            _deliver(smtp, message, mark, last_seconds)
    except smtplib.SMTPRecipientsRefused as exc:
        _refused(*next(iter(exc.recipients.values())))
    except smtplib.SMTPAuthenticationError as exc:
        raise SendError(
            "setup", f"{server.shown} refused the sign-in ({exc.smtp_code}); mend AUDITOR_SMTP_URL"
        ) from None
    except smtplib.SMTPSenderRefused as exc:
        kind: Kind = "temporary" if 400 <= exc.smtp_code < 500 else "setup"
        raise SendError(
            kind, f"{server.shown} refused the sender: {_said(exc.smtp_code, exc.smtp_error)}"
        ) from None
    except smtplib.SMTPResponseException as exc:
        _refused(exc.smtp_code, exc.smtp_error)
    except smtplib.SMTPNotSupportedError as exc:
        raise SendError("setup", f"{server.shown}: {exc}; mend AUDITOR_SMTP_URL") from None
    except ssl.SSLError as exc:
        raise SendError("setup", f"{server.shown}: no secure connection ({exc.reason})") from None
    except (smtplib.SMTPException, OSError) as exc:
        raise SendError(
            "unknown" if handed else "temporary",
            f"{server.shown}: {_why(exc)}"
            + ("; the message may have been delivered all the same" if handed else ""),
        ) from None


def _connect(server: MailServer, seconds: float) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file)
    if server.security == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, _own_name(), timeout=seconds, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, _own_name(), timeout=seconds)
    try:
        _secure(smtp, server, context)
        if server.user is not None:
            smtp.login(server.user, server.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


@cache
def _own_name() -> str:
    """What the server is greeted with; looked up once, since that may take seconds."""
    name = socket.getfqdn()
    return name if "." in name else "[127.0.0.1]"


def _secure(smtp: smtplib.SMTP, server: MailServer, context: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    offered = server.security == "smtp" and smtp.has_extn("starttls")
    if server.security == "starttls" or (offered and not _is_loopback(server.host)):
        smtp.starttls(context=context)
        smtp.ehlo()
    elif server.security == "smtp" and server.user and not _is_loopback(server.host):
        raise smtplib.SMTPNotSupportedError(
            "the server offers no encryption, and the password is not sent without"
        )


def _deliver(
    smtp: smtplib.SMTP, message: EmailMessage, mark: Callable[[], None], last_seconds: float
) -> None:
    sender = parseaddr(str(message["From"]))[1]
    to = parseaddr(str(message["To"]))[1]
    wide = not (sender + to).isascii()
    if wide and not smtp.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError("the server takes no addresses beyond ASCII")
    smtp.command_encoding = "utf-8" if wide else "ascii"
    body = message.as_bytes(policy=POLICY.clone(utf8=wide))
    options = [f"size={len(body)}"] if smtp.has_extn("size") else []
    code, said = smtp.mail(sender, [*options, "SMTPUTF8"] if wide else options)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    code, said = smtp.rcpt(to)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({to: (code, said)})
    code, said = smtp.docmd("DATA")
    if code != 354:
        raise smtplib.SMTPDataError(code, said)
    smtp.send(_ONLY_DOT.sub(b"..", body) + (b"" if body.endswith(b"\r\n") else b"\r\n"))
    try:
        mark()
    except BaseException:
        smtp.close()  # without the last line; a QUIT would be read as part of the message
        raise
    if smtp.sock is not None:
        smtp.sock.settimeout(last_seconds)
    smtp.send(b".\r\n")
    code, said = smtp.getreply()
    if code != 250:
        raise smtplib.SMTPDataError(code, said)


def _refused(code: int, said: bytes | str) -> NoReturn:
    kind: Kind = "temporary" if 400 <= code < 500 else "permanent"
    if code < 0:  # smtplib's own code for a connection that was cut
        kind = "temporary"
    raise SendError(kind, f"the mail server said {_said(code, said)}") from None


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())[:200]}".strip()


def _why(exc: BaseException) -> str:
    if isinstance(exc, TimeoutError):
        return "no answer in time"
    return " ".join(str(exc).split())[:200] or type(exc).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
