"""Reads the stages of a CRM's pipelines: HubSpot's pipelines of deals, Pipedrive's stages.

Only the configured address is asked, over fixed paths; redirects are not followed; proxies of the
environment are not used; answers are bounded.  The token goes into a header and nowhere else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from auditor.errors import AuditorError
from auditor.intake.crm.events import word, yes

if TYPE_CHECKING:
    import httpx

SENDERS = ("hubspot", "pipedrive")
"""CRMs whose stages can be read."""
LONGEST_ANSWER = 5_000_000
"""Bytes of one answer."""
_MOST_PAGES = 20
_TIMEOUT = 10.0
_TRIES = 3
_LONGEST_WAIT = 10.0
_OK, _TOO_MANY, _SERVER_ERROR = 200, 429, 500
_LONGEST_PATIENCE = 3_650


class PipelineError(AuditorError):
    """A CRM's stages could not be read."""


@dataclass(frozen=True, slots=True)
class CrmStage:
    """A stage as a CRM has it."""

    id: str
    """The CRM's id."""
    name: str
    """As people see it."""
    pipeline: str
    """Name of its pipeline."""
    place: int
    """On the pipeline's way, from 0; closed stages left out."""
    last_place: int
    """Place of the pipeline's last stage."""
    probability: float | None
    """Chance to win that people gave it in the CRM, 0 to 1."""
    patience_days: int | None
    """Days without a change after which the CRM calls a deal rotten."""


