"""What a lead router asks: a rep's queue today, and whether they may be given another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from auditor.domain.flow import (
    OpenDeal,
    ReleaseAnswer,
    RepFlow,
    TeamRules,
    build_flow,
    may_release,
    rules_for,
)
from auditor.health.asking import shortest_calls
from auditor.health.opens import open_deals
from auditor.health.people import same_name
from auditor.health.rules import HealthRules
from auditor.storage import Database
from auditor.storage.counting import Counted


@dataclass(frozen=True)
class RepQueueView:
    """One rep's queue on a day."""

    rep: str
    """As stored; as asked for where nothing is stored."""
    flow: RepFlow | None
    """Queue, ledger and work of the day; None where no opportunity names the rep."""
    deals: tuple[OpenDeal, ...]
    """Open opportunities, the oldest first, parked ones last."""
    rules: TeamRules
    """The team's."""
    told_on: date | None
    """Day of the newest data."""
    as_of: date
    """The day."""


def rep_queue(
    database: Database, rules: HealthRules, rep: str, *, as_of: date, reserved: int = 0
) -> RepQueueView:
    """Reads a rep's queue; the ledger is of the one day.

    Args:
        database: where it is.
        rules: policy, teams, stages.
        rep: whose; case is ignored.
        as_of: the day.
        reserved: released to the rep already, and not yet in the CRM.

    Raises:
        StorageError: the database failed.
    """
    with database.read() as unit:
        owners, teams = unit.health.people()
        own = same_name(owners, rep)
        told_on = unit.flow.told_on()
        if not own:
            return RepQueueView(rep, None, (), _rules_of_new(rules, rep), told_on, as_of)
        counted = Counted(as_of, as_of, own)
        deals = list(open_deals(unit, rules, as_of=as_of, since=as_of, owners=own))
        days = unit.flow.work(
            counted,
            since=as_of,
            policy=rules.policy.fingerprint,
            shortest=shortest_calls(rules, teams),
        )
    # Spellings that differ in case are one rep, with one queue.
    name = own[0]
    report = build_flow(
        [replace(d, rep=name) for d in deals],
        [replace(d, rep=name) for d in days],
        since=as_of,
        until=as_of,
        rules=rules.teams,
        reserved={name: reserved},
        also=(name,),
    )
    deals.sort(key=lambda d: (d.parked, -(d.age_days or 0)))
    flow = report.reps[0]
    return RepQueueView(name, flow, tuple(deals), rules_for(rules.teams, flow.team), told_on, as_of)


def _rules_of_new(rules: HealthRules, rep: str) -> TeamRules:
    """The rules of the team that names a rep who holds nothing yet; else the default's."""
    for own in rules.teams.values():
        if same_name((*own.reps, *own.rep_caps), rep):
            return own
    return rules_for(rules.teams, None)


def release_answer(view: RepQueueView, *, wanted: int = 1) -> ReleaseAnswer:
    """May the rep of this queue be given more?

    Args:
        view: the queue.
        wanted: how many.
    """
    ledger = view.flow.ledger if view.flow else None
    return may_release(
        view.rep, ledger, view.rules, wanted=wanted, told_on=view.told_on, as_of=view.as_of
    )
