"""The codebook's labelled records, as records to audit: the labels are ignored, the id is kept."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from auditor.domain.records import Activity, AuditRecord, PastActivity
from auditor.errors import RowError
from auditor.intake.dates import DateError, parse_when
from auditor.intake.encoding import without_lone_surrogates
from auditor.intake.sidecar import read_opportunity, with_known_sides
from auditor.intake.tables import Intake

_LONGEST_NAME = 100
"""Characters of a field's name in an error: an unknown field's is the sender's own."""


def is_record(value: object) -> bool:
    """Tells whether a JSON value has the shape of a record: an activity with a text in it."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("activity"), dict)
        and "text" in value["activity"]
    )


def read_record(value: dict[str, Any], *, file: str, line: int, intake: Intake) -> AuditRecord:
    """Reads one record.

    Raises:
        RowError: a part is missing or does not fit.
    """
    identity = str(
        value.get("id") or value["activity"].get("id") or f"{file.rpartition('/')[2]}:{line}"
    )
    told = value.get("opportunity")
    deal = dict(told) if isinstance(told, dict) else {}
    try:
        activity = _present(value["activity"], deal, intake)
        past = [_past(item, i, intake) for i, item in enumerate(value.get("history") or ())]
        return AuditRecord(
            opportunity=read_opportunity(
                {"next_activity_known": "next_activity" in activity, **deal}, identity
            ),
            activity=Activity(**_known(activity, Activity, intake, file) | {"id": identity}),
            history=tuple(
                PastActivity(**_known(item, PastActivity, intake, file))
                for item in past
                if not _is_itself(item, identity, intake, file)
            ),
        )
    except _PartError as exc:
        raise RowError(
            file=file,
            line=line,
            field=exc.field,
            problem=f"record {identity!r}: {exc}",
            mend=exc.mend,
        ) from exc
    except (ValidationError, TypeError) as exc:
        field, problem = _first_problem(exc)
        raise RowError(
            file=file,
            line=line,
            field=field,
            problem=f"record {identity!r}: {problem}",
            mend="write it as the codebook's labelled record",
        ) from exc


class _PartError(ValueError):
    """A part of a record that can't be used."""

    def __init__(self, field: str, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.field, self.mend = field, mend


def _present(told: dict[str, Any], deal: dict[str, Any], intake: Intake) -> dict[str, Any]:
    activity = dict(told)
    activity["occurred_at"] = _time(activity.get("occurred_at"), "activity.occurred_at")
    activity["text"] = _text(activity["text"], "activity.text", intake)
    if isinstance(activity.get("participants"), list):
        activity["participants"] = with_known_sides(activity["participants"])
    if not activity.get("opportunity_id"):
        activity["opportunity_id"] = str(deal["id"]) if deal.get("id") else None
    return activity


def _past(item: object, number: int, intake: Intake) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise _PartError(f"history[{number}]", "is no object", "give kind, occurred_at and text")
    past = dict(item)
    past["occurred_at"] = _time(past.get("occurred_at"), f"history[{number}].occurred_at")
    past["text"] = _text(past.get("text"), f"history[{number}].text", intake)
    return past


def _is_itself(item: dict[str, Any], identity: str, intake: Intake, file: str) -> bool:
    if item.get("id") != identity:
        return False
    intake.report.warn(file, f"record {identity!r} stands in its own history; it is left out there")
    return True


def _known(item: dict[str, Any], model: type[Any], intake: Intake, file: str) -> dict[str, Any]:
    unknown = sorted(set(item) - set(model.model_fields))
    if unknown:
        intake.report.warn(file, f"not known and passed over: {', '.join(unknown)}")
    return {key: value for key, value in item.items() if key in model.model_fields}


def _time(value: object, field: str) -> object:
    if not isinstance(value, str):
        raise _PartError(field, "is missing", "give a time such as 2026-03-02T10:15:00")
    try:
        return parse_when(value, None)
    except DateError as exc:
        raise _PartError(field, str(exc), "give a time such as 2026-03-02T10:15:00") from exc


def _text(value: object, field: str, intake: Intake) -> str:
    if not isinstance(value, str):
        raise _PartError(field, "is no text", "give the text in quotes")
    size = len(value.encode("utf-8", "replace"))
    if size > intake.options.max_text_bytes:
        mend = "raise --max-text-mb to take it"
        raise _PartError(field, f"holds a text of {size / 1e6:,.1f} MB", mend)
    if "\0" in value:
        raise _PartError(field, "holds a NUL character", "remove it from the text")
    return without_lone_surrogates(value)


def _first_problem(exc: ValidationError | TypeError) -> tuple[str | None, str]:
    if isinstance(exc, TypeError):
        return None, str(exc)
    first = exc.errors()[0]
    field = ".".join(str(part) for part in first["loc"])[:_LONGEST_NAME]
    return field, f"{first['msg']} (got {str(first.get('input'))[:60]!r})"
