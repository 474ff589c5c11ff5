"""Salesforce: outbound messages (SOAP, acknowledged in SOAP), and JSON that a Flow posts.

Salesforce signs neither.  A secret stands in the address or in HTTP Basic (or Bearer, for a Flow's
named credential), and an outbound message must name a known organisation.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from api.webhooks.delivery import (
    Delivery,
    Refused,
    acknowledged,
    basic_credentials,
    bearer_token,
    decode,
    is_one_of,
    make_event,
    read_object,
    secrets_of,
    unreadable,
    words,
)
from auditor.intake.crm.changes import PayloadError
from auditor.intake.crm.salesforce import OUTBOUND, child, local, object_type, parse_xml
from auditor.intake.values import full_salesforce_id
from auditor.storage.events import ReceivedEvent
from auditor.webhook_settings import SalesforceSettings, SenderSettings

_ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    b"<soapenv:Body>"
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
    b"<Ack>true</Ack>"
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


class Salesforce:
    """Deliveries of Salesforce."""

    name = "salesforce"

    def verify(self, delivery: Delivery, settings: SenderSettings) -> None:
        """Checks the secret, and the organisation of an outbound message.

        Raises:
            Refused: one of them does not fit.
        """
        expected = secrets_of(settings)
        given = [
            (delivery.path_secret or "").encode("utf-8"),
            basic_credentials(delivery.headers) or b"",
            bearer_token(delivery.headers) or b"",
        ]
        if not any([is_one_of(each, expected) for each in given]):  # noqa: C419 - all are compared
            raise Refused("neither the address nor Authorization carries the secret")
        if is_xml(delivery):
            _require_organization(delivery, settings)

    def split(self, delivery: Delivery, settings: SenderSettings) -> list[ReceivedEvent]:
        """Makes an event of each notification, or one of a Flow's message."""
        if is_xml(delivery):
            try:
                notifications = _notifications(decode(delivery.body))
            except PayloadError as exc:
                return unreadable(self.name, settings, delivery.body, str(exc))
            return [self._event(each, settings) for each in notifications]
        found = read_object(delivery.body)
        if found is None:
            problem = "the body is neither XML nor a JSON object"
            return unreadable(self.name, settings, delivery.body, problem)
        text, body = found
        kind = words(body.get("type")) or "message"
        return [make_event(self.name, settings, kind, text, key=words(body.get("id")))]

    def answer(self, delivery: Delivery, count: int) -> tuple[bytes, str]:
        """SOAP for SOAP, else a short JSON object."""
        return (_ACK, "text/xml") if is_xml(delivery) else acknowledged(count)

    def _event(self, notification: Element, settings: SenderSettings) -> ReceivedEvent:
        identity = child(notification, "Id")
        held = child(notification, "sObject")
        record = None if held is None else child(held, "Id")
        return make_event(
            self.name,
            settings,
            OUTBOUND + object_type(notification),
            tostring(notification, encoding="unicode"),
            key=None if identity is None else identity.text,
            about=None if record is None else record.text,
        )


def is_xml(delivery: Delivery) -> bool:
    """Whether a delivery is SOAP, by its type or its first character."""
    return "xml" in delivery.headers.get("content-type", "") or delivery.body.lstrip()[:1] == b"<"


def _require_organization(delivery: Delivery, settings: SenderSettings) -> None:
    known = settings.organization_id if isinstance(settings, SalesforceSettings) else ()
    text = decode(delivery.body)
    try:
        told = child(_message(text), "OrganizationId")
    except PayloadError:
        return  # it carried the secret: kept as unreadable
    named = full_salesforce_id((told.text or "").strip()) if told is not None else ""
    if not is_one_of(
        named.encode("utf-8"), [full_salesforce_id(k.strip()).encode("utf-8") for k in known]
    ):
        raise Refused("OrganizationId is none of webhooks.salesforce.organization_id")


def _message(text: str | None) -> Element:
    """The ``notifications`` of a SOAP envelope.

    Raises:
        PayloadError: there are none.
    """
    if text is None:
        raise PayloadError("the body is no UTF-8")
    root = parse_xml(text.lstrip("\ufeff"))
    body = child(root, "Body")
    told = None if body is None else child(body, "notifications")
    if told is None:
        raise PayloadError("the body is no outbound message")
    return told


def _notifications(text: str | None) -> list[Element]:
    return [each for each in _message(text) if local(each.tag) == "Notification"]
