"""The docket: the week's decisions as cards; for a rep, own items before the supervisor's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.downloads import csv_file
from api.pages.cards import LINKS, Card, Made, made_lines, make_cards
from api.pages.choices import Failed, refuse_week
from api.pages.flashes import decision_flash
from api.pages.rendering import go, render
from api.pages.words import MEND_WORDS, defect_words, reason_groups
from api.problems import not_found
from api.security import Principal, needs, require_scopes
from api.v1.reading import App, Reader
from auditor.access.roles import Scope
from auditor.digest.item_texts import ItemTexts
from auditor.digest.tables import docket_csv, item_cells
from auditor.digest.view import DigestView, make_view
from auditor.domain.decisions import Decision
from auditor.domain.docket import Docket, DocketItem
from auditor.domain.labels import Label
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.jobs.digesting import make_digest
from auditor.jobs.docketing import stored_docket

router = APIRouter()
_Text = Annotated[str | None, Query(max_length=500)]
_Key = Annotated[str | None, Query(max_length=20)]


@dataclass(frozen=True)
class Asked:
    """Which docket."""

    week: Week
    """Of which week."""
    team: str | None = None
    """Of this team only."""

    @property
    def path(self) -> str:
        """Its page, without a query."""
        return f"/dockets/{self.week}"

    @property
    def csv(self) -> str:
        """Its items as a file."""
        return f"{self.path}/csv" + (f"?{urlencode({'team': self.team})}" if self.team else "")


@router.get("/")
def home(
    request: Request,
    context: App,
    who: Annotated[Principal, Depends(needs())],
    team: _Text = None,
    done: _Key = None,
    undone: _Key = None,
) -> Response:
    """The docket of the last whole week; a rep's own items; labelling for who reads no docket."""
    if Scope.READ not in who.scopes and who.may_label:
        return go("/labels")
    require_scopes(who, Scope.READ)
    week = Week.last_before(context.settings.today())
    return show_docket(request, context, who, Asked(week, team or None), done=done, undone=undone)


@router.get("/dockets/{week}")
def docket(
    request: Request,
    context: App,
    who: Reader,
    week: Annotated[str, Path(max_length=20)],
    team: _Text = None,
    done: _Key = None,
    undone: _Key = None,
) -> Response:
    """The docket of a week."""
    asked = Asked(read_week(week), team or None)
    return show_docket(request, context, who, asked, done=done, undone=undone)


@router.get("/dockets/{week}/csv")
def download(
    context: App, who: Reader, week: Annotated[str, Path(max_length=20)], team: _Text = None
) -> Response:
    """The items of a docket as CSV, of whoever reads it: what the API gives for `text/csv`."""
    asked = Asked(read_week(week), team or None)
    cells = ItemTexts(item_cells(asked.week))
    found = make_digest(
        context.database,
        context.settings,
        context.policy,
        week=asked.week,
        teams=who.teams,
        team=asked.team,
        owner=who.owner,
        texts=[cells],
    )
    if asked.team and not found.docket.lines:
        raise not_found("team")
    return csv_file(docket_csv(found.docket, cells), "docket", str(asked.week), asked.team)


def read_week(text: str) -> Week:
    """The week of an address.

    Raises:
        Problem: 404 where it is none.
    """
    try:
        week = Week.parse(text)
        _ = week.reading_day, week.before.before.monday
    except (InputError, ValueError, OverflowError):
        raise refuse_week(text) from None
    return week


def show_docket(
    request: Request,
    context: Context,
    who: Principal,
    asked: Asked,
    *,
    failed: Failed | None = None,
    done: str | None = None,
    undone: str | None = None,
) -> Response:
    """Sets the page of a docket, for whoever reads it."""
    if who.owner is not None:
        return _show_own(request, context, who, asked)
    settings = context.settings
    found = make_digest(
        context.database,
        settings.model_copy(update={"public_url": LINKS.base}),
        context.policy,
        week=asked.week,
        teams=who.teams,
        team=asked.team,
    )
    if asked.team and not found.docket.lines:
        raise not_found("team")
    made = _made(context, who, found.docket, asked.team)
    left = _left(found.docket, made, settings.decisions_shown)
    cards = make_cards(left, as_of=found.docket.as_of, today=settings.today(), first=len(made) + 1)
    return render(
        request,
        who,
        "docket",
        status=failed.status if failed else 200,
        flash=decision_flash(context, who, done=done, undone=undone),
        failed=failed,
        asked=asked,
        view=found.view,
        teams=sorted(found.teams) if len(found.teams) > 1 else [],
        cards=cards,
        made=made,
        total=len(made) + len(cards),
        may_decide=Scope.DECIDE in who.scopes,
        **_frame(context, asked),
    )


def _frame(context: Context, asked: Asked) -> dict[str, Any]:
    """What the forms and the links between weeks need."""
    now = Week.last_before(context.settings.today())
    after = Week.of(asked.week.reading_day)
    return {
        "today": context.settings.today(),
        "loss_reasons": reason_groups((Label.IMPLICIT_LOSS,))[0][1],
        "reason_groups": reason_groups(),
        "labels": list(Label),
        "is_current": asked.week == now,
        "before": asked.week.before,
        "after": after if after <= now else None,
    }


def _made(context: Context, who: Principal, docket: Docket, team: str | None) -> list[Made]:
    """What was decided on this docket, on whatever the reader sees."""
    with context.database.read() as unit:
        decisions: list[Decision] = unit.decisions.of_week(docket.week.monday)
        stored = unit.browsing.opportunities(sorted({d.opportunity_key for d in decisions}))
    seen = {
        s.key: s.opportunity
        for s in stored
        if who.may_see(s.opportunity)
        and (team or s.opportunity.team or "").casefold() == (s.opportunity.team or "").casefold()
    }
    return made_lines(decisions, seen, as_of=docket.as_of)


def _left(docket: Docket, made: Sequence[Made], shown: int) -> list[DocketItem]:
    """What is still to be decided: as many as make up the week's number."""
    decided = {m.decision.opportunity_key for m in made}
    left = [i for i in docket.decisions if i.key not in decided and not i.decided_now]
    return left[: max(0, shown - len(made))]


def _show_own(request: Request, context: Context, who: Principal, asked: Asked) -> Response:
    """A rep's items: those that nobody else sees yet, then those on the supervisor's docket."""
    settings, policy = context.settings, context.policy
    docket, _ = stored_docket(
        context.database,
        policy,
        week=asked.week,
        shown=settings.decisions_shown,
        owner=who.owner,
        stages=settings.stages(),
        coaching_days=settings.coaching_days,
    )
    held = [i for i in docket.items if i.held_until and i.is_open_question]
    as_of, today = docket.as_of, settings.today()
    view: DigestView = make_view(
        docket, classifier=policy.classifier, policy=policy.fingerprint, links=LINKS
    )
    return render(
        request,
        who,
        "own",
        asked=asked,
        view=view,
        held=_with_mends(make_cards(held, as_of=as_of, today=today), held),
        shown=_with_mends(make_cards(docket.decisions, as_of=as_of, today=today), docket.decisions),
        coaching_days=settings.coaching_days,
        **_frame(context, asked),
    )


def _with_mends(
    cards: Sequence[Card], items: Sequence[DocketItem]
) -> list[tuple[Card, list[tuple[str, str]]]]:
    """Each card with what is wrong with its pending activity and how to mend it."""
    return [
        (card, [(defect_words(d), MEND_WORDS[d]) for d in item.standing.defects])
        for card, item in zip(cards, items, strict=True)
    ]
