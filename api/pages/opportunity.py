"""One opportunity: what to decide, where it stands, and every note with its evidence in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.cards import make_card
from api.pages.choices import Failed
from api.pages.flashes import correction_flash, decision_flash
from api.pages.rendering import render
from api.pages.timeline import CopiedOn, make_entries
from api.pages.words import BECAME_WORDS, decision_words, defect_words, reason_groups
from api.security import Principal
from api.v1.opportunities import seen_opportunity
from api.v1.reading import App, Key, Reader, limited, searcher_of
from auditor.access.roles import Scope
from auditor.digest.words import money, web_address
from auditor.domain.labels import Label
from auditor.domain.standing import ClockStart, Standing
from auditor.jobs.docketing import OpportunityView
from auditor.jobs.searching import Searcher, text_hash

router = APIRouter()
_Number = Annotated[str | None, Query(max_length=20)]
_FEWEST_WORDS = 8
"""Shorter notes, such as "no answer again", are alike without being copied."""
_CLOCK_WORDS = {
    ClockStart.COMMITMENT: "since the buyer last committed to anything",
    ClockStart.OPENED: "open without a buyer commitment",
    ClockStart.FIRST_ACTIVITY: "on record without a buyer commitment",
    ClockStart.UNKNOWN: "nothing to count from",
}


@router.get("/opportunities/{key}")
def opportunity(
    request: Request,
    context: App,
    who: Reader,
    key: Key,
    searcher: Annotated[Searcher, Depends(searcher_of)],
    done: _Number = None,
    undone: _Number = None,
    corrected: _Number = None,
    restored: _Number = None,
) -> Response:
    """An opportunity's page."""
    flash = decision_flash(context, who, done=done, undone=undone) or correction_flash(
        context, who, corrected=corrected, restored=restored
    )
    return show_opportunity(request, context, who, key, flash=flash, searcher=searcher)


def show_opportunity(
    request: Request,
    context: Context,
    who: Principal,
    key: int,
    *,
    failed: Failed | None = None,
    searcher: Searcher | None = None,
    **frame: Any,
) -> Response:
    """Sets the page of an opportunity.

    Raises:
        Problem: 404 where there is none, or none that the reader may see.
    """
    view = seen_opportunity(context, who, key)
    today = context.settings.today()
    standing = view.item.standing
    deal = view.stored.opportunity
    value = money(float(deal.value), deal.currency) if deal.value is not None else None
    return render(
        request,
        who,
        "opportunity",
        status=failed.status if failed else 200,
        card=make_card(1, view.item, as_of=today, today=today),
        item=view.item,
        deal=deal,
        value=value,
        record=web_address(deal.url),
        standing=standing,
        defects=[defect_words(d) for d in standing.defects],
        clock_words=_CLOCK_WORDS[standing.clock_from],
        entries=make_entries(view.activities, standing, _copies(who, view, searcher)),
        history=_history(view),
        facts=_facts(standing),
        failed=failed,
        may_decide=Scope.DECIDE in who.scopes,
        is_open=deal.status == "open",
        today=today,
        loss_reasons=reason_groups((Label.IMPLICIT_LOSS,))[0][1],
        reason_groups=reason_groups(),
        labels=list(Label),
        **frame,
    )


def _copies(
    who: Principal, view: OpportunityView, searcher: Searcher | None
) -> dict[int, CopiedOn]:
    """On how many opportunities that the reader may see each note stands, or nearly the same."""
    if searcher is None:
        return {}
    wanted, found = limited(who), {}
    for each in view.activities:
        text = each.found.activity.text
        is_worded = len(text.split()) >= _FEWEST_WORDS
        copies = searcher.copies(each.found.key, wanted, near=is_worded)
        told = text_hash(text)
        exact = all(text_hash(a.activity.text) == told for a in copies.activities)
        found[each.found.key] = CopiedOn(copies.opportunities, exact)
    return found


def _history(view: OpportunityView) -> list[dict[str, Any]]:
    """What was decided, the latest first."""
    as_of = view.item.standing.as_of
    rows = [
        {
            "decision": decision,
            "words": decision_words(decision, as_of),
            "became": BECAME_WORDS[became.became] if became else "",
            "by": decision.made_by.partition(":")[2] or decision.made_by,
        }
        for decision, became in zip(view.decisions, view.became, strict=True)
    ]
    return rows[::-1]


def _facts(standing: Standing) -> Sequence[tuple[str, str, str]]:
    """The figures of the standing: name, figure, what it means."""
    clock = "–" if standing.clock_days is None else f"{standing.clock_days} days"
    patience = f"this stage allows {standing.patience_days}"
    rows = [
        ("Clock", clock, f"{_CLOCK_WORDS[standing.clock_from]}; {patience}"),
        ("Roll-overs", str(standing.roll_overs), "pending activity moved, nothing new said"),
        ("Unanswered", str(standing.unanswered), "attempts in a row"),
    ]
    if standing.no_shows:
        rows.append(("No-shows", str(standing.no_shows), "since the buyer was last heard"))
    if standing.days_in_stage is not None:
        rows.append(("In this stage", f"{standing.days_in_stage} days", "since it entered"))
    return rows
