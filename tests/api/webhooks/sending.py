"""Signs deliveries the way each sender does, written anew from their documents."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

HUBSPOT_SECRET = "3a9f0c52-client-secret"
CLOSE_KEY = "ab" * 32
BASIC = "crm:open sesame"
PATH_SECRET = "long-and-random-7d1f"
ORGANIZATION = "00D5Y000001MPM7UAO"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"twenty-four random bytes").decode()
SETTINGS: dict[str, Any] = {
    "hubspot": {"secret": HUBSPOT_SECRET},
    "pipedrive": {"secret": BASIC, "owners": {"7": "Dana"}, "teams": {"Dana": "North"}},
    "salesforce": {"secret": [PATH_SECRET, BASIC], "organization_id": ORGANIZATION},
    "close": {"secret": CLOSE_KEY},
    "standard": {"secret": STANDARD_SECRET},
}
SOAP = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound">
<OrganizationId>{organization}</OrganizationId><ActionId>04k000000000001AAA</ActionId>
{notifications}
</notifications></soapenv:Body></soapenv:Envelope>"""
NOTIFICATION = """<Notification><Id>{id}</Id>
<sObject xsi:type="sf:{type}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject>
</Notification>"""


def hubspot_headers(url: str, body: bytes, *, at: float | None = None) -> dict[str, str]:
    """HubSpot's signature, version 3; ``url`` as HubSpot decodes it."""
    stamp = str(int((time.time() if at is None else at) * 1000))
    signed = b"POST" + url.encode() + body + stamp.encode()
    digest = hmac.new(HUBSPOT_SECRET.encode(), signed, hashlib.sha256).digest()
    return {
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": stamp,
        "Content-Type": "application/json",
    }


def close_headers(body: bytes, *, at: float | None = None, key: str = CLOSE_KEY) -> dict[str, str]:
    """Close's signature."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(bytes.fromhex(key), stamp.encode() + body, hashlib.sha256)
    return {"close-sig-hash": digest.hexdigest(), "close-sig-timestamp": stamp}


def soap(*notifications: str, organization: str = ORGANIZATION) -> bytes:
    """An outbound message."""
    return SOAP.format(organization=organization, notifications="".join(notifications)).encode()


def notification(identity: str, sort: str, **fields: str) -> str:
    """One notification of it."""
    told = "".join(f"<sf:{name}>{value}</sf:{name}>" for name, value in fields.items())
    return NOTIFICATION.format(id=identity, type=sort, fields=told)


def pipedrive(
    entity: str,
    identity: int,
    data: dict[str, Any] | None,
    *,
    key: str,
    at: str,
    action: str = "change",
) -> bytes:
    """A version 2 event."""
    meta = {
        "action": action,
        "entity": entity,
        "entity_id": str(identity),
        "id": key,
        "timestamp": at,
        "attempt": 1,
        "version": "2.0",
    }
    return json.dumps({"meta": meta, "data": data, "previous": None}).encode()
