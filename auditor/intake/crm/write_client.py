"""Sends requests to CRMs: to the configured address only, once each, with bounded answers.

A request that Salesforce refuses for an expired token was not done: it goes again with a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.intake.crm.salesforce_token import TokenRefused, access_token
from auditor.intake.crm.writing import CrmRequest
from auditor.write_back_settings import PipedriveTarget, SalesforceTarget, TargetSettings

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 15.0
_KEPT = 2_000
_LONGEST = 1_000_000
_EXPIRED = '"INVALID_SESSION_ID"'
"""Error code in Salesforce's 401 for a token that has expired or was revoked."""


@dataclass(frozen=True)
class Sent:
    """What came of a try."""

    status: int | None
    """Of the answer; None where there was none."""
    body: str = ""
    """Of the answer, shortened."""
    problem: str | None = None
    """What went wrong; None where it was done."""
    retry_after: float | None = None
    """Seconds that the CRM asks to wait."""
    is_final: bool = False
    """Whether a further try would do no better, or might do it twice."""

    @property
    def done(self) -> bool:
        """Whether the CRM did it."""
        return self.problem is None


class CrmWriter:
    """One CRM's API, as far as decisions are written to it."""

    def __init__(self, settings: TargetSettings) -> None:
        """Makes a client; nothing is sent yet."""
        import httpx

        self._token = settings.token.get_secret_value() if settings.token else ""
        self._is_bearer = not isinstance(settings, PipedriveTarget)
        renews = isinstance(settings, SalesforceTarget) and settings.renews
        self._renewing = access_token(settings) if renews else None
        self._address = settings.api_url
        self._client = httpx.Client(
            headers={"Accept": "application/json"},
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def send(self, request: CrmRequest) -> Sent:
        """Sends a request once; never raises for what the CRM or the network does."""
        if not request.url.startswith(f"{self._address}/"):
            problem = "it goes to another address than the settings name now; cancel it"
            return Sent(None, problem=problem, is_final=True)
        if self._renewing is None:
            return self._try(request, self._token)
        try:
            token = self._renewing.current()
            sent = self._try(request, token)
            if sent.status == 401 and _EXPIRED in sent.body:
                sent = self._try(request, self._renewing.renewed(token))
        except TokenRefused as exc:
            wait = _seconds(exc.retry_after)
            return Sent(None, problem=str(exc), retry_after=wait, is_final=exc.is_final)
        return sent

    def _try(self, request: CrmRequest, token: str) -> Sent:
        import httpx

        signed = {"Authorization": f"Bearer {token}"} if self._is_bearer else {"x-api-token": token}
        try:
            with self._client.stream(
                request.method, request.url, json=request.body, headers=signed
            ) as answer:
                held = bytearray()
                for chunk in answer.iter_bytes():
                    held += chunk
                    if len(held) > _LONGEST:
                        break
                return _judged(request, answer, bytes(held))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            return Sent(None, problem=f"it can't be reached ({type(exc).__name__})")
        except httpx.HTTPError as exc:
            return _unsure(request, f"the connection was lost ({type(exc).__name__})")


def _judged(request: CrmRequest, answer: httpx.Response, content: bytes) -> Sent:
    status = answer.status_code
    body = content.decode("utf-8", "replace")[:_KEPT]
    if 200 <= status < 300:
        return Sent(status, body)
    told = f"it answered {status}"
    if status == 429:
        return Sent(status, body, told, _seconds(answer.headers.get("retry-after")))
    if status >= 500:
        unsure = _unsure(request, told)
        return Sent(status, body, unsure.problem, None, unsure.is_final)
    return Sent(status, body, f"{told}; see its answer", is_final=True)


def _unsure(request: CrmRequest, told: str) -> Sent:
    """After a loss on the way nobody knows whether it was done; a second task must not come."""
    if request.may_be_repeated:
        return Sent(None, problem=told)
    problem = f"{told}: it may have been done; look in the CRM, then retry or cancel it"
    return Sent(None, problem=problem, is_final=True)


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
