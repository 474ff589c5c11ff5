"""The way out of the digest: asked on GET, done on POST, by the signed link alone."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from auditor.digest.links import UNSUBSCRIBE_PURPOSE, Links, sign_unsubscribe
from tests.api.conftest import SOUTH


def _path(app: FastAPI, email: str = SOUTH) -> str:
    context = app.state.context
    with context.database.read() as unit:
        user = unit.users.by_email(email)
    key = context.secret.derive(UNSUBSCRIBE_PURPOSE)
    link = Links("https://auditor.example.com").unsubscribe(
        sign_unsubscribe(key, user.key, user.email)
    )
    assert link is not None
    return link.removeprefix("https://auditor.example.com")


def _is_on(app: FastAPI) -> bool:
    with app.state.context.database.read() as unit:
        user = unit.users.by_email(SOUTH)
    return bool(user.digest_on)


def test_opening_the_link_changes_nothing(app: FastAPI, client: TestClient) -> None:
    answer = client.get(_path(app))
    assert answer.status_code == 200
    assert _is_on(app)


def test_one_click_stops_it_without_a_sign_in_and_leaves_a_trace(
    app: FastAPI, client: TestClient
) -> None:
    for _ in range(2):
        answer = client.post(_path(app), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert not _is_on(app)
    with app.state.context.database.read() as unit:
        stopped = [e for e in unit.audit_log.latest() if e.action == "digest.stopped"]
    assert [e.subject for e in stopped] == [SOUTH]


@pytest.mark.parametrize(
    "change", [lambda p: p[:-1], lambda p: p + "x", lambda _: "/unsubscribe/1"]
)
def test_a_link_that_was_not_signed_does_nothing(
    app: FastAPI, client: TestClient, change: object
) -> None:
    path = change(_path(app))  # type: ignore[operator]
    assert client.post(path).status_code == 404
    assert client.post("/unsubscribe/2.AAAAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    assert _is_on(app)


def test_a_link_of_another_address_does_not_count(app: FastAPI, client: TestClient) -> None:
    path = _path(app)
    with app.state.context.database.begin() as unit:
        user = unit.users.by_email(SOUTH)
        unit.users.change(user.key, {"email": "moved@example.com"})
    assert client.post(path).status_code == 404
