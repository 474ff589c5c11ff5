"""Every route of the OpenAPI document, and every page, asks who calls; a new one is found here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from auditor.access.roles import SCOPES_OF, Role, Scope
from auditor.storage import Database
from tests.api.conftest import ADMIN, EVALUATOR, REP, SOUTH, MakeKey
from tests.storage.making import rows

Browser = Callable[[str], TestClient]
PEOPLE = {
    Role.ADMIN: ADMIN,
    Role.SUPERVISOR: SOUTH,
    Role.REP: REP,
    Role.EVALUATOR: EVALUATOR,
}
OPEN = re.compile(
    r"GET /(healthz|readyz|docs|docs/style\.css|openapi\.json)"
    r"|(GET|POST) /login|GET /login/oidc(/callback)?"
    r"|POST /v1/webhooks/.+"  # they are signed; tests/api/webhooks
    r"|(GET|POST) /unsubscribe/.+"  # the link's token is its own authority
    r"|GET /(favicon\.ico|manifest\.webmanifest|robots\.txt)"
)
"""Routes that ask for no key and no session, each on purpose."""
NARROWER = {"GET /metrics"}
"""Routes that ask for more than their scopes: here, all teams."""
NOBODYS = 987_654_321


class Route(NamedTuple):
    """One method of a path."""

    method: str
    path: str
    told: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scopes(self) -> set[str]:
        """That the document says it needs."""
        return {
            scope for each in self.told["security"] for names in each.values() for scope in names
        }


def _routes(app: FastAPI) -> Iterator[Route]:
    for path, operations in app.openapi()["paths"].items():
        for method, told in operations.items():
            yield Route(method.upper(), path, told)


def _hidden(app: FastAPI) -> Iterator[str]:
    """Pages and other routes that the document does not tell."""
    told = {route.name for route in _routes(app)}
    for context in iter_route_contexts(app.routes):
        for method in sorted(context.methods or ()):
            name = f"{method} {context.path}"
            if method != "HEAD" and name not in told:
                yield name


def _call(client: TestClient, route: Route, keys: Callable[[str, str], object]) -> int:
    """Asks with the document's own example; returns the status."""
    path = re.sub(r"{([^}:]+)[^}]*}", lambda m: str(keys(route.path, m[1])), route.path)
    body = _example(route.told, client)
    more = {"json": body} if body is not None else {}
    headers = {"Idempotency-Key": '"roles-1"'}
    return client.request(
        route.method, path, params=_query(route), headers=headers, **more
    ).status_code


def _query(route: Route) -> dict[str, str]:
    needed = [p for p in route.told.get("parameters", ()) if p["in"] == "query" and p["required"]]
    return {p["name"]: "budget" for p in needed}


def _example(told: dict[str, Any], client: TestClient) -> Any:
    content = told.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    if "examples" in content:
        return next(iter(content["examples"].values()))["value"]
    schema = content.get("schema", {})
    if "$ref" in schema and "examples" not in schema:
        document = client.app.openapi()  # type: ignore[attr-defined]
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return content.get("example") or (schema.get("examples") or [{}])[0]


def _nobodys(_path: str, name: str) -> object:
    return {"week": "2026-W10", "contact": "nobody@example.com"}.get(name, NOBODYS)


def test_every_route_is_protected_or_open_on_purpose(app: FastAPI, client: TestClient) -> None:
    for route in _routes(app):
        if OPEN.fullmatch(route.name):
            assert "security" not in route.told, route.name
            continue
        assert route.told.get("security"), f"{route.name}: give it Depends(needs(...))"
        assert _call(client, route, _nobodys) == 401, route.name


