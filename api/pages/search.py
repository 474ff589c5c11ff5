"""Search over notes by meaning, and notes that were copied."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.pages.marking import Mark, Piece, show_text
from api.pages.rendering import render
from api.pages.words import KIND_WORDS
from api.v1.reading import App, Reader, limited, searcher_of
from auditor.digest.items import title_of
from auditor.jobs.searching import Hit, Searcher
from auditor.storage.browsing import FoundActivity, Wanted

router = APIRouter()
_HITS, _COPIED, _COPIED_READ = 20, 10, 100
_AT_LEAST = 3
EXAMPLES = (
    "who is waiting for a budget?",
    "the contact has left",
    "they chose another supplier",
    "call back after the holidays",
)
"""Questions to begin with."""


@dataclass(frozen=True)
class Found:
    """A note that answers."""

    href: str
    """Its place on the opportunity's page."""
    title: str
    """The opportunity."""
    source: str
    """Kind and rep."""
    found: FoundActivity
    """The activity."""
    pieces: list[Piece]
    """Its text, the sentence and the words marked."""


@dataclass(frozen=True)
class CopiedNote:
    """A note that stands on several opportunities."""

    text: str
    """As first written."""
    number: int
    """On how many opportunities that the reader may see."""
    places: tuple[tuple[str, str], ...]
    """Address and title of each."""


@router.get("/search")
def search(
    request: Request,
    context: App,
    who: Reader,
    searcher: Annotated[Searcher, Depends(searcher_of)],
    q: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """The page of a search; without a question, the notes that were copied."""
    asked, wanted = " ".join(q.split()), limited(who)
    if asked:
        answer = searcher.search(asked, wanted, limit=_HITS)
        hits, waiting = [_found(h) for h in answer.hits], answer.waiting
    else:
        hits, waiting = [], 0
    return render(
        request,
        who,
        "search",
        q=asked,
        hits=hits,
        waiting=waiting,
        copied=[] if asked else _copied(searcher, wanted),
        examples=EXAMPLES,
    )


def _found(hit: Hit) -> Found:
    found, (start, end) = hit.found, hit.best
    activity, deal = found.activity, found.opportunity
    edges = [start, *(at for span in hit.marks for at in span), end]
    marks = [
        Mark(a, b, "word" if at % 2 else "hit")
        for at, (a, b) in enumerate(pairwise(edges))
        if b > a
    ]
    return Found(
        href=f"/opportunities/{found.opportunity_key}#activity-{found.key}"
        if found.opportunity_key
        else "",
        title=title_of(deal) if deal else "No opportunity",
        source=", ".join(filter(None, (KIND_WORDS[activity.kind], activity.owner))),
        found=found,
        pieces=_near(show_text(activity.text, marks, activity.format)),
    )


def _near(pieces: list[Piece], around: int = 160) -> list[Piece]:
    """The pieces with what stands far from any mark left out."""
    shown = []
    for at, piece in enumerate(pieces):
        words = piece.words
        if not piece.kind and len(words) > 2 * around:
            before = words[:around] + " … " if at else "… "
            after = words[-around:] if at < len(pieces) - 1 else ""
            words = before + after
        shown.append(Piece(words, piece.kind, piece.anchor))
    return shown


def _copied(searcher: Searcher, wanted: Wanted) -> list[CopiedNote]:
    rows: list[CopiedNote] = []
    for note in searcher.copied_notes(at_least=_AT_LEAST, limit=_COPIED_READ):
        copies = searcher.copies(note.first_activity, wanted, near=False)
        if copies.opportunities < _AT_LEAST or len(rows) == _COPIED:
            continue
        places = {
            a.opportunity_key: (
                f"/opportunities/{a.opportunity_key}#activity-{a.key}",
                title_of(a.opportunity),
            )
            for a in copies.activities
            if a.opportunity is not None
        }
        text = copies.activities[0].activity.text
        rows.append(CopiedNote(text, copies.opportunities, tuple(places.values())))
    return rows
