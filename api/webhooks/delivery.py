"""A delivery as it came, and what the checks of all senders share.

A check looks at the raw bytes, compares in constant time, and says nothing to the caller about
which part did not fit.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from auditor.storage.events import EventState, ReceivedEvent
from auditor.webhook_settings import SenderSettings

WINDOW = timedelta(minutes=5)
"""How old, or ahead of our clock, a signed delivery may be."""
_LONGEST_KIND = 100
_LONGEST_KEY = 500


class Refused(Exception):
    """A delivery that is not from who it says; the reason is for the log."""


@dataclass(frozen=True)
class Delivery:
    """What a sender sent."""

    method: str
    """HTTP method."""
    url: str
    """Address that the sender called, with its query, as the sender wrote it."""
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes
    """As received."""
    at: datetime
    """When, in UTC."""
    path_secret: str | None = None
    """What stands behind the sender's name in the address."""


class Sender(Protocol):
    """How deliveries of one sender are checked, taken apart and answered."""

    name: str
    """As in the address and in the settings."""

    def verify(self, delivery: Delivery, settings: SenderSettings) -> None:
        """Checks that the delivery is the sender's.

        Raises:
            Refused: it is not, or too old.
        """

    def split(self, delivery: Delivery, settings: SenderSettings) -> list[ReceivedEvent]:
        """Takes a checked delivery apart; one that can't be read becomes a dead event."""

    def answer(self, delivery: Delivery, count: int) -> tuple[bytes, str]:
        """Body and media type of the acknowledgement."""


def secrets_of(settings: SenderSettings) -> list[bytes]:
    """The secrets that count now."""
    return [secret.get_secret_value().encode("utf-8") for secret in settings.secret]


def is_one_of(given: bytes, expected: Iterable[bytes]) -> bool:
    """Whether a value is one of several; takes as long whichever it is."""
    found = False
    for each in expected:
        found |= hmac.compare_digest(given, each)
    return found


def require_fresh(told: datetime, now: datetime) -> None:
    """Refuses what may be a replay.

    Raises:
        Refused: the time signed is not within the window round now.
    """
    if abs(now - told) > WINDOW:
        raise Refused("the timestamp is too old or ahead")


def basic_credentials(headers: Mapping[str, str]) -> bytes | None:
    """``user:password`` of HTTP Basic; None where there is none."""
    scheme, _, told = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(told.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def bearer_token(headers: Mapping[str, str]) -> bytes | None:
    """The token of ``Authorization: Bearer``; None where there is none."""
    scheme, _, told = headers.get("authorization", "").partition(" ")
    return told.strip().encode("utf-8") if scheme.lower() == "bearer" and told else None


def decode(body: bytes) -> str | None:
    """A body as text; None where it is no UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def read_object(body: bytes) -> tuple[str, dict[str, Any]] | None:
    """A body that holds a JSON object, as text and as read; None where it holds none."""
    text = decode(body)
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return (text, value) if text is not None and isinstance(value, dict) else None


def unreadable(
    name: str, settings: SenderSettings, body: bytes, problem: str
) -> list[ReceivedEvent]:
    """A delivery that can't be read, kept for a person to see."""
    text = body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return [
        ReceivedEvent(
            settings.source or name,
            "unreadable",
            text,
            origin=name,
            state=EventState.DEAD,
            error=problem,
        )
    ]


def make_event(
    name: str,
    settings: SenderSettings,
    kind: str,
    payload: str,
    *,
    key: str | None,
    about: str | None = None,
) -> ReceivedEvent:
    """An event to be handled.

    Args:
        name: the sender.
        settings: its settings.
        kind: the sender's name for what happened.
        payload: as received.
        key: the sender's key of the delivery; None takes the payload's hash.
        about: the sender's id of what it tells of.
    """
    return ReceivedEvent(
        settings.source or name,
        clean(kind, _LONGEST_KIND) or "event",
        payload,
        dedup_key=clean(key or "", _LONGEST_KEY) or None,
        external_id=clean(about or "", _LONGEST_KEY) or None,
        origin=name,
    )


def clean(text: str, longest: int) -> str:
    """A short text without what a database can't keep."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:longest]


def words(*parts: object) -> str | None:
    """Parts of a key, joined; None where one is missing."""
    if any(part is None or part == "" or isinstance(part, (dict, list)) for part in parts):
        return None
    return ":".join(map(str, parts))


def acknowledged(count: int) -> tuple[bytes, str]:
    """The plain acknowledgement."""
    return b'{"received":%d}' % count, "application/json"


def as_test(events: Sequence[ReceivedEvent]) -> list[ReceivedEvent]:
    """The same events, set apart: nothing is made of them, and the real ones are not repeats."""
    return [
        ReceivedEvent(
            f"{event.source}.test",
            event.kind,
            event.payload,
            dedup_key=event.dedup_key,
            external_id=event.external_id,
            origin=event.origin,
            state=EventState.IGNORED,
            error="test mode",
        )
        for event in events
    ]
