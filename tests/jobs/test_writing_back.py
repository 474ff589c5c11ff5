"""Decisions written to CRMs on loopback: shapes, retries, undo, dry run, and nothing twice.

All of it on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from typer.testing import CliRunner

from auditor.domain.decisions import Choice, DecisionAction
from auditor.domain.labels import Reason
from auditor.domain.records import Opportunity
from auditor.errors import InputError
from auditor.intake.crm.salesforce_token import access_token
from auditor.jobs.deciding import Caller, Judging, decide, undo
from auditor.jobs.erasing import erase
from auditor.jobs.writing_back import Written, cancel, retry, write_back
from auditor.storage import Database, open_database
from auditor.storage.outbox import StoredRequest
from auditor.write_back_settings import (
    HubSpotTarget,
    PipedriveTarget,
    SalesforceTarget,
    TargetSettings,
    WriteBackSettings,
)
from tests.intake.crm.salesforce_server import CLIENT_ID, CLIENT_SECRET, SalesforceServer
from tests.storage.making import rows, tell

TOKEN = "secret-token-of-a-test"
DUE = date(2099, 3, 9)
CALLER = Caller("user:kim@example.com")
JUDGING = Judging("none", date(2026, 3, 2))
IDS = {"hubspot": "51234", "pipedrive": "77", "salesforce": "0065g00000AbCdEAAV"}


class Crm:
    """A CRM that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.content = b'{"id": "901"}'
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def _do(self) -> None:
                size = int(self.headers.get("content-length", 0))
                body = json.loads(self.rfile.read(size))
                headers = {k.lower(): v for k, v in self.headers.items()}
                crm.asked.append((self.command, self.path, headers, body))
                status, more = crm.answers.pop(0) if crm.answers else (201, {})
                if status == 0:  # the line goes dead after the request arrived
                    self.connection.close()
                    return
                content = crm.content if status < 300 else b'{"message": "no"}'
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PATCH = _do

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def crm() -> Iterator[Crm]:
    made = Crm()
    yield made
    made.close()


def _settings(crm: Crm, target: str, **more: Any) -> WriteBackSettings:
    kinds: dict[str, type[TargetSettings]] = {
        "hubspot": HubSpotTarget,
        "pipedrive": PipedriveTarget,
        "salesforce": SalesforceTarget,
    }
    own = {"enabled": True, "token": SecretStr(TOKEN), "api_url": crm.address}
    if target == "salesforce":
        own["reason_field"] = "Loss_Reason__c"
    made = kinds[target].model_validate(own)
    return WriteBackSettings.model_validate({"wait_minutes": 0, target: made} | more)


def _deal(database: Database, source: str, identity: str | None = None) -> int:
    tell(database, Opportunity(id=identity or IDS[source], name="Deal"), source=source)
    with database.read() as unit:
        from auditor.storage.browsing import Wanted

        return unit.browsing.page(Wanted(), after=0, limit=9)[-1].key


def _decide(database: Database, key: int, action: str, comment: str = "Now.") -> int:
    choice = (
        Choice(action=DecisionAction.CLOSE, close_reason=Reason.NO_BUDGET)
        if action == "close"
        else Choice(
            action=DecisionAction.ADVANCE, step="Review with the CFO", due_on=DUE, comment=comment
        )
    )
    made = decide(database, key, choice, CALLER, JUDGING)
    assert made is not None
    return made.key


def _all(database: Database) -> list[StoredRequest]:
    with database.read() as unit:
        return unit.outbox.listed(limit=50)


EXPECTED = {
    ("hubspot", "advance"): (
        "POST",
        "/crm/v3/objects/tasks",
        {
            "properties": {
                "hs_timestamp": "2099-03-09T12:00:00Z",
                "hs_task_subject": "Review with the CFO",
                "hs_task_body": "Demanded by kim@example.com. Now.",
                "hs_task_status": "NOT_STARTED",
            },
            "associations": [
                {
                    "to": {"id": "51234"},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 216}],
                }
            ],
        },
    ),
    ("hubspot", "close"): (
        "PATCH",
        "/crm/v3/objects/deals/51234",
        {"properties": {"dealstage": "closedlost", "closed_lost_reason": "no budget"}},
    ),
    ("pipedrive", "advance"): (
        "POST",
        "/api/v2/activities",
        {
            "subject": "Review with the CFO",
            "type": "task",
            "due_date": "2099-03-09",
            "deal_id": 77,
            "note": "Demanded by kim@example.com. Now.",
        },
    ),
    ("pipedrive", "close"): (
        "PATCH",
        "/api/v2/deals/77",
        {"status": "lost", "lost_reason": "no budget"},
    ),
    ("salesforce", "advance"): (
        "POST",
        "/services/data/v62.0/sobjects/Task",
        {
            "Subject": "Review with the CFO",
            "ActivityDate": "2099-03-09",
            "WhatId": "0065g00000AbCdEAAV",
            "Status": "Not Started",
            "Description": "Demanded by kim@example.com. Now.",
        },
    ),
    ("salesforce", "close"): (
        "PATCH",
        "/services/data/v62.0/sobjects/Opportunity/0065g00000AbCdEAAV",
        {"StageName": "Closed Lost", "Loss_Reason__c": "no budget"},
    ),
}


