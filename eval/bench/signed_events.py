"""Signed deliveries of a made-up team, as Standard Webhooks, Pipedrive and Close send them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from eval.bench.http_load import request_bytes

STANDARD_SECRET = "whsec_" + base64.b64encode(b"a secret of the benchmark only").decode()
CLOSE_KEY = "5e" * 32
BASIC = "bench:not a secret"
SETTINGS = {
    "AUDITOR_WEBHOOKS__STANDARD__SECRET": STANDARD_SECRET,
    "AUDITOR_WEBHOOKS__CLOSE__SECRET": CLOSE_KEY,
    "AUDITOR_WEBHOOKS__PIPEDRIVE__SECRET": BASIC,
}
"""Environment of a server that takes these deliveries."""
_NOTES = (
    "Spoke to Lee, she takes the quote to the board on Thursday and calls me on Friday.",
    "Called, no answer. Try again next month.",
    "He said to call back in three months, budget is not settled yet.",
    "Demo booked for Tuesday at 10 with the plant manager, agenda sent and accepted.",
    "They went with another supplier. Thanked him for his time.",
    "Left a voicemail, will check in some time after the holidays.",
)
_DEALS = 200
"""Opportunities that the activities are spread over."""


@dataclass(frozen=True)
class Delivery:
    """One delivery, which may be sent any number of times."""

    source: str
    """Sender, and name under which it is stored."""
    key: str
    """The sender's key of the delivery."""
    activity: str
    """Id of the activity that it tells of."""
    path: str
    """Where it goes."""
    body: bytes
    """What it says."""
    sign: Callable[[bytes], dict[str, str]]
    """The headers that prove it, made anew for each try: signatures grow old."""

    @property
    def request(self) -> bytes:
        """As it goes over the wire now."""
        return request_bytes(self.path, self.sign(self.body), self.body)


def make_standard(number: int, run: str) -> Delivery:
    """An activity as Standard Webhooks send it."""
    now = datetime.now(UTC)
    identity, key = f"{run}-s{number}", f"msg_{run}_{number}"
    body = json.dumps(
        {
            "type": "activity.changed",
            "timestamp": now.isoformat(),
            "data": {
                "id": identity,
                "opportunity_id": f"{run}-o{number % _DEALS}",
                "kind": "call",
                "text": f"{_NOTES[number % len(_NOTES)]} ({number})",
                "occurred_at": (now - timedelta(days=1)).isoformat(),
                "owner": "Dana",
            },
        }
    )

    def sign(body: bytes) -> dict[str, str]:
        at = datetime.now(UTC)
        return {
            "webhook-id": key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(STANDARD_SECRET).sign(key, at, body.decode()),
        }

    return Delivery("standard", key, identity, "/v1/webhooks/standard", body.encode(), sign)


def make_pipedrive(number: int, run: str) -> Delivery:
    """A finished activity as Pipedrive sends it."""
    now = datetime.now(UTC)
    identity, key = f"{run}{number}", f"{run}-p-{number}"
    body = json.dumps(
        {
            "meta": {
                "action": "change",
                "entity": "activity",
                "entity_id": identity,
                "id": key,
                "timestamp": now.isoformat(),
                "version": "2.0",
                "attempt": 1,
            },
            "data": {
                "id": identity,
                "deal_id": number % _DEALS,
                "type": "call",
                "subject": "Call",
                "done": True,
                "note": f"<p>{_NOTES[number % len(_NOTES)]} ({number})</p>",
                "marked_as_done_time": f"{now - timedelta(days=1):%Y-%m-%d %H:%M:%S}",
                "owner_id": 7,
            },
            "previous": None,
        }
    ).encode()
    told = {"Authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}
    return Delivery("pipedrive", key, identity, "/v1/webhooks/pipedrive", body, lambda _: told)


def make_close(number: int, run: str) -> Delivery:
    """A note as Close sends it."""
    now = datetime.now(UTC)
    identity, key = f"acti_{run}{number}", f"ev_{run}{number}"
    body = json.dumps(
        {
            "event": {
                "id": key,
                "date_created": now.isoformat(),
                "action": "created",
                "object_type": "activity.note",
                "object_id": identity,
                "lead_id": f"lead_{run}{number % _DEALS}",
                "data": {
                    "id": identity,
                    "note": f"{_NOTES[number % len(_NOTES)]} ({number})",
                    "date_created": (now - timedelta(days=1)).isoformat(),
                    "user_name": "Dana",
                },
            },
            "subscription_id": "whsub_bench",
        }
    ).encode()

    def sign(body: bytes) -> dict[str, str]:
        told = str(int(time.time()))
        digest = hmac.new(bytes.fromhex(CLOSE_KEY), told.encode() + body, hashlib.sha256)
        return {"close-sig-timestamp": told, "close-sig-hash": digest.hexdigest()}

    return Delivery("close", key, identity, "/v1/webhooks/close", body, sign)


MAKERS = (make_standard, make_pipedrive, make_close)
"""One for each sender."""
