"""Makes the digest of one reader from what is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from auditor.digest.flow_lines import FlowLine, flow_lines
from auditor.digest.item_texts import ItemTexts
from auditor.digest.items import ShownBefore
from auditor.digest.links import Links
from auditor.digest.notes import RULED_WEEKS, Notes, Ruled
from auditor.digest.view import DigestView, make_view
from auditor.domain.docket import Docket, DocketItem
from auditor.domain.health import Scope
from auditor.domain.policy import Policy
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.health import compute_health, health_rules
from auditor.jobs.docketing import brief_docket
from auditor.settings import Settings
from auditor.storage import Database, StoredDigest, UnitOfWork
from auditor.storage.failures import JUDGE

OVER_BUDGET = "is used up"
"""How a verdict's warning says that the language model's budget was; see its ledger."""


class Made(NamedTuple):
    """A digest, made."""

    docket: Docket
    """What it is about."""
    view: DigestView
    """What it says."""
    teams: set[str]
    """Teams that have open opportunities that the reader may see."""
    shown: dict[str, Any]
    """What is kept of it, so that the next one can tell what is new."""


def make_digest(
    database: Database,
    settings: Settings,
    policy: Policy,
    *,
    week: Week,
    teams: Collection[str] | None = None,
    team: str | None = None,
    owner: str | None = None,
    last: StoredDigest | None = None,
    with_flow: bool = False,
    texts: Collection[ItemTexts] = (),
) -> Made:
    """Makes a digest.

    Args:
        database: where everything is.
        settings: how much is shown, the kinds of stage, and where the pages are.
        policy: whose findings count.
        week: the week it is about.
        teams: casefolded names of the teams that the reader may see; None for all.
        team: only this one of them; case is ignored.
        owner: only this rep's opportunities, shown to the rep without delay; None for all.
        last: the one that the reader got before, where there was one.
        with_flow: say how queues and pipeline stand, unless the settings leave it out. It is worked
            out from the past as well, so ask for it only where it is shown.
        texts: take what is written of each open opportunity, for the forms that list them all.

    Raises:
        StorageError: the database failed.
        ConfigurationError: the stages file can't be used.
    """

    def keep(item: DocketItem) -> None:
        for each in texts:
            each.add(item)

    docket, found = brief_docket(
        database,
        policy,
        week=week,
        shown=settings.decisions_shown,
        team=team,
        seen_teams=teams,
        owner=owner,
        stages=settings.stages(),
        coaching_days=0 if owner is not None else settings.coaching_days,
        on_item=keep,
    )
    before = read_shown(last)
    with database.read() as unit:
        notes = _notes(unit, policy, week, before)
    view = make_view(
        docket,
        classifier=policy.classifier,
        policy=policy.fingerprint,
        heading=team or _heading(teams, found),
        notes=notes,
        links=Links(settings.public_url),
    )
    if with_flow and settings.digest_flow and owner is None and docket.lines:
        lines = _flow(database, settings, policy, docket.as_of, teams=teams, team=team)
        page = Links(settings.public_url).team() if lines else None
        view = replace(view, flow=lines, team_page=page)
    return Made(docket, view, found, _shown(docket, view, before))


def _flow(
    database: Database,
    settings: Settings,
    policy: Policy,
    as_of: date,
    *,
    teams: Collection[str] | None,
    team: str | None,
) -> tuple[FlowLine, ...]:
    """Flow and health of the digest's day; the figures of the page, the API and the command."""
    rules = health_rules(settings, policy)
    scope = Scope(team=team)
    health = compute_health(database, rules, as_of=as_of, scope=scope, seen_teams=teams)
    return flow_lines(health, settings.teams)


def read_shown(digest: StoredDigest | None) -> dict[int, ShownBefore]:
    """What a digest asked for, by the opportunity's number; empty where it can't be told."""
    found = {}
    for item in (digest.shown or {}).get("items", ()) if digest is not None else ():
        try:
            since = Week.parse(str(item["since"]))
            found[int(item["key"])] = ShownBefore(str(item["action"]), since)
        except (KeyError, TypeError, ValueError, InputError):
            continue  # of another version
    return found


def _shown(docket: Docket, view: DigestView, before: Mapping[int, ShownBefore]) -> dict[str, Any]:
    items = []
    for item in docket.decisions:
        if item.key is None or item.decided_now:
            continue
        action = item.recommendation.action.value
        earlier = before.get(item.key)
        same = earlier is not None and earlier.action == action
        since = earlier.since if earlier is not None and same else docket.week
        items.append(
            {
                "key": item.key,
                "action": action,
                "label": item.standing.label and item.standing.label.value,
                "since": str(since),
            }
        )
    counts = {action.value: number for action, number in docket.counts().items()}
    return {"title": view.title, "counts": counts, "items": items}


def _notes(
    unit: UnitOfWork, policy: Policy, week: Week, before: Mapping[int, ShownBefore]
) -> Notes:
    now = datetime.now(UTC)
    since = now - timedelta(weeks=RULED_WEEKS)
    said, made = unit.corrections.rightness(since), unit.decisions.count_since(since)
    stood = made.decisions - made.disagreed  # a disagreement is a correction too
    counts = unit.failures.counts()
    first = datetime.combine(week.monday, time(), tzinfo=UTC)
    return Notes(
        ruled=Ruled(said.looked_at + stood, said.right + stood),
        not_judged=unit.activities.count_due(policy.fingerprint, at=now),
        over_budget=unit.verdicts.count_warned(
            policy.fingerprint, OVER_BUDGET, since=first, before=first + timedelta(8)
        ),
        failed=counts.get((JUDGE, "dead"), 0),
        shown_before=before,
    )


def _heading(teams: Collection[str] | None, found: set[str]) -> str:
    """The names of a reader's teams, where they are few."""
    if teams is None:
        return ""
    named = sorted(t for t in found if t.casefold() in teams)
    return " and ".join(named) if 0 < len(named) <= 2 else ""
