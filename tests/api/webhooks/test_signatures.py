"""Each sender's check accepts what the sender signs, and nothing else."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from api.webhooks.close import Close
from api.webhooks.delivery import Delivery, Refused, Sender
from api.webhooks.hubspot import HubSpot, elements
from api.webhooks.pipedrive import Pipedrive
from api.webhooks.salesforce import Salesforce
from api.webhooks.standard import Standard
from auditor.webhook_settings import SenderSettings, WebhookSettings
from tests.api.webhooks.sending import (
    BASIC,
    CLOSE_KEY,
    ORGANIZATION,
    PATH_SECRET,
    SETTINGS,
    STANDARD_SECRET,
    close_headers,
    hubspot_headers,
    notification,
    soap,
)

URL = "https://auditor.example.com/v1/webhooks/hubspot"
BODY = b'[{"eventId": 1}]'
TOLD = WebhookSettings.model_validate(SETTINGS)
SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "webhooks"


def deliver(
    headers: Mapping[str, str],
    body: bytes = BODY,
    *,
    url: str = URL,
    at: datetime | None = None,
    path_secret: str | None = None,
) -> Delivery:
    told = {name.lower(): value for name, value in headers.items()}
    return Delivery("POST", url, told, body, at or datetime.now(UTC), path_secret)


def accepts(sender: Sender, delivery: Delivery, settings: SenderSettings | None = None) -> bool:
    try:
        sender.verify(delivery, settings or TOLD.of(sender.name))
    except Refused:
        return False
    return True


def test_hubspot_accepts_its_own_vector() -> None:
    file = SAMPLES / "hubspot_v3_signature_vector.json"
    if not file.exists():
        pytest.skip("the vendors' samples are not here")
    vector = json.loads(file.read_text(encoding="utf-8"))
    at = datetime.fromtimestamp(int(vector["timestamp"]) / 1000, tz=UTC)
    headers = {
        "X-HubSpot-Signature-v3": vector["expected"],
        "X-HubSpot-Request-Timestamp": vector["timestamp"],
    }
    settings = SenderSettings(secret=vector["client_secret"])
    good = deliver(headers, vector["body"].encode(), url=vector["uri"], at=at)
    assert accepts(HubSpot(), good, settings)
    assert not accepts(HubSpot(), deliver(headers, b"{}", url=vector["uri"], at=at), settings)


def test_hubspot_signs_the_address_with_its_own_escapes_undone_and_no_others() -> None:
    signed = URL + "?a=b:c/d&e=%20%26"
    headers = hubspot_headers(signed, BODY)
    assert accepts(HubSpot(), deliver(headers, url=URL + "?a=b%3Ac%2fd&e=%20%26"))
    assert not accepts(HubSpot(), deliver(headers, url=URL + "?a=b%3Ac%2fd&e= %26"))
    assert not accepts(HubSpot(), deliver(headers, url="http://10.0.0.7/v1/webhooks/hubspot"))


@pytest.mark.parametrize("seconds", [-299, 299])
def test_hubspot_and_close_take_what_is_within_five_minutes(seconds: int) -> None:
    at = time.time() + seconds
    now = datetime.now(UTC)
    assert accepts(HubSpot(), deliver(hubspot_headers(URL, BODY, at=at), at=now))
    assert accepts(Close(), deliver(close_headers(BODY, at=at), at=now))


@pytest.mark.parametrize("seconds", [-302, 302])
def test_hubspot_and_close_refuse_replays_and_the_future(seconds: int) -> None:
    at = time.time() + seconds
    now = datetime.now(UTC)
    assert not accepts(HubSpot(), deliver(hubspot_headers(URL, BODY, at=at), at=now))
    assert not accepts(Close(), deliver(close_headers(BODY, at=at), at=now))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hubspot-signature-v3": "x"},
        {"x-hubspot-signature-v3": "é", "x-hubspot-request-timestamp": "1"},
        {"x-hubspot-signature-v3": "x", "x-hubspot-request-timestamp": "9" * 15},
        {"x-hubspot-signature-v3": "x", "x-hubspot-request-timestamp": "٣"},
        {"close-sig-hash": "zz", "close-sig-timestamp": "-1"},
        {"close-sig-hash": "é", "close-sig-timestamp": "999999999999"},
        {"authorization": "Basic"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic " + base64.b64encode(b"crm").decode()},
        {"authorization": "Bearer "},
        {"webhook-id": "1", "webhook-timestamp": "nan", "webhook-signature": "v1,x"},
        {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1"},
        {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": ","},
        {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "x"},
    ],
)
@pytest.mark.parametrize("sender", [HubSpot(), Pipedrive(), Salesforce(), Close(), Standard()])
@pytest.mark.parametrize("body", [b"{}", b"\xff\xfe", b"<x/>"])
def test_odd_headers_are_refused_and_break_nothing(
    sender: Sender, headers: dict[str, str], body: bytes
) -> None:
    assert not accepts(sender, deliver(headers, body))


def test_the_reference_library_signs_what_is_accepted() -> None:
    body = '{"type": "record"}'
    at = datetime.now(UTC)
    signature = Webhook(STANDARD_SECRET).sign("msg_1", at, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": "v1,AAAA " + signature,
    }
    assert accepts(Standard(), deliver(headers, body.encode()))
    assert not accepts(Standard(), deliver(headers | {"webhook-id": "msg_2"}, body.encode()))
    assert not accepts(Standard(), deliver(headers, body.encode() + b" "))


def test_an_old_secret_counts_while_it_is_listed() -> None:
    new = CLOSE_KEY[::-1]
    both = SenderSettings(secret=[new, CLOSE_KEY])  # type: ignore[arg-type]
    delivery = deliver(close_headers(BODY))
    assert accepts(Close(), delivery, both)
    assert not accepts(Close(), delivery, SenderSettings(secret=new))  # type: ignore[arg-type]


def test_pipedrive_takes_user_and_password_only() -> None:
    def basic(pair: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    assert accepts(Pipedrive(), deliver(basic(BASIC)))
    assert not accepts(Pipedrive(), deliver(basic(BASIC + "x")))
    assert not accepts(Pipedrive(), deliver(basic("crm:")))


def test_salesforce_needs_the_secret_and_the_organization() -> None:
    message = soap(notification("04l1", "Task", Id="00T1"))
    assert accepts(Salesforce(), deliver({}, message, path_secret=PATH_SECRET))
    basic = {"Authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}
    assert accepts(Salesforce(), deliver(basic, message))
    assert accepts(Salesforce(), deliver({"Authorization": f"Bearer {PATH_SECRET}"}, b"{}"))
    assert not accepts(Salesforce(), deliver({}, message))
    assert not accepts(Salesforce(), deliver({}, message, path_secret=PATH_SECRET[:-1]))
    other = soap(organization="00D000000000001AAA")
    assert not accepts(Salesforce(), deliver({}, other, path_secret=PATH_SECRET))
    short = soap(notification("04l1", "Task", Id="00T1"), organization=ORGANIZATION[:15])
    assert accepts(Salesforce(), deliver({}, short, path_secret=PATH_SECRET))


def test_xml_that_could_harm_is_kept_unread() -> None:
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b"<Envelope><Body><notifications>&b;</notifications></Body></Envelope>"
    )
    delivery = deliver({"content-type": "text/xml"}, bomb, path_secret=PATH_SECRET)
    [event] = Salesforce().split(delivery, TOLD.salesforce)
    assert (event.kind, event.state) == ("unreadable", "dead")
    assert event.error == "the body is no plain XML (DTDForbidden)"


def test_a_batch_is_cut_as_it_stands() -> None:
    text = '[ {"a": "\\u00e9é",\n "b":1.50} ,[1],"x" ]\n'
    assert [told for told, _ in elements(text)] == ['{"a": "\\u00e9é",\n "b":1.50}', "[1]", '"x"']
    assert list(elements(" [ ] ")) == []
    for broken in ("", "[1", "[1,]", "[1 2]", "[1] 2", "{} {}", "[" * 100_000):
        with pytest.raises((ValueError, RecursionError)):
            list(elements(broken))


def test_settings_refuse_secrets_that_can_not_work_without_showing_them() -> None:
    for sender, secret in (("close", "no hex"), ("standard", "whsec_!"), ("pipedrive", "alone")):
        with pytest.raises(ValueError, match="secret") as caught:
            WebhookSettings.model_validate({sender: {"secret": secret}})
        assert secret not in json.dumps(
            caught.value.errors(include_input=False, include_context=False)  # type: ignore[attr-defined]
        )
