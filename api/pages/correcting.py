"""Corrections of labels by form, and the list of those made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.context import Context
from api.pages.choices import checked, failed_form
from api.pages.flashes import correction_flash
from api.pages.opportunity import show_opportunity
from api.pages.rendering import Fields, go, render
from api.problems import not_found
from api.security import Principal
from api.v1.reading import App, Decider, Key, RequestId, caller_of, judging_of
from auditor.access.roles import Scope
from auditor.digest.items import title_of
from auditor.domain.decisions import LONGEST_COMMENT, LONGEST_QUOTE
from auditor.domain.labels import Label, Reason
from auditor.errors import DecisionError
from auditor.jobs.deciding import RightLabel, correct, undo_correction
from auditor.storage.browsing import FoundActivity

router = APIRouter()
_SHOWN = 200
_Number = Annotated[str | None, Query(max_length=20)]


class _Right(BaseModel):
    """What the form says is right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Label
    reason: Reason | None = None
    quote: str | None = Field(default=None, max_length=LONGEST_QUOTE)
    comment: str | None = Field(default=None, max_length=LONGEST_COMMENT)


@router.post("/verdicts/{key}/correct")
def correct_label(
    request: Request, context: App, who: Decider, request_id: RequestId, key: Key, fields: Fields
) -> Response:
    """Corrects or confirms the label of a verdict."""
    found = _activity_of(context, who, key)
    opportunity = found.opportunity_key or 0
    try:
        right = _read(fields)
        made = correct(
            context.database, key, right, caller_of(who, request_id), judging_of(context)
        )
    except DecisionError as exc:
        failed = failed_form(f"correct-{key}", exc, fields)
        return show_opportunity(request, context, who, opportunity, failed=failed)
    if made is None:
        raise not_found("verdict")
    context.wake()
    return go(f"/opportunities/{opportunity}", f"activity-{found.key}", corrected=made.key)


@router.post("/corrections/{key}/undo")
def take_back(
    context: App, who: Decider, request_id: RequestId, key: Key, fields: Fields
) -> Response:
    """Takes a correction back; twice is the same as once."""
    with context.database.read() as unit:
        correction = unit.corrections.get(key)
    if correction is None:
        raise not_found("correction")
    found = _activity_of(context, who, correction.verdict_key)
    undo_correction(context.database, key, caller_of(who, request_id))
    context.wake()
    if fields.get("list"):
        return go("/corrections", restored=key)
    return go(f"/opportunities/{found.opportunity_key}", f"activity-{found.key}", restored=key)


@router.get("/corrections")
def corrections(
    request: Request,
    context: App,
    who: Decider,
    corrected: _Number = None,
    restored: _Number = None,
) -> Response:
    """The corrections that stand, the latest first."""
    rows, more = [], 0
    with context.database.read() as unit:
        examples = [e for e in unit.corrections.labelled() if _is_seen(who, e.team, e.owner)]
        more = max(0, len(examples) - _SHOWN)
        shown = examples[::-1][:_SHOWN]
        keys = [e.correction.activity_key for e in shown]
        places = {a.key: a for a in unit.browsing.activities(keys)}
    for example in shown:
        place = places.get(example.correction.activity_key)
        deal = place.opportunity if place else None
        rows.append(
            {
                "correction": example.correction,
                "was": example.judged_label,
                "by": example.correction.made_by.partition(":")[2] or example.correction.made_by,
                "title": title_of(deal) if deal else "no opportunity",
                "href": f"/opportunities/{place.opportunity_key}#activity-{place.key}"
                if place and deal
                else None,
            }
        )
    return render(
        request,
        who,
        "corrections",
        flash=correction_flash(context, who, corrected=corrected, restored=restored),
        rows=rows,
        more=more,
        may_export=Scope.EVALUATE in who.scopes,
    )


def _is_seen(who: Principal, team: str | None, owner: str | None) -> bool:
    if who.owner is not None:
        return (owner or "").casefold() == who.owner.casefold()
    return who.teams is None or (team or "").casefold() in who.teams


def _read(fields: Mapping[str, str]) -> RightLabel:
    names = ("label", "reason", "quote", "comment")
    right = checked(_Right, {n: fields[n].strip() for n in names if fields.get(n, "").strip()})
    return RightLabel(right.label, right.reason, right.quote, right.comment)


def _activity_of(context: Context, who: Principal, verdict: int) -> FoundActivity:
    """The activity that a verdict is on, if the caller may see it.

    Raises:
        Problem: 404.
    """
    with context.database.read() as unit:
        stored = unit.browsing.verdict(verdict)
        found = unit.browsing.activity(stored.activity_key) if stored else None
    if found is None or found.opportunity is None or not who.may_see(found.opportunity):
        raise not_found("verdict")
    return found
