"""Speaks with an OpenID Connect provider: authorization code flow with PKCE, state and nonce.

The ID token's signature, issuer, audience, times and nonce are checked (OpenID Connect Core 1.0,
3.1.3.7).  Needs the extra ``oidc``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from auditor.errors import AuditorError, ConfigurationError
from auditor.settings import Settings

_SCOPE = "openid email profile"
_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "ES384", "ES512")
_TIMEOUT_SECONDS = 10
_LEEWAY_SECONDS = 60
_METADATA_SECONDS = 3_600
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ProviderError(AuditorError):
    """A provider that did not answer, or whose answer does not hold; the message is for the log."""


class Started(NamedTuple):
    """A sign-in that was sent to the provider."""

    url: str
    """Where the browser goes."""
    state: str
    """Comes back with it."""
    nonce: str
    """Stands in the ID token."""
    verifier: str
    """Proves that the code was asked for here (PKCE)."""


@dataclass(frozen=True)
class Identity:
    """Who the provider says that it is."""

    subject: str
    """Issuer and subject, which never change."""
    email: str | None
    """Address, in small letters; None where the provider has not verified it."""
    name: str
    """As the provider shows them."""


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        """Checks the settings; the provider is asked when someone signs in.

        Raises:
            ConfigurationError: something is missing.
        """
        if not settings.oidc_issuer or not settings.oidc_client_id:
            raise ConfigurationError(
                "AUDITOR_OIDC_ISSUER and AUDITOR_OIDC_CLIENT_ID belong together; set both"
            )
        try:
            import authlib  # noqa: F401 - told here and not when someone signs in
        except ImportError:
            raise ConfigurationError(
                'AUDITOR_OIDC_ISSUER needs the extra: pip install "call-notes-auditor[oidc]", '
                'or pip install ".[oidc]" in the source folder'
            ) from None
        secret = settings.oidc_client_secret
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._client_secret = secret.get_secret_value() if secret else None
        self._metadata: dict[str, Any] = {}
        self._good_until = 0.0
        self._lock = Lock()
        _require_safe(self._issuer, "AUDITOR_OIDC_ISSUER")

    def start(self, redirect_uri: str) -> Started:
        """Begins a sign-in.

        Raises:
            ProviderError: the provider does not answer.
        """
        from authlib.common.security import generate_token

        verifier, nonce = generate_token(64), generate_token(32)
        metadata = self._read_metadata()
        with self._client(redirect_uri) as client:
            url, state = client.create_authorization_url(
                metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Started(url, state, nonce, verifier)

    def finish(self, code: str, started: Started, redirect_uri: str) -> Identity:
        """Exchanges the code for an ID token and checks it.

        Raises:
            ProviderError: the provider refuses, or its token does not hold.
        """
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError

        metadata = self._read_metadata()
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=started.verifier,
                )
            claims = self._checked(token["id_token"], token.get("access_token"), started.nonce)
        except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError) as exc:
            raise ProviderError(f"{self._issuer}: {type(exc).__name__}") from exc
        email = claims.get("email") if claims.get("email_verified") is True else None
        return Identity(
            subject=f"{self._issuer}|{claims['sub']}",
            email=str(email).strip().lower() if email else None,
            name=str(claims.get("name") or email or claims["sub"]),
        )

    def _client(self, redirect_uri: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self._client_id,
            self._client_secret,
            scope=_SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
            timeout=_TIMEOUT_SECONDS,
        )

    def _checked(self, id_token: str, access_token: str | None, nonce: str) -> dict[str, Any]:
        """The claims of a token that holds."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jwk import KeySet

        def decode(*, fresh: bool) -> Any:
            keys = KeySet.import_key_set(self._keys(fresh=fresh))
            return jwt.decode(id_token, keys, algorithms=list(_ALGORITHMS))

        try:
            token = decode(fresh=False)
        except InvalidKeyIdError:  # the provider has new keys
            token = decode(fresh=True)
        options = {
            "iss": {"essential": True, "value": self._issuer_as_told()},
            "aud": {"essential": True, "value": self._client_id},
            "nonce": {"essential": True},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(leeway=_LEEWAY_SECONDS)
        return dict(claims)

    def _read_metadata(self) -> dict[str, Any]:
        """What the provider tells of itself, asked for once an hour.

        Raises:
            ProviderError: it does not answer, or is another one.
        """
        with self._lock:
            if time.monotonic() < self._good_until:
                return self._metadata
            told = _get(f"{self._issuer}/.well-known/openid-configuration")
            if str(told.get("issuer", "")).rstrip("/") != self._issuer:
                raise ProviderError(f"{self._issuer} calls itself {told.get('issuer')!r}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _require_safe(str(told.get(name)), name)
            self._metadata = told
            self._good_until = time.monotonic() + _METADATA_SECONDS
            return told

    def _issuer_as_told(self) -> str:
        """With or without a slash at the end, as its tokens have it."""
        return str(self._read_metadata()["issuer"])

    def _keys(self, *, fresh: bool) -> Any:
        metadata = self._read_metadata()
        if fresh or "jwks" not in metadata:
            metadata["jwks"] = _get(metadata["jwks_uri"])
        return metadata["jwks"]


def _get(url: str) -> dict[str, Any]:
    try:
        answer = httpx.get(url, timeout=_TIMEOUT_SECONDS).raise_for_status()
        told = answer.json()
    except (httpx.HTTPError, ValueError) as exc:
        raise ProviderError(f"{url} does not answer as it should: {type(exc).__name__}") from exc
    if not isinstance(told, dict):
        raise ProviderError(f"{url} does not answer as it should")
    return told


def _require_safe(url: str, name: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(f"{name} {url!r} is not https; secrets would go in clear")
