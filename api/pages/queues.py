"""A rep's queue: cap, age, what may be released, and each opportunity in it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.pages.rendering import render
from api.v1.digests import queue_of
from api.v1.reading import App, Reader
from auditor.digest.words import money
from auditor.domain.flow import OpenDeal
from auditor.domain.flow.queues import AGE_STEPS
from auditor.health import release_answer

router = APIRouter()
_Rep = Annotated[str, Path(max_length=500)]


@router.get("/reps/{rep}")
def queue(request: Request, context: App, who: Reader, rep: _Rep) -> Response:
    """The page of a rep's queue."""
    view = queue_of(context, who, rep, None)
    answer = release_answer(view)
    steps = [f"{a} to {b - 1}" for a, b in pairwise(AGE_STEPS)]
    names = [*steps, f"{AGE_STEPS[-1]} on"]
    age = view.flow.age if view.flow else None
    return render(
        request,
        who,
        "queue",
        view=view,
        flow=view.flow,
        answer=answer,
        ages=list(zip(names, age.groups, strict=True)) if age else [],
        deals=[(deal, _value(deal)) for deal in view.deals],
        is_own=who.owner is not None,
    )


def _value(deal: OpenDeal) -> str:
    return "–" if deal.value is None else money(float(deal.value), deal.currency)
