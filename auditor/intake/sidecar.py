"""What is known about a transcript or note from outside its words.

A file beside it (``call.json``, ``call.meta.json`` or ``call.meta.toml`` beside ``call.vtt``) may
tell the opportunity, stage, time, participants and pending next activity; else the time is in the
file's name (``2026-03-04_…``), else it is the file's last change, with a warning.
"""

from __future__ import annotations

import json
import re
import tomllib
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from auditor.domain.records import (
    LONGEST_SECONDS,
    ActivityKind,
    NextActivity,
    Opportunity,
    Participant,
    side_of,
)
from auditor.errors import RowError
from auditor.intake.dates import parse_when
from auditor.intake.encoding import sound_value
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport
from auditor.intake.sources import SIDECAR_SUFFIXES, Source

_NAMED_DAY = re.compile(
    r"(?<!\d)(20\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[T _-]+([01]\d|2[0-3])[-_.:h]?([0-5]\d)(?:[-_.:]?[0-5]\d)?)?(?!\d)"
)


def _read_time(value: object) -> object:
    return parse_when(value, None) if isinstance(value, str) else value


class Sidecar(BaseModel):
    """What a file beside a transcript may tell; other keys are passed over with a warning."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = None
    """The recorder's id of the call."""
    opportunity: Opportunity | str | None = None
    """The opportunity, or its id."""
    opportunity_id: str | None = None
    """The same, by id."""
    stage: str | None = None
    """The opportunity's stage."""
    kind: ActivityKind | None = None
    """Kind of contact."""
    occurred_at: Annotated[datetime | None, BeforeValidator(_read_time)] = None
    """When it happened."""
    participants: tuple[Participant, ...] = ()
    """People on it, with their sides."""
    next_activity: NextActivity | None = None
    """The pending activity that it left."""
    owner: str | None = None
    """The rep."""
    subject: str | None = None
    """Its title."""
    duration_seconds: int | None = Field(default=None, ge=0, le=LONGEST_SECONDS)
    """Its length."""

    def as_opportunity(self) -> Opportunity | None:
        """Returns what it tells of the opportunity; None where it has no id."""
        deal = self.opportunity
        if not isinstance(deal, Opportunity):
            identity = deal or self.opportunity_id
            if not identity:
                return None
            deal = Opportunity(id=identity)
        if self.stage and not deal.stage:
            deal = Opportunity(**{**deal.model_dump(exclude_unset=True), "stage": self.stage})
        return deal


def read_sidecar(source: Source, report: IntakeReport) -> Sidecar:
    """Reads the file beside a source; an empty one where there is none.

    A sidecar that can't be read is a flaw: the transcript is kept without it.
    """
    for suffix in SIDECAR_SUFFIXES:
        name = source.stem + suffix
        if suffix == source.suffix or name == source.key.rpartition("/")[2]:
            continue
        content = source.sibling(name)
        if content is not None:
            return _parse(content, name, source, report)
    return Sidecar()


def _parse(content: bytes, name: str, source: Source, report: IntakeReport) -> Sidecar:
    try:
        text = content.decode("utf-8-sig")
        data: Any = tomllib.loads(text) if name.endswith(".toml") else sound_value(json.loads(text))
        if not isinstance(data, dict):
            raise ValueError("it must hold one object")
        unknown = sorted(set(data) - set(Sidecar.model_fields))
        if unknown:
            report.warn(source.name, f"{name}: not known and passed over: {', '.join(unknown)}")
        if isinstance(data.get("opportunity"), dict):
            data["opportunity"] = read_opportunity(data["opportunity"], source.stem)
        if isinstance(data.get("participants"), list):
            data["participants"] = with_known_sides(data["participants"])
        return Sidecar.model_validate(data)
    except (ValueError, RecursionError) as exc:
        report.flaw(
            RowError(
                file=source.name,
                line=None,
                field=name,
                problem=f"the file beside it can't be read ({_short(exc)})",
                mend="correct it; the transcript is taken without it",
            )
        )
        return Sidecar()


def read_opportunity(data: dict[str, Any], fallback_id: str) -> Opportunity:
    """Reads an opportunity in the auditor's own form; unknown keys are left out.

    Raises:
        ValueError: a value does not fit.
    """
    known = {key: value for key, value in data.items() if key in Opportunity.model_fields}
    known["id"] = str(known.get("id") or fallback_id)
    return Opportunity.model_validate(known)


def with_known_sides(participants: list[Any]) -> list[Any]:
    """Returns participants with their roles in the auditor's words; one not known is left open."""
    return [
        {**item, "role": side_of(str(item["role"] or ""))}
        if isinstance(item, dict) and "role" in item
        else item
        for item in participants
    ]


def find_time(
    source: Source,
    sidecar: Sidecar,
    told: datetime | None,
    intake: tuple[IntakeOptions, IntakeReport],
) -> datetime:
    """Returns when a recording or note happened, from the best that tells it."""
    options, report = intake
    named = time_in_name(source.stem)
    when = sidecar.occurred_at or told or named or options.undated_as
    if when is not None:
        return when
    if source.modified_at is not None:
        report.warn(
            source.name,
            "no date in it, in its name or beside it: the file's last change is taken; begin the "
            "name with a date such as 2026-03-04_",
        )
        return source.modified_at.replace(microsecond=0)
    report.warn(source.name, "no date is known: the present is taken; give --undated-as DAY")
    return datetime.now().replace(microsecond=0)


def time_in_name(stem: str) -> datetime | None:
    """Returns the date, and time where there is one, in a file's name."""
    match = _NAMED_DAY.search(stem)
    if not match:
        return None
    with suppress(ValueError):
        year, month, day, hour, minute = (int(group or 0) for group in match.groups())
        return datetime(year, month, day, hour, minute)
    return None


def _short(exc: BaseException) -> str:
    if isinstance(exc, ValidationError):
        first = exc.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(exc).split("\n")[0][:120]
