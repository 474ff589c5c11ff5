"""Salesforce's access token: fetched and renewed at the configured address, held in memory only.

Client credentials or a refresh token, as the settings have it.  Requests that find the token
expired at the same time share one renewal, and its failure too.  No message and no log holds a
secret or anything of the token's answer but its error code.
"""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import Future
from functools import lru_cache

from auditor.errors import AuditorError
from auditor.write_back_settings import SalesforceTarget

_PATH = "/services/oauth2/token"
_TIMEOUT = 15.0
_LONGEST = 100_000
_TOKEN = re.compile(r"[\x21-\x7e]{1,8000}")
_CODE = re.compile(r"[a-z_]{1,40}")
_MEND = (
    "check client_id, client_secret, refresh_token and api_url of [write_back.salesforce], then: "
    "auditor outbox retry"
)
_PASSING = frozenset({408, 429})


class TokenRefused(AuditorError):
    """There is no access token just now, or none with these settings."""

    def __init__(
        self, problem: str, *, is_final: bool = False, retry_after: str | None = None
    ) -> None:
        """Says what went wrong.

        Args:
            problem: what, and how to mend it.
            is_final: whether a person must mend the settings.
            retry_after: the header of that name, as it came.
        """
        self.is_final, self.retry_after = is_final, retry_after
        super().__init__(problem)


class AccessToken:
    """The token of one Salesforce; safe for threads."""

    def __init__(self, settings: SalesforceTarget) -> None:
        """Starts with the token of the settings, where there is one; nothing is sent yet."""
        self._settings = settings
        self._lock = threading.Lock()
        self._token = settings.token.get_secret_value() if settings.token else None
        self._refresh_token = settings.refresh_token
        self._under_way: Future[str] | None = None

    def current(self) -> str:
        """The token, fetched where there is none yet.

        Raises:
            TokenRefused: there is none to be had.
        """
        with self._lock:
            held = self._token
        return held or self.renewed(None)

    def renewed(self, expired: str | None) -> str:
        """The token after the expired one: a renewal under way or done meanwhile is shared.

        Raises:
            TokenRefused: there is none to be had.
        """
        with self._lock:
            if self._token != expired and self._token:
                return self._token
            shared, mine = self._under_way, Future[str]()
            if shared is None:
                self._under_way = mine
        if shared is not None:
            return shared.result()
        try:
            mine.set_result(self._renew())
        except BaseException as exc:
            mine.set_exception(exc)
            raise
        finally:
            with self._lock:
                self._under_way = None
        return mine.result()

    def _renew(self) -> str:
        status, retry_after, told = _ask(f"{self._settings.api_url}{_PATH}", self._form())
        if status in _PASSING or status >= 500:
            problem = f"Salesforce answered {status} when asked for an access token"
            raise TokenRefused(problem, retry_after=retry_after)
        if status != 200:
            code = told.get("error")
            named = f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
            raise TokenRefused(
                f"Salesforce gives no access token ({status}{named}); {_MEND}", is_final=True
            )
        token, rotated = told.get("access_token"), told.get("refresh_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise TokenRefused(f"Salesforce's answer holds no access token; {_MEND}", is_final=True)
        with self._lock:
            self._token = token
            if self._refresh_token and isinstance(rotated, str) and rotated:
                self._refresh_token = type(self._refresh_token)(rotated)
        return token

    def _form(self) -> dict[str, str]:
        own = self._settings
        form = {"grant_type": "client_credentials", "client_id": own.client_id or ""}
        if self._refresh_token:
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = self._refresh_token.get_secret_value()
        if own.client_secret:
            form["client_secret"] = own.client_secret.get_secret_value()
        return form


@lru_cache(maxsize=8)
def access_token(settings: SalesforceTarget) -> AccessToken:
    """The process's token of a Salesforce, so that one renewal serves all runs and threads."""
    return AccessToken(settings)


def _ask(url: str, form: dict[str, str]) -> tuple[int, str | None, dict[str, object]]:
    """Status, Retry-After and the object that came back; empty where it is none."""
    import httpx

    held = bytearray()
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, data=form, headers={"Accept": "application/json"}) as answer,
        ):
            for chunk in answer.iter_bytes():
                held += chunk
                if len(held) > _LONGEST:
                    raise TokenRefused("Salesforce's answer with the access token is too long")
    except httpx.HTTPError as exc:
        # from None: its request holds the secrets
        raise TokenRefused(
            f"Salesforce can't be reached for an access token ({type(exc).__name__})"
        ) from None
    try:
        told = json.loads(held)
    except ValueError:
        told = None
    return (
        answer.status_code,
        answer.headers.get("retry-after"),
        told if isinstance(told, dict) else {},
    )
