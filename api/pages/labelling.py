"""Labelling, blind: an activity with its history, and what it shows; nobody's verdict is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.choices import failed_form, key_of
from api.pages.flashes import Flash
from api.pages.label_sheet import Filled, filled_from, make_label_sheet, read_given
from api.pages.rendering import FieldLists, Fields, go, render
from api.pages.words import label_words, reason_groups, reason_words
from api.problems import not_found
from api.security import Principal, needs, require_scopes
from api.v1.reading import App, Key, RequestId, caller_of, check_seen, limited
from auditor.access.roles import Scope
from auditor.domain.labelling import MAX_QUOTES
from auditor.domain.labels import REASONS_OF, Label
from auditor.errors import DecisionConflict, DecisionError
from auditor.jobs.labelling import (
    keep_label,
    label_lines,
    measure_pairs,
    person_of,
    read_for_label,
    undo_label,
)
from auditor.storage.activities import DueActivity
from auditor.storage.labels import LabelOrder, StoredLabel

router = APIRouter()
_Number = Annotated[str | None, Query(max_length=20)]
_Word = Annotated[str, Query(max_length=20)]
_OWN_SHOWN = 10
_APART_SHOWN = 50
ORDER_WORDS = {
    LabelOrder.UNSURE: "Least sure first",
    LabelOrder.CORRECTED: "Corrected labels",
    LabelOrder.SECOND: "Second pass",
}
"""What comes to be labelled."""


def _labeller(who: Annotated[Principal, Depends(needs())]) -> Principal:
    """Dependency: the caller, who may label.

    Raises:
        Problem: 401, 403 or 429.
    """
    if not who.may_label:
        require_scopes(who, Scope.READ, Scope.DECIDE)
    return who


Labeller = Annotated[Principal, Depends(_labeller)]
"""Whoever may label."""


@router.get("/labels")
def labels(
    request: Request,
    context: App,
    who: Labeller,
    order: _Word = LabelOrder.UNSURE.value,
    after: _Number = None,
    at: _Number = None,
    given: _Number = None,
    done: _Number = None,
) -> Response:
    """The next activity to label, or one that is named; changes nothing."""
    former = _own(context, who, key_of(given))
    saved = _own(context, who, key_of(done))
    flash = None
    if saved is not None and saved.stands:
        words = f"{label_words(saved.given.label)}: {reason_words(saved.given.reason)}."
        flash = Flash(f"Saved. {words}", f"/labels/given/{saved.key}/undo")
    return _show(
        request,
        context,
        who,
        _order(order),
        after=key_of(after),
        at=key_of(at),
        filled=filled_from(former.given) if former else None,
        flash=flash,
    )


@router.post("/labels/{key}")
def save(
    request: Request,
    context: App,
    who: Labeller,
    request_id: RequestId,
    key: Key,
    fields: Fields,
    lists: FieldLists,
) -> Response:
    """Keeps a label and goes to what comes next."""
    _seen(context, who, key)
    order, after = _order(fields.get("order", "")), key_of(fields.get("after"))
    try:
        given = read_given(fields, lists.get("reasons_ok", []))
        kept = keep_label(
            context.database, key, given, fields.get("input", ""), caller_of(who, request_id)
        )
    except DecisionError as exc:
        failed = failed_form("label", exc, fields)
        filled = Filled.of_fields(fields, lists.get("reasons_ok", []))
        stale = isinstance(exc, DecisionConflict)
        return _show(
            request,
            context,
            who,
            order,
            after=after,
            at=key,
            filled=filled,
            status=failed.status,
            wrong={failed.field: failed.message},
            stale=failed.message if stale else "",
        )
    if kept is None:
        raise not_found("activity")
    return go("/labels", "label", order=order, after=after, done=kept.key)


@router.post("/labels/given/{key}/undo")
def take_back(
    context: App, who: Labeller, request_id: RequestId, key: Key, fields: Fields
) -> Response:
    """Takes one's own label back and shows its activity again, the form filled in as it was."""
    undone = undo_label(context.database, key, caller_of(who, request_id))
    if undone is None:
        raise not_found("label")
    _seen(context, who, undone.activity_key)
    order, after = _order(fields.get("order", "")), key_of(fields.get("after"))
    return go("/labels", "label", order=order, after=after, at=undone.activity_key, given=key)


