"""The digest as JSON, a piece at a time: it lists every open opportunity with its quotes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from auditor.digest.item_texts import ItemTexts
from auditor.digest.view import DigestView
from auditor.domain.docket import Docket
from auditor.domain.docket_items import DocketItem
from auditor.domain.rep_queues import RepQueue

_SMALL, _LARGE = 1e-4, 1e16
"""Between these all writers of JSON write a number alike."""


def json_parts(
    docket: Docket, view: DigestView, texts: ItemTexts, *, classifier: str, policy: str
) -> Iterator[str]:
    """The digest as data, in pieces: all open opportunities, queues, and the words shown.

    Args:
        docket: what it is about.
        view: what it says.
        texts: what ``item_json`` wrote of each of the docket's lines.
        classifier: name of the classifier.
        policy: fingerprint of the policy.
    """
    before = {
        "week": str(docket.week),
        "as_of": docket.as_of.isoformat(),
        "title": view.title,
        "summary": view.summary,
        "certainty": {"words": view.certainty, **asdict(docket.certainty)},
        "counts": {action.value: n for action, n in docket.counts().items()},
        "currency": docket.currency,
    }
    after = {
        "queues": [_queue_data(q) for q in docket.queues],
        "flow": [asdict(line) for line in view.flow],
        "classifier": classifier,
        "policy": policy,
    }
    yield f"{{{_members(before)},\n"
    chosen = (_ranked(item_json(item), item.rank) for item in docket.decisions)
    yield from _listed("decisions", chosen)
    yield from _listed("items", (_ranked(texts[line], line.rank) for line in docket.lines))
    yield f"{_members(after)[1:]}\n}}"


def item_json(item: DocketItem) -> str:
    """An item as a member of a list of the digest, but for its rank, which comes last."""
    opportunity, standing = item.opportunity, item.standing
    data = {
        "opportunity_id": opportunity.id,
        "name": opportunity.name,
        "account": opportunity.account,
        "rep": opportunity.owner,
        "team": opportunity.team,
        "stage": opportunity.stage,
        "value": float(opportunity.value) if opportunity.value is not None else None,
        "currency": opportunity.currency,
        "url": opportunity.url,
        "label": standing.label,
        "reason": standing.reason,
        "status": standing.status,
        "confidence": round(standing.confidence, 4),
        "clock_days": standing.clock_days,
        "clock_from": standing.clock_from,
        "roll_overs": standing.roll_overs,
        "unanswered": standing.unanswered,
        "no_shows": standing.no_shows,
        "parked_until": standing.parked_until,
        "next_activity": standing.pending,
        "next_activity_defects": standing.defects,
        "step": {"answers": standing.step_answers, "reason": standing.step_reason},
        "quotes": standing.quotes,
        "recommendation": item.recommendation,
        "if_nothing": item.if_nothing,
        "changed": item.changed,
    }
    return _object(data).removesuffix("\n}").replace("\n", "\n  ")


def _object(data: Mapping[str, Any]) -> str:
    """As ``json.dumps`` has it, in a third of the time."""
    numbers = (abs(n) for n in (data["value"], data["confidence"]) if n)
    if all(_SMALL <= n < _LARGE for n in numbers):
        try:
            return to_json(data, indent=1).decode()
        except PydanticSerializationError:
            pass  # half of a surrogate pair, which JSON can hold and UTF-8 can't
    plain = {name: _plain(value) for name, value in data.items()}
    return json.dumps(plain, ensure_ascii=False, indent=1)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return value.isoformat() if hasattr(value, "isoformat") else value


def _ranked(text: str, rank: float) -> str:
    return f'  {text},\n   "rank": {json.dumps(round(rank, 2))}\n  }}'


def _members(data: Mapping[str, Any]) -> str:
    """The members of an object as they stand in the document, without its braces."""
    return json.dumps(data, ensure_ascii=False, indent=1)[1:-2]


def _listed(name: str, texts: Iterable[str]) -> Iterator[str]:
    """A member of the document that is a list, with the comma after it."""
    opening, empty = f' "{name}": [\n', True
    for text in texts:
        yield (opening if empty else ",\n") + text
        empty = False
    yield f' "{name}": [],\n' if empty else "\n ],\n"


def _queue_data(queue: RepQueue) -> dict[str, Any]:
    return {**asdict(queue), "by_label": {k.value: v for k, v in queue.by_label.items()}}