@pytest.mark.parametrize(("target", "action"), EXPECTED)
def test_a_decision_reaches_the_crm_in_its_own_shape_once(
    database: Database, crm: Crm, target: str, action: str
) -> None:
    settings = _settings(crm, target)
    _decide(database, _deal(database, target), action)
    assert write_back(database, settings).sent == 1
    assert write_back(database, settings) == Written()
    [(method, path, headers, body)] = crm.asked
    assert (method, path, body) == EXPECTED[target, action]
    name = "x-api-token" if target == "pipedrive" else "authorization"
    assert headers[name].endswith(TOKEN)
    [kept] = _all(database)
    assert kept.state == "sent"
    assert TOKEN not in json.dumps([kept.request, kept.answer])


def test_it_is_off_by_default_and_parking_writes_nothing(database: Database, crm: Crm) -> None:
    _decide(database, _deal(database, "hubspot"), "close")
    assert write_back(database, WriteBackSettings()) == Written()
    assert write_back(database, _settings(crm, "pipedrive")) == Written(), "another CRM's deal"
    assert _all(database) == []


def test_what_is_taken_back_in_time_is_never_sent(database: Database, crm: Crm) -> None:
    settings = _settings(crm, "hubspot", wait_minutes=10)
    decision = _decide(database, _deal(database, "hubspot"), "close")
    assert write_back(database, settings).planned == 1
    assert crm.asked == []
    undo(database, decision, CALLER)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert write_back(database, settings, now=later).cancelled == 1
    assert crm.asked == []
    assert _all(database)[0].state == "cancelled"


def test_a_dry_run_shows_the_exact_request_and_sends_none(database: Database, crm: Crm) -> None:
    settings = _settings(crm, "hubspot", dry_run=True)
    _decide(database, _deal(database, "hubspot"), "advance")
    assert write_back(database, settings) == Written(planned=1)
    [kept] = _all(database)
    assert kept.request["url"] == f"{crm.address}/crm/v3/objects/tasks"
    assert kept.request["body"] == EXPECTED["hubspot", "advance"][2]
    assert crm.asked == []


def test_a_busy_crm_is_asked_again_when_it_says(database: Database, crm: Crm) -> None:
    settings = _settings(crm, "hubspot")
    crm.answers = [(429, {"Retry-After": "600"}), (200, {})]
    _decide(database, _deal(database, "hubspot"), "close")
    now = datetime.now(UTC)
    assert write_back(database, settings, now=now).failed == 1
    assert write_back(database, settings, now=now + timedelta(minutes=9)).sent == 0
    assert write_back(database, settings, now=now + timedelta(minutes=11)).sent == 1
    assert len(crm.asked) == 2


def test_what_fails_for_good_waits_for_a_person(database: Database, crm: Crm) -> None:
    settings = _settings(crm, "hubspot")
    crm.answers = [(403, {})]
    _decide(database, _deal(database, "hubspot"), "close")
    assert write_back(database, settings).dead == 1
    [dead] = _all(database)
    assert "403" in (dead.error or "")
    assert retry(database, [dead.key], actor="cli") == [dead.key]
    assert write_back(database, settings).sent == 1
    with pytest.raises(InputError, match="none of these"):
        cancel(database, [dead.key], actor="cli")


@pytest.mark.parametrize("answer", [0, 502])
def test_a_task_that_may_have_been_made_is_not_made_twice(
    database: Database, crm: Crm, answer: int
) -> None:
    settings = _settings(crm, "hubspot")
    crm.answers = [(answer, {})]
    _decide(database, _deal(database, "hubspot"), "advance")
    assert write_back(database, settings).dead == 1
    later = datetime.now(UTC) + timedelta(days=2)
    assert write_back(database, settings, now=later) == Written()
    assert len(crm.asked) == 1
    assert "may have been done" in (_all(database)[0].error or "")


def test_a_close_is_repeated_after_a_lost_line(database: Database, crm: Crm) -> None:
    settings = _settings(crm, "hubspot")
    crm.answers = [(0, {}), (503, {}), (200, {})]
    _decide(database, _deal(database, "hubspot"), "close")
    now = datetime.now(UTC)
    for hours, sent in ((0, 0), (1, 0), (2, 1)):
        assert write_back(database, settings, now=now + timedelta(hours=hours)).sent == sent


