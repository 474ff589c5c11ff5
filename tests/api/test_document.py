"""The OpenAPI document is valid, tells each route's problems, and is shown without scripts."""

from __future__ import annotations

import re

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.document.openapi import PROBLEM_SCHEMA


def test_the_document_is_of_version_3_1_with_both_ways_to_sign_in(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    schemes = told["components"]["securitySchemes"]
    assert schemes["key"]["scheme"] == "bearer"
    assert schemes["session"]["in"] == "cookie"
    assert told["components"]["schemas"]["Problem"] == PROBLEM_SCHEMA
    assert "HTTPValidationError" not in told["components"]["schemas"]


def test_every_route_tells_its_problems(app: FastAPI) -> None:
    for path, operations in app.openapi()["paths"].items():
        for method, told in operations.items():
            answers = told["responses"]
            expected = {"503", "default"}
            if "security" in told:
                expected |= {"401", "403", "429"}
            if "{" in path:
                expected |= {"404"}
            if "requestBody" in told:
                expected |= {"413", "422"}
            assert expected <= set(answers), f"{method} {path}"
            for status in expected:
                assert "application/problem+json" in answers[status]["content"], f"{method} {path}"


def test_operation_ids_are_names_and_differ(app: FastAPI) -> None:
    names = [o["operationId"] for each in app.openapi()["paths"].values() for o in each.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in names), names


def test_every_ref_leads_somewhere(app: FastAPI) -> None:
    document = app.openapi()
    for name in re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(document)):
        assert name in document["components"]["schemas"]


def test_the_page_shows_every_route_and_needs_nothing_from_elsewhere(
    app: FastAPI, client: TestClient
) -> None:
    page = client.get("/docs").text
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in page
    assert "<script" not in page
    assert "style=" not in page
    assert re.findall(r'(?:href|src)="(?!#|/)', page) == []
    assert client.get("/docs/style.css").headers["content-type"].startswith("text/css")
