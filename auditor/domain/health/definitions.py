"""What each figure means, how it is computed, and where that comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure's definition."""

    name: str
    """As it is shown."""
    words: str
    """What it means, for a supervisor."""
    formula: str
    """How it is computed."""
    source: str = ""
    """Method or paper that it comes from."""


_FLOW = "Roff-Marsh, The Machine: supervised queues, release choked by a cap"
_METRICS = "Trailer's opportunity-management metrics"

DEFINITIONS: dict[str, Definition] = {
    "queue": Definition(
        "Queue",
        "Open opportunities that a rep has to work now. Parked ones, which wait for a dated buyer "
        "event, are left out.",
        "count of open - count of parked",
        _FLOW,
    ),
    "ledger": Definition(
        "May receive",
        "How many new opportunities a rep may be given: one out, one in, up to the cap.",
        "max(0, cap - queue - released and not yet in the CRM); the queue at the start is worked "
        "back: queue + closed + parked - received - returned",
        _FLOW,
    ),
    "order": Definition(
        "To order",
        "How many new opportunities marketing is asked for today.",
        "cap - queue where the queue is at or under its reorder level (cap - closed a day, unless "
        "set); else 0",
        "min-max replenishment",
    ),
    "conversation": Definition(
        "Selling conversations",
        "Two-way calls and meetings. Messages, unanswered calls, e-mails and calls too short to "
        "sell are not.",
        "activities of kind call or meeting whose text shows the buyer talking, and which are not "
        "known to be shorter than the team's shortest conversation; over Mondays to Fridays",
        _FLOW,
    ),
    "closed_a_day": Definition(
        "Closed a day",
        "Opportunities closed, won or lost, each working day. A no is worth as much as a yes.",
        "closed in the period / Mondays to Fridays in it",
        _FLOW,
    ),
    "hoarding": Definition(
        "Hoarding",
        "A queue that is kept rather than worked.",
        "queue >= 1.25 x the team's median or >= 80 % of the cap, and closed in the last 28 days "
        "< 25 % of the queue, and >= 40 % of the judged ones vague callbacks",
        _FLOW,
    ),
    "cycle": Definition(
        "Time in stage",
        "Half of the opportunities have left the stage by then, onwards or lost. Those still in it "
        "count for as long as they have been there, so a stage full of old ones looks old.",
        "Kaplan-Meier median of the days from entering to leaving; open ones censored; 95 % "
        "interval by the complementary log-log transformation",
        f"{_METRICS}; Kaplan and Meier, JASA 53 (1958)",
    ),
    "cycle_limit": Definition(
        "Nine in ten leave by",
        "Nine in ten opportunities have left the stage by then.",
        "Kaplan-Meier 90th percentile",
        "Kaplan and Meier, JASA 53 (1958)",
    ),
    "odds": Definition(
        "Probability to close",
        "Of those that have been in the stage so long, the share that is won in the end.",
        "won / (won + lost) of the Aalen-Johansen estimate from that age on, open ones censored; "
        "shrunk by 10 opportunities towards the age before (the first age: the whole pipeline); "
        "Wilson's 95 % interval at that n + 10",
        f"{_METRICS}; Aalen and Johansen, Scand. J. Statist. 5 (1978); Wilson, JASA 22 (1927)",
    ),
    "size": Definition(
        "Deal size",
        "Value of a typical win, and its middle half.",
        "median of won values, in one currency; 95 % interval by order statistics",
        _METRICS,
    ),
    "weighted": Definition(
        "Weighted pipeline",
        "What the open pipeline is worth on average.",
        "sum of value x probability to close at its stage and age; 95 % range as if each closed "
        "on its own: 1.96 x sqrt(sum of value² p (1 - p))",
        _METRICS,
    ),
    "percent_full": Definition(
        "Percent full",
        "Whether the pipeline holds enough for the quarter's target. Under 100 % it can't be met "
        "on average.",
        "weighted pipeline / (target of the quarter - won in it so far)",
        _METRICS,
    ),
    "brier": Definition(
        "Brier score",
        "How far the probabilities said then were off: 0 is perfect, 0.25 is a coin. It is worth "
        "something where it is under the score of saying the plain share of wins each time.",
        "mean of (probability - won)² over opportunities decided since",
        "Brier, Monthly Weather Review 78 (1950)",
    ),
    "kept": Definition(
        "Said and won",
        "Of those that reps said would close by now, the share won.",
        "won / said to close by the day of the count; Wilson's 95 % interval",
        _METRICS,
    ),
    "clog": Definition(
        "Clogs",
        "Open opportunities that have been in their stage longer than nine in ten, without a real "
        "next step.",
        "days in stage > Kaplan-Meier 90th percentile of the stage, not meaningful, not parked",
        _METRICS,
    ),
    "win_rate": Definition(
        "Win rate",
        "Of those closed, the share won.",
        "(won + 10 x rate of all) / (won + lost + 10); Wilson's 95 % interval at n + 10",
        _METRICS,
    ),
    "share_of_losses": Definition(
        "Share of losses",
        "Of all losses, the share with this reason, or from this stage.",
        "lost with the reason (or in the stage) / lost; Wilson's 95 % interval",
        _METRICS,
    ),
    "honest": Definition(
        "Honest pipeline",
        "The pipeline if the docket's recommendations were taken: what is in effect lost is out.",
        "open ones without those that the docket would close",
        "this auditor's docket",
    ),
    "new_business": Definition(
        "New business",
        "Value of the new accounts that qualified in the period. Never added to repeat revenue.",
        "sum over new accounts of a (1 - q^N) / (1 - q), q = ((1 - churn) / (1 + rate))^(1 / m), "
        "N = floor(m x horizon), for m transactions a year of the first one's amount a",
        "Roff-Marsh; present value of an annuity due",
    ),
    "repeat": Definition(
        "Repeat revenue",
        "Won in the period from accounts that were customers before; bought, where a file of "
        "transactions tells it.",
        "sum of won values, or amounts, of accounts that qualified earlier or whose lead source "
        "says so",
        "Roff-Marsh",
    ),
}
"""By key; every figure of the report names one."""
