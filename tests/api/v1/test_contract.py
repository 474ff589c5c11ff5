"""The whole OpenAPI document holds: no 5xx, no undocumented answer, valid examples, all guarded."""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.v1.decisions import CorrectionBody
from api.v1.examples import CHOICES, CORRECTION, DECISION, RECORD, VERDICT
from api.v1.record_schema import GivenRecord
from api.v1.views import DecisionView
from auditor.domain.decisions import Choice
from auditor.domain.verdict import Verdict

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 6
"""Generated requests for each operation; ``HYPOTHESIS_PROFILE=explore`` tries more."""


def _operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]


@pytest.mark.slow
def test_generated_requests_meet_no_error_of_ours(app: FastAPI, machine: TestClient) -> None:
    """Whatever fits the document, and much that does not, is answered as it says."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = {"Authorization": machine.headers["Authorization"]}
    explore = hypothesis.settings.get_current_profile_name() == "explore"
    many = 200 if explore else EXAMPLES
    tried = 0
    failed = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith("/v1/"):
            continue
        tried += 1

        @hypothesis.given(case=operation.as_strategy())
        @hypothesis.settings(
            max_examples=many,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        def try_it(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=300)

        try:
            try_it()
        except* AssertionError as group:
            failed += [f"{operation.label}: {exc}" for exc in group.exceptions]
    assert not failed, "\n".join(map(str, failed))
    assert tried > 20


def test_every_route_is_guarded_and_tells_its_problems(app: FastAPI) -> None:
    for method, path, operation in _operations(app):
        if path.startswith("/v1/") and "/webhooks/" not in path:
            assert operation["security"], path
            for status in ("401", "403", "429", "503"):
                content = operation["responses"][status]["content"]
                assert "application/problem+json" in content, (method, path, status)


def test_nobody_gets_in_without_a_key(app: FastAPI, client: TestClient) -> None:
    for method, path, operation in _operations(app):
        if operation.get("security") and path.startswith("/v1/"):
            told = re.sub(r"\{week\}", "2026-W09", path)
            answer = client.request(method, re.sub(r"\{\w+\}", "1", told))
            assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize("scope", ["ingest", "read", "decide", "evaluate", "admin"])
def test_a_key_opens_only_what_its_scope_says(
    app: FastAPI, client: TestClient, make_key: Any, scope: str
) -> None:
    headers = {"Authorization": f"Bearer {make_key(scope)}"}
    opened = set()
    for method, path, operation in _operations(app):
        if operation.get("security") and path.startswith("/v1/"):
            told = re.sub(r"\{week\}", "1", path)
            told = re.sub(r"\{\w+\}", "0", told)  # no such thing: refused before anything is done
            if client.request(method, told, headers=headers).status_code != 403:
                opened.add((method, path))
    expected = {
        "ingest": set(),
        "decide": set(),
        "evaluate": {"/v1/audits", "/v1/audits/{id}", "/v1/corrections"},
        "admin": {"/v1/contacts/{key}"},
    }
    if scope == "read":
        assert {method for method, _ in opened} == {"get"}
        assert ("get", "/v1/opportunities") in opened
        assert ("get", "/v1/audits/{id}") not in opened
    else:
        assert {path for _, path in opened} == expected[scope]


def test_examples_are_what_they_are_examples_of() -> None:
    Verdict.model_validate(VERDICT)
    DecisionView.model_validate(DECISION)
    CorrectionBody.model_validate(CORRECTION)
    GivenRecord.model_validate(RECORD)
    for each in CHOICES.values():
        Choice.model_validate(each["value"])
    text = RECORD["activity"]["text"]
    for quote in VERDICT["evidence"]:
        assert text[quote["start"] : quote["end"]] == quote["quote"]
