"""Decisions on opportunities and corrections of verdicts: made, taken back, exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.context import Context
from api.problems import Problem, not_found
from api.security import Principal
from api.v1.examples import CHOICES, CORRECTION
from api.v1.filling import as_json, decision_view
from api.v1.idempotency import IdempotencyKey, Keep, asked, once, read_key, require_key
from api.v1.opportunities import seen_opportunity
from api.v1.reading import (
    App,
    Decider,
    Evaluator,
    Key,
    Reader,
    RequestId,
    caller_of,
    check_seen,
    judging_of,
)
from api.v1.views import CorrectionView, DecisionView
from auditor.domain.corrections import Correction
from auditor.domain.decisions import LONGEST_COMMENT, LONGEST_QUOTE, Choice, Decision, follow
from auditor.domain.labels import Label, Reason
from auditor.domain.records import Opportunity
from auditor.errors import DecisionConflict, DecisionError
from auditor.jobs.corrected_examples import labelled_line
from auditor.jobs.deciding import RightLabel, correct, decide, undo, undo_correction
from auditor.storage import UnitOfWork

router = APIRouter(prefix="/v1")
_UNFIT: dict[int | str, dict[str, Any]] = {
    409: {"description": "It does not fit what has happened meanwhile, or is under way."}
}


class CorrectionBody(BaseModel):
    """What is right of a verdict."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    label: Label
    """The right label; the verdict's own confirms it."""
    reason: Reason | None = None
    """The right reason, one of the label's."""
    quote: str | None = Field(default=None, max_length=LONGEST_QUOTE)
    """The words that decide, word for word from the activity's text."""
    comment: str | None = Field(default=None, max_length=LONGEST_COMMENT)
    """In your words."""


class ExportFormat(StrEnum):
    """Form of an export."""

    JSONL = "jsonl"


