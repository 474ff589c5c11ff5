"""Whatever a delivery holds, a check accepts or refuses it and a reader reads or refuses it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from api.webhooks.close import Close
from api.webhooks.delivery import Delivery, Refused, Sender
from api.webhooks.hubspot import HubSpot
from api.webhooks.pipedrive import Pipedrive
from api.webhooks.salesforce import Salesforce
from api.webhooks.standard import Standard
from auditor.intake.crm.changes import PayloadError
from auditor.intake.crm.close import read_close
from auditor.intake.crm.events import Event, Names, Reading
from auditor.intake.crm.hubspot import read_named, read_record
from auditor.intake.crm.messages import read_message
from auditor.intake.crm.pipedrive import read_pipedrive
from auditor.intake.crm.registers import Register, absorb
from auditor.intake.crm.salesforce import read_outbound
from auditor.storage.events import ReceivedEvent
from auditor.webhook_settings import WebhookSettings
from tests.api.webhooks.sending import (
    BASIC,
    PATH_SECRET,
    SETTINGS,
    STANDARD_SECRET,
    close_headers,
    hubspot_headers,
)
from tests.hostile.bending import WORDS, bent_bytes, bent_json, fuzzed
from tests.hostile.bounds import GROWTH_MB, peak_mb, within
from tests.hostile.samples import (
    CLOSE,
    HUBSPOT_EVENTS,
    HUBSPOT_RECORDS,
    MESSAGES,
    OUTBOUND,
    PIPEDRIVE,
)

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
URL = "https://auditor.example.com/v1/webhooks/x"
TOLD = WebhookSettings.model_validate(SETTINGS)
NAMES = Names({"7": "Dana"}, {"Dana": "North"}, {"3": "Proposal"})
SENDERS: tuple[Sender, ...] = (HubSpot(), Pipedrive(), Salesforce(), Close(), Standard())
HEADERS = (
    "authorization", "content-type", "x-hubspot-signature-v3", "x-hubspot-request-timestamp",
    "close-sig-hash", "close-sig-timestamp", "webhook-id", "webhook-timestamp", "webhook-signature",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _flat_memory() -> Iterator[None]:
    before = peak_mb()
    yield
    assert peak_mb() - before < GROWTH_MB


def good_headers(sender: Sender, body: bytes, at: datetime) -> dict[str, str]:
    """What the sender itself would send with a body."""
    if sender.name == "hubspot":
        told = hubspot_headers(URL, body, at=at.timestamp())
    elif sender.name == "close":
        told = close_headers(body, at=at.timestamp())
    elif sender.name == "standard":
        signature = Webhook(STANDARD_SECRET).sign("m1", at, body.decode("utf-8", "replace"))
        told = {
            "webhook-id": "m1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }
    else:
        told = {"authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}
    return {name.lower(): value for name, value in told.items()}


def verified(sender: Sender, delivery: Delivery) -> bool:
    """Whether a check accepts; anything but its own refusal is a finding."""
    try:
        with within():
            sender.verify(delivery, TOLD.of(sender.name))
    except Refused:
        return False
    return True


def kept_events(sender: Sender, delivery: Delivery) -> list[ReceivedEvent]:
    """The events of a delivery; each must be fit to be kept."""
    with within():
        events = sender.split(delivery, TOLD.of(sender.name))
        body, _ = sender.answer(delivery, len(events))
    assert body
    for event in events:
        for text in (event.kind, event.payload, event.dedup_key or "", event.external_id or ""):
            text.encode()
        assert "\0" not in event.kind + (event.dedup_key or "") + (event.external_id or "")
        assert len(event.kind) <= 100
    return events


def taken(read: Callable[[Event, Names], Reading], payload: str) -> None:
    """Reads an event and takes it in; anything but a ``PayloadError`` is a finding."""
    refused = ""
    try:
        with within():
            reading = read(Event("e", "e1", payload, NOW), NAMES)
    except PayloadError as exc:
        refused = str(exc)
        reading = Reading()
    assert len(refused) < 2_000
    register: Register = {}
    for change in reading.changes:
        register = absorb(register, change)
        assert change.at <= NOW.replace(hour=13)
    kept = json.dumps(register, allow_nan=False)
    assert "\0" not in json.dumps(register, ensure_ascii=False)
    kept.encode()


@fuzzed
@given(
    sender=st.sampled_from(SENDERS),
    headers=st.dictionaries(
        st.sampled_from(HEADERS),
        st.text(max_size=60) | st.sampled_from(WORDS) | st.just("Basic " + "=" * 9),
        max_size=5,
    ),
    body=st.binary(max_size=100) | bent_bytes(tuple(OUTBOUND)),
    secret=st.none() | st.text(max_size=20),
    url=st.text(max_size=60),
)
def test_no_header_or_body_without_the_secret_is_accepted(
    sender: Sender, headers: dict[str, str], body: bytes, secret: str | None, url: str
) -> None:
    assert not verified(sender, Delivery("POST", url, headers, body, NOW, secret))


@fuzzed
@given(
    sender=st.sampled_from(SENDERS),
    body=bent_json((*MESSAGES, *CLOSE, *PIPEDRIVE, HUBSPOT_EVENTS)) | bent_bytes(tuple(OUTBOUND)),
    data=st.data(),
)
def test_a_signed_body_fits_and_a_changed_one_does_not(
    sender: Sender, body: bytes, data: st.DataObject
) -> None:
    at = datetime.now(UTC)
    headers = good_headers(sender, body, at)
    delivery = Delivery("POST", URL, headers, body, at, PATH_SECRET)
    accepted = verified(sender, delivery)
    if sender.name in ("hubspot", "close", "pipedrive"):
        assert accepted
    kept_events(sender, delivery)
    if sender.name in ("hubspot", "close", "standard"):
        spot = data.draw(st.integers(0, len(body)))
        other = body[:spot] + b" " + body[spot:]
        assert not verified(sender, Delivery("POST", URL, headers, other, at, None))


@fuzzed
@given(body=bent_json((HUBSPOT_EVENTS,)))
def test_hubspot_events(body: bytes) -> None:
    delivery = Delivery("POST", URL, {}, body, NOW)
    for event in kept_events(HubSpot(), delivery):
        try:
            with within():
                named = read_named(Event(event.kind, "e1", event.payload, NOW))
        except PayloadError:
            continue
        assert named is None or (named.id.isdigit() and len(named.id) <= 500)


@fuzzed
@given(body=bent_json(tuple(HUBSPOT_RECORDS)))
def test_hubspot_records(body: bytes) -> None:
    taken(read_record, body.decode("utf-8", "replace"))


@fuzzed
@given(body=bent_json(tuple(PIPEDRIVE)))
def test_pipedrive_events(body: bytes) -> None:
    for event in kept_events(Pipedrive(), Delivery("POST", URL, {}, body, NOW)):
        taken(read_pipedrive, event.payload)


@fuzzed
@given(body=bent_json(tuple(CLOSE)))
def test_close_events(body: bytes) -> None:
    for event in kept_events(Close(), Delivery("POST", URL, {}, body, NOW)):
        taken(read_close, event.payload)


@fuzzed
@given(body=bent_json(tuple(MESSAGES)))
def test_own_messages(body: bytes) -> None:
    for event in kept_events(Standard(), Delivery("POST", URL, {}, body, NOW)):
        taken(read_message, event.payload)


@fuzzed
@given(body=bent_bytes(tuple(OUTBOUND)))
def test_salesforce_outbound_messages(body: bytes) -> None:
    delivery = Delivery("POST", URL, {"content-type": "text/xml"}, body, NOW, PATH_SECRET)
    verified(Salesforce(), delivery)
    for event in kept_events(Salesforce(), delivery):
        taken(read_outbound, event.payload)
