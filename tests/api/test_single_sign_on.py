"""People sign in by an OpenID Connect provider; a token that does not hold signs nobody in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey

from api.app import create_app
from auditor.access.people import change_person
from auditor.errors import ConfigurationError
from auditor.settings import Settings
from auditor.storage import Database
from tests.api.conftest import SOUTH
from tests.api.provider import ScriptedProvider

Go = Callable[..., str]


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    """A provider that works as it should, until a test says otherwise."""
    with ScriptedProvider() as made:
        yield made


@pytest.fixture
def client(
    provider: ScriptedProvider, settings: Settings, database: Database
) -> Iterator[TestClient]:
    """A browser of a service that the provider signs in to."""
    with_provider = settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_client_id": "auditor",
            "oidc_client_secret": Settings(oidc_client_secret="s3cret").oidc_client_secret,  # type: ignore[arg-type]
        }
    )
    app = create_app(with_provider, database)
    with TestClient(app, "http://localhost", follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def go(client: TestClient, provider: ScriptedProvider) -> Go:
    """Signs in; returns where the browser ends up."""

    def sign_in(next_page: str = "/", **claims: Any) -> str:
        off = client.get("/login/oidc", params={"next": next_page})
        assert off.status_code == 303
        return client.get(provider.authorize(off.headers["location"], **claims)).headers["location"]

    return sign_in


def test_a_known_person_is_signed_in_and_sent_on(
    go: Go, client: TestClient, provider: ScriptedProvider, database: Database
) -> None:
    assert go("/opportunities/4") == "/opportunities/4"
    assert client.get("/session").json()["actor"] == f"user:{SOUTH}"
    [form] = provider.exchanged
    assert form["authorization"].startswith("Basic ")
    with database.read() as unit:
        user = unit.users.by_email(SOUTH)
        actions = [e.action for e in unit.audit_log.latest(limit=2)]
    assert user is not None
    assert user.external_subject == f"{provider.issuer}|u-17"
    assert actions == ["login.done", "user.linked"]


def test_what_is_asked_for_carries_pkce_state_and_nonce(client: TestClient) -> None:
    off = client.get("/login/oidc")
    asked = parse_qs(urlsplit(off.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost/login/oidc/callback"]
    assert {"openid", "email"} <= set(asked["scope"][0].split())
    assert len(asked["state"][0]) >= 20
    assert len(asked["nonce"][0]) >= 20
    assert "HttpOnly" in off.headers["set-cookie"]


def test_later_the_provider_s_name_counts_and_not_the_address(go: Go, client: TestClient) -> None:
    go()
    client.cookies.clear()
    assert go(email="new-address@example.com", email_verified=None) == "/"
    assert client.get("/session").json()["actor"] == f"user:{SOUTH}"
    client.cookies.clear()
    assert go(sub="someone-else") == "/login?failed=unknown", "the address is taken"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "nobody@example.com"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
    ],
)
def test_who_is_not_known_by_a_verified_address_is_not_let_in(
    go: Go, client: TestClient, claims: dict[str, Any]
) -> None:
    assert go(**claims) == "/login?failed=unknown"
    assert client.get("/session").status_code == 401


def test_who_is_switched_off_is_not_let_in(go: Go, database: Database) -> None:
    change_person(database, SOUTH, {"is_active": False}, actor="test")
    assert go() == "/login?failed=unknown"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time.time()) - 3_600},
        {"sub": None},
        {"azp": "another", "aud": ["auditor", "another"]},
    ],
)
def test_a_token_that_does_not_hold_signs_nobody_in(
    go: Go, client: TestClient, claims: dict[str, Any]
) -> None:
    assert go(**claims) == "/login?failed=provider"
    assert client.get("/session").status_code == 401


def test_a_token_signed_with_another_key_signs_nobody_in(
    go: Go, provider: ScriptedProvider
) -> None:
    provider.key = ECKey.generate_key("P-256", {"kid": "one"})
    assert go() == "/login?failed=provider"


def test_new_keys_of_the_provider_are_fetched(go: Go, provider: ScriptedProvider) -> None:
    assert go() == "/"
    provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    provider.published = [provider.key]
    assert go() == "/"


def test_a_way_back_of_another_browser_or_a_second_time_is_refused(
    go: Go, client: TestClient, provider: ScriptedProvider
) -> None:
    off = client.get("/login/oidc").headers["location"]
    back = provider.authorize(off)
    cookie = client.cookies["auditor_oidc"]
    assert client.get(back.replace("state=", "state=x")).headers["location"].endswith("expired")
    client.cookies.clear()
    assert client.get(back).headers["location"] == "/login?failed=expired"
    for forged in ("", "x.y", cookie[:-1], "W10=." + cookie.split(".")[1]):
        client.cookies.set("auditor_oidc", forged, path="/login/oidc")
        assert client.get(back).headers["location"] == "/login?failed=expired"
    client.cookies.set("auditor_oidc", cookie, path="/login/oidc")
    assert client.get(back).headers["location"] == "/"
    client.cookies.set("auditor_oidc", cookie, path="/login/oidc")
    assert client.get(back).headers["location"] == "/login?failed=provider", "the code is used up"


def test_a_refusal_at_the_provider_leads_back_to_the_sign_in(client: TestClient) -> None:
    off = client.get("/login/oidc").headers["location"]
    state = parse_qs(urlsplit(off).query)["state"][0]
    back = client.get(f"/login/oidc/callback?error=access_denied&state={state}")
    assert back.headers["location"] == "/login?failed=provider"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_is_not_what_was_set_is_not_used(
    client: TestClient, provider: ScriptedProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert client.get("/login/oidc").headers["location"] == "/login?failed=provider"


def test_half_a_setting_is_refused_at_the_start(settings: Settings, database: Database) -> None:
    for half in ({"oidc_issuer": "https://id.example.com"}, {"oidc_client_id": "auditor"}):
        with pytest.raises(ConfigurationError, match="set both"):
            create_app(settings.model_copy(update=half), database)
    plain = {"oidc_issuer": "http://id.example.com", "oidc_client_id": "auditor"}
    with pytest.raises(ConfigurationError, match="not https"):
        create_app(settings.model_copy(update=plain), database)


def test_without_a_provider_there_is_no_such_route(settings: Settings, database: Database) -> None:
    assert TestClient(create_app(settings, database)).get("/login/oidc").status_code == 404
