"""What was judged alike: corrections and shipped examples nearest to the note that decides."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.rendering import render
from api.v1.opportunities import seen_opportunity
from api.v1.reading import App, Key, Reader
from auditor.classify.precedents import JudgedRecord, Near, Precedents
from auditor.classify.protocol import Classifier
from auditor.digest.items import title_of
from auditor.jobs.learning import CorrectionReader, shipped_precedents
from auditor.reading.prepared import prepare
from auditor.storage.activities import DueActivity

router = APIRouter()
_SHOWN = 5
_NEAR_ENOUGH = 0.3


@dataclass
class _Known:
    """Judged records with their embeddings, made when first asked for."""

    corrections: Precedents
    shipped: Precedents
    of: object
    """The corrections that the first rest on; others make them anew."""


@router.get("/opportunities/{key}/precedents")
def precedents(request: Request, context: App, who: Reader, key: Key) -> Response:
    """Cases like this one, and how they were judged."""
    view = seen_opportunity(context, who, key)
    deciding = [a for a in view.activities if a.found.activity.id == view.item.standing.activity_id]
    due: DueActivity | None = None
    if deciding:
        with context.database.read() as unit:
            due = unit.browsing.record(deciding[0].found.key, history_limit=0)
    return render(
        request,
        who,
        "precedents",
        key=key,
        title=title_of(view.stored.opportunity),
        text=deciding[0].found.activity.text if deciding else "",
        rows=_nearest(request, context, due) if due else [],
    )


def _nearest(request: Request, context: Context, due: DueActivity) -> list[dict[str, object]]:
    """The nearest judged records that are like it at all, people's corrections first."""
    classifier: Classifier = getattr(context.classifier, "base", context.classifier)
    [opinion] = classifier.opine([prepare(due.record)])
    if not opinion.embedding:
        return []
    known = _known(request, context, classifier)
    own = known.corrections.nearest(opinion.embedding, k=_SHOWN)
    shipped = known.shipped.nearest(opinion.embedding, k=_SHOWN)
    rows = [_row(near, is_own=True) for near in own if near.similarity >= _NEAR_ENOUGH]
    rows += [_row(near, is_own=False) for near in shipped if near.similarity >= _NEAR_ENOUGH]
    return rows[:_SHOWN]


def _row(near: Near, *, is_own: bool) -> dict[str, object]:
    judged: JudgedRecord = near.judged
    return {
        "text": judged.prepared.text,
        "label": judged.label,
        "reason": judged.reason,
        "likeness": f"{max(0.0, near.similarity):.0%}",
        "is_own": is_own,
    }


_MAKING = Lock()


def _known(request: Request, context: Context, classifier: Classifier) -> _Known:
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "correction_reader"):
            state.correction_reader = CorrectionReader(context.database)
        corrections = state.correction_reader()
        known: _Known | None = getattr(state, "precedents", None)
        if known is None:
            known = _Known(
                Precedents(classifier, corrections), shipped_precedents(classifier), corrections
            )
        elif known.of is not corrections:
            known = _Known(Precedents(classifier, corrections), known.shipped, corrections)
        state.precedents = known
    return known