def test_every_page_sends_strangers_to_the_sign_in(app: FastAPI, client: TestClient) -> None:
    for name in _hidden(app):
        method, path = name.split(" ", 1)
        if OPEN.fullmatch(name) or path.startswith("/static"):
            continue
        filled = re.sub(r"{([^}:]+)[^}]*}", lambda m: str(_nobodys("", m[1])), path)
        answer = client.request(method, filled, headers={"Accept": "text/html"})
        to = answer.headers.get("location", "")
        assert answer.status_code == 401 or to.startswith("/login"), name


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_its_scopes_say_and_nothing_else(
    app: FastAPI, sign_in: Browser, role: Role
) -> None:
    client = sign_in(PEOPLE[role])
    for route in _routes(app):
        if OPEN.fullmatch(route.name) or route.path == "/logout":
            continue
        if role is Role.ADMIN and _is_tried_by_others(route):
            continue
        status = _call(client, route, _nobodys)
        if route.scopes <= set(SCOPES_OF[role]):
            refused = {401} if route.name in NARROWER else {401, 403}
            assert status not in refused, f"{role} {route.name}: {status}"
            assert status < 500, f"{role} {route.name}: {status}"
        else:
            assert status == 403, f"{role} {route.name}: {status}"


def _is_tried_by_others(route: Route) -> bool:
    others = (scopes for role, scopes in SCOPES_OF.items() if role is not Role.ADMIN)
    return any(route.scopes <= set(scopes) for scopes in others)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_with_one_scope_opens_nothing_that_needs_another(
    app: FastAPI, client: TestClient, make_key: MakeKey, scope: Scope
) -> None:
    client.headers["Authorization"] = f"Bearer {make_key(scope)}"
    for route in _routes(app):
        if not OPEN.fullmatch(route.name) and not route.scopes <= {scope}:
            status = _call(client, route, _nobodys)
            assert status == 403, f"{scope} {route.name}: {status}"


def test_what_is_of_another_team_or_rep_is_answered_as_if_it_did_not_exist(
    app: FastAPI, sign_in: Browser, make_key: MakeKey, client: TestClient, database: Database
) -> None:
    keys = _foreign_keys(database)

    def foreign(path: str, name: str) -> object:
        kind = path.removeprefix("/v1/").split("/")[0]
        return keys.get(kind, _nobodys(path, name))

    limited = TestClient(app, "http://localhost")
    limited.headers["Authorization"] = f"Bearer {make_key(*Scope, teams=['no such team'])}"
    callers = {
        "supervisor": (sign_in(SOUTH), set(SCOPES_OF[Role.SUPERVISOR])),
        "rep": (sign_in(REP), set(SCOPES_OF[Role.REP])),
        "key": (limited, set(Scope)),
    }
    admin = sign_in(ADMIN)
    tried = 0
    for route in _routes(app):
        kind = route.path.removeprefix("/v1/").split("/")[0]
        if kind not in keys or "{" not in route.path:
            continue
        for who, (caller, scopes) in callers.items():
            if route.scopes <= scopes:
                tried += 1
                assert _call(caller, route, foreign) == 404, f"{who} {route.name}"
        if route.method == "GET" and route.path.count("{") == 1:  # they are there for others
            assert _call(admin, route, foreign) == 200, route.name
    assert tried or not any(r.path.startswith("/v1/opportunities") for r in _routes(app))


def _foreign_keys(database: Database) -> dict[str, int]:
    """Keys of things that neither the supervisor nor the rep of these tests may see."""
    assert database.file is not None
    url = f"sqlite:///{database.file}"
    [found] = rows(
        url,
        "SELECT o.key AS opportunities, a.key AS activities, v.key AS verdicts "
        "FROM opportunities o JOIN activities a ON a.opportunity_key = o.key "
        "JOIN verdicts v ON v.activity_key = a.key WHERE o.status = 'open' AND o.team NOT IN "
        "(SELECT json_extract(teams, '$[0]') FROM users WHERE role = 'supervisor') "
        "AND o.owner NOT IN (SELECT owner FROM users WHERE role = 'rep') LIMIT 1",
    )
    return found
