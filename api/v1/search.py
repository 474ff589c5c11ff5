"""Search over notes by meaning, and notes that were copied."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.v1.reading import App, Reader, limited, searcher_of
from api.v1.views import CopiedNotes, CopiedText, SearchHit, SearchResult
from auditor.jobs.searching import Hit, Searcher
from auditor.storage.browsing import Wanted

router = APIRouter(prefix="/v1", tags=["search"])
_MOST_HITS = 100
_Index = Annotated[Searcher, Depends(searcher_of)]


@router.get("/search", name="notes")
def search(
    context: App,
    who: Reader,
    searcher: _Index,
    q: Annotated[
        str,
        Query(min_length=1, max_length=500, examples=["who is waiting for a budget?"]),
    ],
    team: Annotated[str | None, Query(max_length=500)] = None,
    owner: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_HITS)] = 20,
) -> SearchResult:
    """Notes that answer a question in plain words, with the sentence that answers best."""
    wanted = limited(who, team=team, owner=owner)
    found = searcher.search(q, wanted, limit=limit)
    return SearchResult(hits=[_hit(h) for h in found.hits], waiting=found.waiting)


@router.get("/copied-notes", name="copied_notes")
def copied_notes(
    context: App,
    who: Reader,
    searcher: _Index,
    at_least: Annotated[int, Query(ge=2, le=1_000)] = 3,
    limit: Annotated[int, Query(ge=1, le=_MOST_HITS)] = 20,
) -> CopiedNotes:
    """Notes that stand word for word on several opportunities, the most copied first."""
    wanted: Wanted = limited(who)
    rows: list[CopiedText] = []
    for note in searcher.copied_notes(at_least=at_least, limit=_MOST_HITS):
        copies = searcher.copies(note.first_activity, wanted, near=False)
        if copies.opportunities >= at_least and len(rows) < limit:
            rows.append(
                CopiedText(
                    text=copies.activities[0].activity.text,
                    opportunities=copies.opportunities,
                    activities=[a.key for a in copies.activities],
                )
            )
    return CopiedNotes(items=rows)


def _hit(hit: Hit) -> SearchHit:
    found, (start, end) = hit.found, hit.best
    deal = found.opportunity
    return SearchHit(
        score=hit.score,
        activity_key=found.key,
        opportunity_key=found.opportunity_key,
        opportunity=(deal.name or deal.id) if deal else None,
        owner=deal.owner if deal else None,
        occurred_at=found.activity.occurred_at,
        sentence=found.activity.text[start:end],
        start=start,
        end=end,
        marks=list(hit.marks),
    )