class PipelineReader:
    """A CRM's API, as far as its pipelines are read."""

    def __init__(
        self,
        sender: str,
        token: str,
        address: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Makes a client.

        Args:
            sender: one of ``SENDERS``.
            token: access token of HubSpot's private app, or Pipedrive's API token.
            address: of the API, checked by the settings.
            sleep: waits between tries.
        """
        import httpx

        self._sender, self._sleep = sender, sleep
        is_hubspot = sender == "hubspot"
        self._name = "HubSpot" if is_hubspot else "Pipedrive"
        signed = {"Authorization": f"Bearer {token}"} if is_hubspot else {"x-api-token": token}
        self._client = httpx.Client(
            base_url=address,
            headers={"Accept": "application/json", **signed},
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def read(self) -> list[CrmStage]:
        """Reads the stages that deals stand in while they are open, pipeline by pipeline.

        Raises:
            PipelineError: the CRM did not answer, refused, or tells no such stage.
        """
        with self._client:
            told = self._hubspot() if self._sender == "hubspot" else self._pipedrive()
            found = [stage for stages in told for stage in _in_order(*stages)]
        if not found:
            raise PipelineError(
                f"{self._name} tells no stage of an open deal; make a pipeline there, or check "
                "what the token may read"
            )
        return found

    def _hubspot(self) -> Iterator[tuple[str, list[tuple[Any, CrmStage]]]]:
        answer = self._ask("/crm/v3/pipelines/deals")
        pipelines = [
            p for p in _objects(answer.get("results")) if yes(p.get("archived")) is not True
        ]
        for pipeline in sorted(pipelines, key=lambda p: _order(p.get("displayOrder"))):
            name = word(pipeline.get("label")) or word(pipeline.get("id")) or "?"
            stages = []
            for stage in _objects(pipeline.get("stages")):
                more = stage.get("metadata")
                told = more if isinstance(more, dict) else {}
                if yes(stage.get("archived")) is True or yes(told.get("isClosed")) is True:
                    continue
                chance = _share(told.get("probability"), 1)
                if made := _stage(stage, "label", name, chance, None):
                    stages.append((stage.get("displayOrder"), made))
            yield name, stages

    def _pipedrive(self) -> Iterator[tuple[str, list[tuple[Any, CrmStage]]]]:
        pipelines = [p for p in self._pages("/api/v2/pipelines") if not _is_gone(p)]
        stages = [s for s in self._pages("/api/v2/stages") if not _is_gone(s)]
        for pipeline in sorted(pipelines, key=lambda p: _order(p.get("order_nr"))):
            key = word(pipeline.get("id"))
            name = word(pipeline.get("name")) or key or "?"
            weighted = _first(pipeline, "is_deal_probability_enabled", "deal_probability")
            own = []
            for stage in stages:
                if word(stage.get("pipeline_id")) != key:
                    continue
                rots = yes(_first(stage, "is_deal_rot_enabled", "rotten_flag"))
                patience = _days(_first(stage, "days_to_rotten", "rotten_days")) if rots else None
                chance = _share(stage.get("deal_probability"), 100)
                chance = None if yes(weighted) is False else chance
                if made := _stage(stage, "name", name, chance, patience):
                    own.append((stage.get("order_nr"), made))
            yield name, own

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            more = f"&cursor={quote(cursor, safe='')}" if cursor else ""
            answer = self._ask(f"{path}?limit=500{more}")
            yield from _objects(answer.get("data"))
            additional = answer.get("additional_data")
            cursor = word(additional.get("next_cursor")) if isinstance(additional, dict) else None
            if not cursor:
                return
        raise PipelineError(f"{self._name} tells more pages of {path} than it can have")

    def _ask(self, path: str) -> dict[str, Any]:
        """Asks, again after a lost connection, 429 or 5xx."""
        import httpx

        problem = ""
        for left in reversed(range(_TRIES)):
            wait: float | None = None
            try:
                status, headers, content = self._send(path)
            except httpx.HTTPError as exc:
                problem = f"{self._name} can't be reached ({type(exc).__name__})"
            else:
                if status == _OK:
                    return self._read_object(content)
                if status != _TOO_MANY and status < _SERVER_ERROR:
                    raise PipelineError(_refused(self._sender, self._name, status))
                problem = f"{self._name} answered {status}"
                wait = _seconds(headers.get("retry-after"))
            pause = wait if wait is not None else 0.5 * 2 ** (_TRIES - 1 - left)
            if not left or pause > _LONGEST_WAIT:
                break
            self._sleep(pause)
        raise PipelineError(f"{problem}; run the command again later")

    def _send(self, path: str) -> tuple[int, httpx.Headers, bytes]:
        with self._client.stream("GET", path) as answer:
            held = bytearray()
            for chunk in answer.iter_bytes():
                held += chunk
                if len(held) > LONGEST_ANSWER:
                    raise PipelineError(
                        f"{self._name}'s answer is over {LONGEST_ANSWER:,} bytes; check api_url"
                    )
            return answer.status_code, answer.headers, bytes(held)

    def _read_object(self, content: bytes) -> dict[str, Any]:
        try:
            value = json.loads(content)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise PipelineError(f"{self._name}'s answer is no JSON object; check api_url")
        return value


def _refused(sender: str, name: str, status: int) -> str:
    where, scope = {
        "hubspot": ("webhooks.hubspot.token", " and its scope crm.objects.deals.read"),
        "pipedrive": ("write_back.pipedrive.token", ""),
    }[sender]
    return f"{name} refused with {status}; check {where}{scope}"


def _in_order(pipeline: str, stages: list[tuple[Any, CrmStage]]) -> list[CrmStage]:
    """A pipeline's stages from the first to the last."""
    ordered = [stage for _, stage in sorted(stages, key=lambda pair: _order(pair[0]))]
    return [
        CrmStage(s.id, s.name, pipeline, at, len(ordered) - 1, s.probability, s.patience_days)
        for at, s in enumerate(ordered)
    ]


def _stage(
    told: dict[str, Any],
    label: str,
    pipeline: str,
    probability: float | None,
    patience_days: int | None,
) -> CrmStage | None:
    identity, name = word(told.get("id")), word(told.get(label))
    if identity is None or name is None:
        return None
    return CrmStage(identity, name, pipeline, 0, 0, probability, patience_days)


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _first(told: dict[str, Any], *names: str) -> object:
    """The value of the first of the names that is told: version 2's, then version 1's."""
    return next((told[name] for name in names if told.get(name) is not None), None)


def _is_gone(told: dict[str, Any]) -> bool:
    inactive = yes(_first(told, "active_flag", "active")) is False
    return yes(told.get("is_deleted")) is True or inactive


def _order(value: object) -> float:
    found = _figure(value)
    return float("inf") if found is None else found


def _share(value: object, whole: float) -> float | None:
    found = _figure(value)
    return found / whole if found is not None and 0 <= found <= whole else None


def _days(value: object) -> int | None:
    found = _figure(value)
    return int(found) if found is not None and 1 <= found <= _LONGEST_PATIENCE else None


def _figure(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None


def _seconds(value: str | None) -> float | None:
    found = _figure(value)
    return None if found is None else max(0.0, found)
