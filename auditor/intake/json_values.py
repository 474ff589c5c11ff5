"""The JSON forms of CRMs, brought to flat rows: envelopes taken off, nested values flattened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.intake.fields import TableKind
from auditor.intake.synonyms import ACTIVITY_NAMES, normal_name

_KIND_OF_TYPE = {
    "opportunity": TableKind.OPPORTUNITIES,
    "deal": TableKind.OPPORTUNITIES,
    "task": TableKind.ACTIVITIES,
    "event": TableKind.ACTIVITIES,
    "activity": TableKind.ACTIVITIES,
    "call": TableKind.ACTIVITIES,
    "note": TableKind.ACTIVITIES,
    "meeting": TableKind.ACTIVITIES,
    "email": TableKind.ACTIVITIES,
    "opportunityhistory": TableKind.STAGES,
    "opportunityfieldhistory": TableKind.STAGES,
    "dealchange": TableKind.STAGES,
}
_ID_PREFIXES = {
    "oppo_": TableKind.OPPORTUNITIES,
    "acti_": TableKind.ACTIVITIES,
    "task_": TableKind.ACTIVITIES,
}
_STRONG = frozenset(ACTIVITY_NAMES["text"][:19]) | {"text", "subject"}
_EVENT_KEYS = ({"subscriptionId", "objectId"}, {"affected_fields", "ids"}, {"changeType"})


def unwrap(value: dict[str, Any]) -> dict[str, Any]:
    """Takes the envelope off a CRM's object: Pipedrive, HubSpot, Close."""
    data = value.get("data")
    if isinstance(data, dict) and ("success" in value or "meta" in value or "previous" in value):
        return data
    event = value.get("event")
    if isinstance(event, dict) and isinstance(event.get("data"), dict):
        return dict(event["data"])
    properties = value.get("properties")
    if isinstance(properties, dict) and "id" in value:
        rest = {key: value[key] for key in ("associations", "url") if key in value}
        return {"id": value["id"], **properties, **rest}
    return value


def carries_ids_only(value: Mapping[str, Any]) -> bool:
    """Tells whether an object is a webhook's event that names a record without its content."""
    header = value.get("ChangeEventHeader")
    return isinstance(header, dict) or any(keys <= set(value) for keys in _EVENT_KEYS)


def told_kind(value: Mapping[str, Any], under: str | None) -> tuple[str, TableKind | None]:
    """Returns a name for the sort of an object, and what its rows are where that is told."""
    attributes = value.get("attributes")
    named = attributes.get("type") if isinstance(attributes, dict) else value.get("object")
    if isinstance(named, str):
        return named, _KIND_OF_TYPE.get(named.lower())
    if isinstance(identity := value.get("id"), str) and identity[:5] in _ID_PREFIXES:
        return identity[:5], _ID_PREFIXES[identity[:5]]
    for prefix in ("hs_call_", "hs_note_", "hs_task_", "hs_meeting_", "hs_email_"):
        if any(key.startswith(prefix) for key in value):
            return prefix, TableKind.ACTIVITIES
    if "dealstage" in value or "dealname" in value:
        return "deals", TableKind.OPPORTUNITIES
    if under and (kind := _KIND_OF_TYPE.get(under.removesuffix("s").replace("ie", "y"))):
        return under, kind
    if under in ("activities", "opportunities"):
        return under, TableKind(under)
    has_text = any(normal_name(key) in _STRONG for key in value)
    return "with text" if has_text else "without text", None


def flatten(value: Mapping[str, Any]) -> dict[str, str]:
    """Returns an object's plain values as text; ``{"a": {"b": 1}}`` becomes ``{"a.b": "1"}``."""
    flat: dict[str, str] = {}
    for key, item in value.items():
        if key == "attributes":
            continue
        if isinstance(item, dict):
            _flatten_inner(key, item, flat)
        elif (text := _plain(item)) is not None:
            flat[key] = text
    return flat


def _flatten_inner(key: str, item: Mapping[str, Any], flat: dict[str, str]) -> None:
    results = item.get("results")
    if isinstance(results, list):
        flat[key] = _joined_ids(results)
        return
    for inner, value in item.items():
        if isinstance(value, dict) and isinstance(value.get("results"), list):
            flat[f"{key}.{inner}"] = _joined_ids(value["results"])
        elif (text := _plain(value)) is not None:
            flat[f"{key}.{inner}"] = text


def _joined_ids(items: list[Any]) -> str:
    ids = (str(item["id"]) for item in items if isinstance(item, dict) and item.get("id"))
    return ";".join(dict.fromkeys(ids))


def _plain(value: object) -> str | None:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ";".join(str(item) for item in value)
    return None
