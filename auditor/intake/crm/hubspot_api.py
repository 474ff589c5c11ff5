"""Reads HubSpot's records: a hundred at a time, with their deals, owners and stages.

Only the configured address is asked, over a fixed set of paths; ids are digits; redirects are not
followed; proxies of the environment are not used; answers are bounded.  Nothing in an event can
send a request anywhere else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditorError
from auditor.intake.crm.events import word
from auditor.intake.crm.hubspot import PROPERTIES

if TYPE_CHECKING:
    import httpx

AT_ONCE = 100
"""Records of one batch read, the most that HubSpot takes."""
LONGEST_ANSWER = 20_000_000
"""Bytes of one answer."""
_TIMEOUT = 10.0
_TRIES = 3
_LONGEST_WAIT = 10.0
_KEPT_SECONDS = 3600.0
_TOO_MANY = 429
_SERVER_ERROR = 500
_MULTI_STATUS = 207
_OK = 200


class ReadBackError(AuditorError):
    """HubSpot's records could not be read just now."""

    def __init__(self, problem: str, *, retry_after: float | None = None) -> None:
        """Says what went wrong.

        Args:
            problem: what, and how to mend it.
            retry_after: seconds that HubSpot asks to wait.
        """
        self.retry_after = retry_after
        super().__init__(problem)


@dataclass
class _Kept:
    """What seldom changes, kept for an hour."""

    owners: dict[str, dict[str, str | None]] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    owners_at: float = float("-inf")
    stages_at: float = float("-inf")