@pytest.mark.parametrize("action", ["advance", "close"])
def test_runs_side_by_side_send_each_decision_once(
    database: Database, url: str, crm: Crm, action: str
) -> None:
    settings = _settings(crm, "hubspot")
    for number in range(6):
        _decide(database, _deal(database, "hubspot", str(51_000 + number)), action)
    with ExitStack() as opened, ThreadPoolExecutor(3) as pool:
        databases = [opened.enter_context(open_database(url)) for _ in range(3)]
        runs = list(pool.map(lambda each: write_back(each, settings), databases))
    assert sum(run.planned for run in runs) >= 6
    assert sum(run.sent for run in runs) == len(crm.asked) == 6
    assert len({json.dumps([path, body]) for _, path, _, body in crm.asked}) == 6
    assert [kept.state for kept in _all(database)] == ["sent"] * 6


def test_an_answer_of_any_bytes_is_kept_with_its_request(database: Database, crm: Crm) -> None:
    crm.content = b'{"id": "9\x00", "x": "\xff\\u0000"}'
    _decide(database, _deal(database, "hubspot"), "close")
    assert write_back(database, _settings(crm, "hubspot")).sent == 1
    [kept] = _all(database)
    assert (kept.state, (kept.answer or {})["status"]) == ("sent", 201)


def test_a_salesforce_token_that_expired_costs_no_decision_and_is_kept_nowhere(
    database: Database, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    _decide(database, _deal(database, "salesforce"), "advance")
    access_token.cache_clear()
    with closing(SalesforceServer()) as salesforce, caplog.at_level(logging.DEBUG):
        own = {"enabled": True, "token": TOKEN, "api_url": salesforce.address}
        own |= {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        settings = WriteBackSettings.model_validate({"wait_minutes": 0, "salesforce": own})
        salesforce.token_answers = [(503, {}, {})]
        now = datetime.now(UTC)
        assert write_back(database, settings, now=now).failed == 1
        later = now + timedelta(minutes=2)
        assert write_back(database, settings, now=later).sent == 1
        assert [path for _, path, _ in salesforce.done] == ["/services/data/v62.0/sobjects/Task"]
    access_token.cache_clear()
    [kept] = _all(database)
    logged = rows(url, "SELECT * FROM audit_log")
    for secret in (TOKEN, CLIENT_SECRET, "secret-access"):
        assert secret not in f"{kept} {logged} {caplog.text}"


def test_requests_that_name_an_erased_person_are_emptied_and_not_sent(
    database: Database, crm: Crm
) -> None:
    settings, told = _settings(crm, "hubspot", wait_minutes=10), "Write to lee@example.com"
    now = datetime.now(UTC)
    for number, later in ((1, timedelta(hours=1)), (2, timedelta(0))):
        _decide(database, _deal(database, "hubspot", str(number)), "advance", told)
        write_back(database, settings, now=now + later)
    assert [kept.state for kept in _all(database)] == ["pending", "sent"]
    erase(database, "lee@example.com", CALLER)
    assert [(kept.state, kept.request) for kept in _all(database)] == [
        ("cancelled", {}),
        ("sent", {}),
    ]
    assert write_back(database, settings, now=now + timedelta(hours=1)) == Written()
    assert len(crm.asked) == 1


def test_an_id_of_no_crm_is_never_put_into_an_address(database: Database, crm: Crm) -> None:
    _decide(database, _deal(database, "hubspot", "../../evil?x=1"), "close")
    assert write_back(database, _settings(crm, "hubspot")).sent == 0
    [dead] = _all(database)
    assert (dead.state, dead.request) == ("dead", {})
    assert crm.asked == []


@pytest.mark.parametrize(
    "address", ["https://evil.example", "http://10.0.0.1", "https://api.hubapi.com.evil.example"]
)
def test_requests_go_to_the_crm_only(address: str) -> None:
    for kind in (HubSpotTarget, PipedriveTarget, SalesforceTarget):
        with pytest.raises(ValidationError, match="it must be like"):
            kind(api_url=address)


def test_a_crm_that_is_switched_on_needs_a_token() -> None:
    with pytest.raises(ValidationError, match="no token"):
        HubSpotTarget(enabled=True)


def test_the_command_lists_shows_and_cancels(
    database: Database, url: str, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auditor.cli import app

    monkeypatch.setenv("AUDITOR_DATABASE_URL", url)
    monkeypatch.setenv("AUDITOR_WRITE_BACK__HUBSPOT__ENABLED", "true")
    monkeypatch.setenv("AUDITOR_WRITE_BACK__HUBSPOT__TOKEN", TOKEN)
    monkeypatch.setenv("AUDITOR_WRITE_BACK__HUBSPOT__API_URL", crm.address)
    _decide(database, _deal(database, "hubspot"), "close")
    run = CliRunner().invoke
    [listed] = json.loads(run(app, ["outbox", "list", "--json"]).stdout)
    shown = run(app, ["outbox", "show", str(listed["number"])]).stdout
    assert json.loads(shown)["request"]["body"] == EXPECTED["hubspot", "close"][2]
    assert TOKEN not in shown
    assert run(app, ["outbox", "cancel", str(listed["number"])]).exit_code == 0
    assert _all(database)[0].state == "cancelled"
    assert crm.asked == []
