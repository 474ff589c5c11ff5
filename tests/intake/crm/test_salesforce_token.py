"""Salesforce's access token is renewed once where it has expired, and no secret is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from pydantic import ValidationError

from auditor.errors import ConfigurationError
from auditor.intake.crm.salesforce_token import AccessToken, TokenRefused, access_token
from auditor.intake.crm.write_client import CrmWriter, Sent
from auditor.intake.crm.writing import CrmRequest
from auditor.settings import load_settings
from auditor.write_back_settings import SalesforceTarget
from tests.intake.crm.salesforce_server import CLIENT_ID, CLIENT_SECRET, REFRESH, SalesforceServer

BY_CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
BY_REFRESH = {"client_id": CLIENT_ID, "refresh_token": REFRESH}
OLD = "secret-access-of-yesterday"


class _CountedLock:
    """A lock that tells how often it was let go."""

    def __init__(self) -> None:
        self._lock, self.left = threading.Lock(), threading.Semaphore(0)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self.left.release()


@pytest.fixture
def salesforce() -> Iterator[SalesforceServer]:
    access_token.cache_clear()  # a port may come again
    with closing(SalesforceServer()) as made:
        yield made
    access_token.cache_clear()


def _target(salesforce: SalesforceServer, **more: Any) -> SalesforceTarget:
    return SalesforceTarget.model_validate(
        {"enabled": True, "api_url": salesforce.address, "token": OLD} | BY_CLIENT | more
    )


def _request(salesforce: SalesforceServer, method: str = "POST") -> CrmRequest:
    return CrmRequest(method, f"{salesforce.address}/services/data/v62.0/sobjects/Task", {"a": 1})


def _send(target: SalesforceTarget, request: CrmRequest) -> Sent:
    with closing(CrmWriter(target)) as writer:
        return writer.send(request)


@pytest.mark.parametrize(
    ("access", "form"),
    [
        (BY_CLIENT, {"grant_type": "client_credentials", **BY_CLIENT}),
        (
            BY_REFRESH | {"client_secret": None},
            {"grant_type": "refresh_token", **BY_REFRESH},
        ),
        (
            BY_CLIENT | BY_REFRESH,
            {"grant_type": "refresh_token", **BY_CLIENT, **BY_REFRESH},
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_expired_token_is_renewed_and_the_request_done_once(
    salesforce: SalesforceServer, access: dict[str, Any], form: dict[str, str], method: str
) -> None:
    target = _target(salesforce, **access)
    assert _send(target, _request(salesforce, method)).done
    assert salesforce.token_asked == [form]
    assert (salesforce.refused, len(salesforce.done)) == (1, 1)
    assert _send(target, _request(salesforce, method)).done, "a later run goes on with that token"
    assert (salesforce.refused, len(salesforce.done), len(salesforce.token_asked)) == (1, 2, 1)


def test_without_a_token_one_is_fetched_first(salesforce: SalesforceServer) -> None:
    assert _send(_target(salesforce, token=None), _request(salesforce)).done
    assert (salesforce.refused, len(salesforce.token_asked)) == (0, 1)


def test_requests_at_the_same_time_share_one_renewal(salesforce: SalesforceServer) -> None:
    target, at_once = _target(salesforce), 8
    salesforce.before_token.clear()

    def let_go() -> None:
        with ticking:
            assert ticking.wait_for(lambda: salesforce.refused == at_once, timeout=10)
        salesforce.before_token.set()

    ticking = threading.Condition()
    take = salesforce.take

    def told(*args: Any) -> tuple[int, Any]:
        with ticking:
            answer = take(*args)
            ticking.notify_all()
            return answer

    salesforce.take = told  # type: ignore[assignment, method-assign]
    with ThreadPoolExecutor(at_once + 1) as pool:
        waiting = pool.submit(let_go)
        sent = list(pool.map(lambda _: _send(target, _request(salesforce)), range(at_once)))
        waiting.result()
    assert all(each.done for each in sent)
    assert (len(salesforce.token_asked), len(salesforce.done)) == (1, at_once)


def test_a_renewal_that_fails_is_shared_too_and_tried_again_later(
    salesforce: SalesforceServer,
) -> None:
    held, at_once = AccessToken(_target(salesforce)), 4
    salesforce.token_answers = [(503, {}, {"Retry-After": "30"})]
    salesforce.before_token.clear()
    held._lock = joined = _CountedLock()  # type: ignore[assignment]

    def renew(_: int) -> TokenRefused:
        with pytest.raises(TokenRefused) as told:
            held.renewed(OLD)
        return told.value

    with ThreadPoolExecutor(at_once) as pool:
        found = [pool.submit(renew, n) for n in range(at_once)]
        for _ in range(at_once):  # each has asked, or joined the one that does
            assert joined.left.acquire(timeout=10)
        salesforce.before_token.set()
        failures = [each.result() for each in found]
    assert {(f.is_final, f.retry_after) for f in failures} == {(False, "30")}
    assert len(salesforce.token_asked) == 1
    assert held.renewed(OLD) == "secret-access-2"


def test_a_token_refused_again_after_its_renewal_waits_for_a_person(
    salesforce: SalesforceServer,
) -> None:
    salesforce.token_answers = [(200, {"access_token": "secret-access-of-no-use"}, {})]
    sent = _send(_target(salesforce), _request(salesforce))
    assert (sent.status, sent.is_final) == (401, True)
    assert (salesforce.refused, len(salesforce.token_asked)) == (2, 1)


@pytest.mark.parametrize(
    ("refusal", "access"),
    [
        ((403, [{"errorCode": "INSUFFICIENT_ACCESS"}]), BY_CLIENT),
        ((401, [{"errorCode": "SOMETHING_ELSE"}]), BY_CLIENT),
        (None, {"client_id": None, "client_secret": None}),
    ],
)
def test_nothing_else_renews_a_token(
    salesforce: SalesforceServer, refusal: tuple[int, Any] | None, access: dict[str, Any]
) -> None:
    salesforce.refusal = refusal or salesforce.refusal
    sent = _send(_target(salesforce, **access), _request(salesforce))
    assert (sent.status, sent.is_final) == (salesforce.refusal[0], True)
    assert salesforce.token_asked == []


@pytest.mark.parametrize(
    ("answer", "is_final", "told"),
    [
        ((400, {"error": "invalid_grant", "error_description": "x"}, {}), True, "invalid_grant"),
        ((401, {"error": "<b>secret-of-client</b>"}, {}), True, "401"),
        ((302, {}, {"Location": "https://evil.example/"}), True, "302"),
        ((200, {"access_token": "two words"}, {}), True, "no access token"),
        ((200, {"access_token": ["a"]}, {}), True, "no access token"),
        ((200, {"access_token": "x" * 200_000}, {}), False, "too long"),
        ((429, {}, {"Retry-After": "60"}), False, "429"),
        ((502, {}, {}), False, "502"),
    ],
)
def test_where_no_token_is_given_the_request_says_why(
    salesforce: SalesforceServer, answer: Any, is_final: bool, told: str
) -> None:
    salesforce.token_answers = [answer]
    sent = _send(_target(salesforce), _request(salesforce))
    assert (sent.done, sent.is_final, sent.body) == (False, is_final, "")
    assert told in (sent.problem or "")
    assert sent.retry_after == (60.0 if answer[0] == 429 else None)
    assert "secret" not in (sent.problem or "").replace("client_secret", "")
    assert salesforce.done == []


def test_a_salesforce_that_is_away_is_tried_again() -> None:
    with pytest.raises(TokenRefused, match="can't be reached") as told:
        AccessToken(
            SalesforceTarget.model_validate(BY_CLIENT | {"api_url": "http://127.0.0.1:9"})
        ).current()
    assert not told.value.is_final
    assert told.value.__cause__ is None


def test_a_rotated_refresh_token_is_used_from_then_on(salesforce: SalesforceServer) -> None:
    held = AccessToken(_target(salesforce, **BY_REFRESH))
    given = {"access_token": "secret-access-a", "refresh_token": "secret-rotated"}
    salesforce.token_answers = [(200, given, {})]
    assert held.renewed(held.renewed(OLD)) == "secret-access-2"
    assert [f["refresh_token"] for f in salesforce.token_asked] == [REFRESH, "secret-rotated"]


def test_no_secret_is_logged_or_shown(
    salesforce: SalesforceServer, caplog: pytest.LogCaptureFixture
) -> None:
    target = _target(salesforce, **BY_REFRESH)
    with caplog.at_level(logging.DEBUG):
        assert _send(target, _request(salesforce)).done
        salesforce.valid = None
        salesforce.token_answers = [(400, {"error": "invalid_grant"}, {})]
        problem = _send(target, _request(salesforce)).problem
    shown = f"{caplog.text} {problem} {target!r} {target.model_dump_json()}"
    for secret in (OLD, CLIENT_SECRET, REFRESH, "secret-access-1"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"client_id": "a"}, "client_id with"),
        ({"client_secret": "b"}, "client_id with"),
        ({"refresh_token": "c", "client_secret": "b"}, "client_id with"),
        ({"enabled": True}, "no token; set token, or client_id"),
        ({"token": "b\u00e9\nc"}, "printable ASCII"),
        ({"client_id": "a", "client_secret": ""}, "client_id with"),
    ],
)
def test_access_that_lacks_a_part_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        SalesforceTarget.model_validate(given | {"api_url": "https://x.my.salesforce.com"})


def test_the_environment_sets_it_and_errors_keep_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = "AUDITOR_WRITE_BACK__SALESFORCE__"
    monkeypatch.setenv(f"{table}CLIENT_SECRET", CLIENT_SECRET)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert CLIENT_SECRET not in str(refused.value)
    monkeypatch.setenv(f"{table}CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv(f"{table}ENABLED", "true")
    monkeypatch.setenv(f"{table}API_URL", "https://x.my.salesforce.com")
    assert load_settings().write_back.salesforce.renews