class HubSpotApi:
    """HubSpot's API, as far as records are read."""

    def __init__(
        self,
        token: str,
        address: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes a client.

        Args:
            token: access token of the private app.
            address: of the API, checked by the settings.
            sleep: waits between tries.
            clock: tells how old kept answers are.
        """
        import httpx

        self._sleep, self._clock = sleep, clock
        self._kept = _Kept()
        self._client = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> HubSpotApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._client.close()

    def read(self, sort: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Reads records with the deals that they are on.

        Args:
            sort: ``deals``, ``tasks`` and so on.
            ids: HubSpot's ids, digits.

        Returns:
            By id: ``{type, id, updatedAt, archived, properties, deals, names}``; an id that is not
            there is gone in HubSpot.

        Raises:
            ReadBackError: HubSpot did not answer, or refused.
        """
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), AT_ONCE):
            part = list(ids[start : start + AT_ONCE])
            inputs = [{"id": identity} for identity in part]
            answer = self._ask(
                "POST",
                f"/crm/v3/objects/{sort}/batch/read",
                {"properties": list(PROPERTIES[sort]), "inputs": inputs},
            )
            deals = {} if sort == "deals" else self._deals(sort, inputs)
            for item in _results(answer):
                identity = word(item.get("id"))
                if identity is not None and identity in part:
                    found[identity] = self._record(sort, item, deals)
        return found

    def _deals(self, sort: str, inputs: list[dict[str, str]]) -> dict[str, list[str]]:
        """By record: ids of its deals, smallest first."""
        answer = self._ask(
            "POST", f"/crm/v4/associations/{sort}/deals/batch/read", {"inputs": inputs}
        )
        found: dict[str, list[str]] = {}
        for item in _results(answer):
            of = item.get("from")
            identity = word(of.get("id")) if isinstance(of, dict) else None
            to = item.get("to")
            ids = [
                deal
                for each in (to if isinstance(to, list) else [])
                if isinstance(each, dict) and (deal := word(each.get("toObjectId")))
            ]
            if identity:
                found[identity] = sorted(ids, key=lambda i: i.zfill(20))
        return found

    def _record(
        self, sort: str, item: dict[str, Any], deals: dict[str, list[str]]
    ) -> dict[str, Any]:
        properties = item.get("properties")
        told = properties if isinstance(properties, dict) else {}
        wanted = {name: told[name] for name in PROPERTIES[sort] if name in told}
        owner = self._owner(word(told.get("hubspot_owner_id")))
        names: dict[str, Any] = {name: value for name, value in owner.items() if value}
        if sort == "deals" and (stage := self._stages().get(word(told.get("dealstage")) or "")):
            names["stage"] = stage
        return {
            "type": sort,
            "id": word(item.get("id")),
            "updatedAt": word(item.get("updatedAt")),
            "archived": item.get("archived") is True,
            "properties": wanted,
            "deals": deals.get(word(item.get("id")) or "", []),
            "names": names,
        }

    def _owner(self, identity: str | None) -> dict[str, str | None]:
        if identity is None:
            return {}
        if self._clock() - self._kept.owners_at > _KEPT_SECONDS:
            self._kept.owners = {}
            self._kept.owners_at = self._clock()
            after: str | None = ""
            while after is not None:
                path = "/crm/v3/owners?limit=100" + (f"&after={after}" if after else "")
                answer = self._ask("GET", path, None, optional=True)
                for item in _results(answer):
                    if key := word(item.get("id")):
                        self._kept.owners[key] = _named(item)
                after = _next_page(answer)
        return self._kept.owners.get(identity, {})

    def _stages(self) -> dict[str, str]:
        if self._clock() - self._kept.stages_at > _KEPT_SECONDS:
            answer = self._ask("GET", "/crm/v3/pipelines/deals", None, optional=True)
            self._kept.stages = {
                key: label
                for pipeline in _results(answer)
                for stage in pipeline.get("stages") or []
                if isinstance(stage, dict)
                and (key := word(stage.get("id")))
                and (label := word(stage.get("label")))
            }
            self._kept.stages_at = self._clock()
        return self._kept.stages

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, *, optional: bool = False
    ) -> dict[str, Any]:
        """Asks, again after a lost connection, 429 or 5xx.

        Args:
            method: HTTP method.
            path: with its query.
            body: sent as JSON.
            optional: take a refusal for an empty answer: the app may lack that scope.
        """
        import httpx

        for left in reversed(range(_TRIES)):
            try:
                status, headers, content = self._send(method, path, body)
            except httpx.HTTPError as exc:
                problem, wait = f"HubSpot can't be reached ({type(exc).__name__})", None
            else:
                if status in (_OK, _MULTI_STATUS):
                    return _as_object(content)
                if status != _TOO_MANY and status < _SERVER_ERROR:
                    if optional:
                        return {}
                    raise ReadBackError(_refused(status, path))
                problem, wait = f"HubSpot answered {status}", _seconds(headers.get("retry-after"))
            pause = wait if wait is not None else 0.5 * 2 ** (_TRIES - 1 - left)
            if not left or pause > _LONGEST_WAIT:
                break
            self._sleep(pause)
        raise ReadBackError(f"{problem}; it is tried again", retry_after=wait)

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        with self._client.stream(method, path, json=body) as answer:
            held = bytearray()
            for chunk in answer.iter_bytes():
                held += chunk
                if len(held) > LONGEST_ANSWER:
                    raise ReadBackError("HubSpot's answer is too long; it is tried again")
            return answer.status_code, answer.headers, bytes(held)


def _refused(status: int, path: str) -> str:
    place = path.partition("?")[0]
    return (
        f"HubSpot refused {place} with {status}; check webhooks.hubspot.token and the scopes of "
        "the private app (crm.objects.deals.read, crm.objects.contacts.read and those of "
        "engagements), then: auditor events requeue"
    )


def _as_object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        raise ReadBackError("HubSpot's answer is no JSON; it is tried again") from None
    return value if isinstance(value, dict) else {}


def _results(answer: dict[str, Any]) -> list[dict[str, Any]]:
    results = answer.get("results")
    return [r for r in results if isinstance(r, dict)] if isinstance(results, list) else []


def _next_page(answer: dict[str, Any]) -> str | None:
    paging = answer.get("paging")
    after = paging.get("next", {}).get("after") if isinstance(paging, dict) else None
    text = word(after)
    return text if text and text.isalnum() else None


def _named(item: dict[str, Any]) -> dict[str, str | None]:
    name = " ".join(filter(None, (word(item.get("firstName")), word(item.get("lastName")))))
    teams = [t for t in item.get("teams") or [] if isinstance(t, dict)]
    teams.sort(key=lambda t: t.get("primary") is not True)
    team = word(teams[0].get("name")) if teams else None
    return {"owner": name or word(item.get("email")), "team": team}


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