@router.post(
    "/opportunities/{key}/decisions",
    status_code=201,
    response_model=DecisionView,
    responses=_UNFIT,
    tags=["opportunities"],
    name="decide",
)
def make_decision(
    request: Request,
    context: App,
    who: Decider,
    request_id: RequestId,
    key: Key,
    choice: Annotated[Choice, Body(openapi_examples=CHOICES)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Decide: advance, close, park or disagree.

    Advance needs a step and a day; close a loss reason; park the buyer's event, quoted word for
    word, and its day; disagree the right label. Needs `Idempotency-Key`.
    """
    sent = require_key(idempotency_key)
    view = seen_opportunity(context, who, key)

    def work(keep: Keep) -> Response:
        made: list[Response] = []

        def answer(unit: UnitOfWork, decision: Decision) -> None:
            became = follow(decision, view.stored.opportunity, (), as_of=context.settings.today())
            headers = {"Location": f"/v1/opportunities/{key}/decisions/{decision.key}"}
            body = JSONResponse(as_json(decision_view(decision, became)), 201, headers)
            keep(unit, 201, headers, bytes(body.body).decode())
            made.append(body)

        with_problems(
            lambda: decide(
                context.database,
                key,
                choice,
                caller_of(who, request_id),
                judging_of(context),
                also=answer,
            )
        )
        if not made:
            raise not_found("opportunity")
        context.wake()
        return made[0]

    told = choice.model_dump(mode="json")
    return once(context.database, asked(request, who.actor, sent, told), work)


@router.get(
    "/opportunities/{key}/decisions/{decision}",
    response_model=DecisionView,
    tags=["opportunities"],
    name="decision",
)
def get_decision(context: App, who: Reader, key: Key, decision: Key) -> DecisionView:
    """One decision, with what became of it."""
    return _view(context, who, key, decision)


@router.delete(
    "/opportunities/{key}/decisions/{decision}",
    response_model=DecisionView,
    tags=["opportunities"],
    name="undo_decision",
)
def undo_decision(
    context: App, who: Decider, request_id: RequestId, key: Key, decision: Key
) -> DecisionView:
    """Take a decision back, with the correction that it made. Twice is the same as once."""
    _view(context, who, key, decision)
    undo(context.database, decision, caller_of(who, request_id))
    context.wake()
    return _view(context, who, key, decision)


def _view(context: Context, who: Principal, key: int, decision: int) -> DecisionView:
    view = seen_opportunity(context, who, key)
    for each, became in zip(view.decisions, view.became, strict=True):
        if each.key == decision:
            return decision_view(each, became)
    raise not_found("decision")


@router.post(
    "/verdicts/{key}/corrections",
    status_code=201,
    response_model=CorrectionView,
    responses=_UNFIT,
    tags=["activities"],
    name="correct",
)
def make_correction(
    request: Request,
    context: App,
    who: Decider,
    request_id: RequestId,
    key: Key,
    right: Annotated[CorrectionBody, Body(examples=[CORRECTION])],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Correct a verdict's label, or confirm it: it counts at once, and becomes an example."""
    _check_verdict(context, who, key)
    said = RightLabel(right.label, right.reason, right.quote, right.comment)

    def work(keep: Keep) -> Response:
        made: list[Response] = []

        def answer(unit: UnitOfWork, correction: Correction) -> None:
            headers = {"Location": f"/v1/corrections/{correction.key}"}
            body = JSONResponse(as_json(CorrectionView(correction=correction)), 201, headers)
            keep(unit, 201, headers, bytes(body.body).decode())
            made.append(body)

        caller, judging = caller_of(who, request_id), judging_of(context)
        with_problems(lambda: correct(context.database, key, said, caller, judging, also=answer))
        if not made:
            raise not_found("verdict")
        return made[0]

    sent = read_key(idempotency_key)
    if sent is None:
        return work(lambda _unit, _status, _headers, _body: None)
    told = right.model_dump(mode="json")
    return once(context.database, asked(request, who.actor, sent, told), work)


@router.delete(
    "/corrections/{key}",
    response_model=CorrectionView,
    tags=["activities"],
    name="undo_correction",
)
def take_correction_back(
    context: App, who: Decider, request_id: RequestId, key: Key
) -> CorrectionView:
    """Take a correction back. Twice is the same as once."""
    with context.database.read() as unit:
        found = unit.corrections.get(key)
    if found is None:
        raise not_found("correction")
    _check_verdict(context, who, found.verdict_key)
    undone = undo_correction(context.database, key, caller_of(who, request_id))
    return CorrectionView(correction=undone or found)


def _check_verdict(context: Context, who: Principal, key: int) -> None:
    with context.database.read() as unit:
        verdict = unit.browsing.verdict(key)
        found = unit.browsing.activity(verdict.activity_key) if verdict else None
    if found is None:
        raise not_found("verdict")
    check_seen(who, found.opportunity, "verdict")


@router.get(
    "/corrections",
    tags=["activities"],
    name="export_corrections",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A labelled record a line, in the codebook's format.",
            "content": {"application/jsonl": {"schema": {"type": "string"}}},
        }
    },
)
def export_corrections(
    context: App,
    who: Evaluator,
    format: ExportFormat = ExportFormat.JSONL,  # noqa: A002
) -> Response:
    """Corrections that stand, as a labelled set for `auditor eval` and `auditor train`."""

    def lines() -> Iterator[str]:
        with context.database.read() as unit:
            for example in unit.corrections.labelled():
                if who.may_see(Opportunity(id="-", team=example.team, owner=example.owner)):
                    yield json.dumps(labelled_line(example), ensure_ascii=False) + "\n"

    headers = {"Content-Disposition": f'attachment; filename="corrections.{format.value}"'}
    return StreamingResponse(lines(), headers=headers, media_type="application/jsonl")


def with_problems(work: Any) -> Any:
    """Does it; what can't be decided is told as a problem that names the field.

    Raises:
        Problem: 409 or 422.
    """
    try:
        return work()
    except DecisionConflict as exc:
        raise Problem(
            409,
            "decision-overtaken",
            "Decision that does not fit any more",
            str(exc),
            field=exc.field,
        ) from exc
    except DecisionError as exc:
        errors = [{"pointer": f"/body/{exc.field}", "detail": str(exc)}]
        raise Problem(
            422, "invalid-decision", "Decision that lacks something", str(exc), errors=errors
        ) from exc