@router.get("/labels/agreement")
def agreement(request: Request, context: App, who: Labeller) -> Response:
    """Who labelled how many, and how far each two agree."""
    with context.database.read() as unit:
        found = unit.labels.standing(limited(who))
    people: dict[str, int] = {}
    for label in found:
        people[label.made_by] = people.get(label.made_by, 0) + 1
    return render(
        request,
        who,
        "label_agreement",
        people=sorted(people.items()),
        pairs=measure_pairs(found),
        person=person_of,
        shown=_APART_SHOWN,
    )


@router.get("/labels/set.jsonl")
def export(
    context: App, who: Labeller, by: Annotated[str | None, Query(max_length=320)] = None
) -> Response:
    """One person's labels as a labelled set in the codebook's format; the reader's own by default.

    Raises:
        Problem: 404 where they have labelled nothing that the reader may see.
    """
    actor = f"user:{by}" if by else who.actor
    with context.database.read() as unit:
        found = unit.labels.standing(limited(who), by=actor)
    if not found:
        raise not_found("label")
    lines = "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in label_lines(found))
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in person_of(actor))
    headers = {
        "Content-Disposition": f'attachment; filename="labels-{name}.jsonl"',
        "Cache-Control": "no-store",
    }
    return Response(lines, media_type="application/x-ndjson", headers=headers)


def _show(
    request: Request,
    context: Context,
    who: Principal,
    order: LabelOrder,
    *,
    after: int | None,
    at: int | None,
    filled: Filled | None = None,
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
    stale: str = "",
    flash: Flash | None = None,
) -> Response:
    """Sets the page: at one activity, else at the one that comes next in the order."""
    policy, wanted = context.policy.fingerprint, limited(who)
    with context.database.read() as unit:
        queue = unit.labels.queue(order, by=who.actor, policy=policy, wanted=wanted)
        key = at or unit.labels.upcoming(
            order, by=who.actor, policy=policy, wanted=wanted, after=after
        )
        own = unit.labels.standing(wanted, by=who.actor, latest=_OWN_SHOWN)[::-1]
    due = _seen(context, who, key) if key is not None else None
    return render(
        request,
        who,
        "labels",
        status=status,
        flash=flash,
        order=order,
        orders=ORDER_WORDS,
        after=after,
        key=key,
        sheet=make_label_sheet(due) if due else None,
        filled=filled or Filled(),
        wrong=wrong or {},
        stale=stale,
        queue=queue,
        own=own,
        numbers=range(1, MAX_QUOTES + 1),
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {
        "labels": list(Label),
        "reasons_of": REASONS_OF,
        "reason_groups": reason_groups(),
    }


def _order(text: str) -> LabelOrder:
    """The order of an address; the least sure first where it names none."""
    return LabelOrder(text) if text in set(LabelOrder) else LabelOrder.UNSURE


def _own(context: Context, who: Principal, key: int | None) -> StoredLabel | None:
    """A label of the reader's own."""
    if key is None:
        return None
    with context.database.read() as unit:
        found = unit.labels.get(key)
    return found if found is not None and found.made_by == who.actor else None


def _seen(context: Context, who: Principal, key: int) -> DueActivity:
    """An activity with its history, if the caller may see it.

    Raises:
        Problem: 404.
    """
    with context.database.read() as unit:
        found = unit.browsing.activity(key)
    due = read_for_label(context.database, key) if found else None
    if found is None or due is None:
        raise not_found("activity")
    check_seen(who, found.opportunity, "activity")
    return due
