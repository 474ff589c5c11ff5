"""The whole report: one computation that digest, page, API and command line show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from auditor.domain.flow.queues import FlowReport
from auditor.domain.health.estimates import Estimate
from auditor.domain.health.fallout import FalloutRow
from auditor.domain.health.forecast import Horizon
from auditor.domain.health.odds import StageOdds
from auditor.domain.health.pipeline import Clog, PipelineView
from auditor.domain.new_business import Ledgers


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose opportunities are counted; None is everybody's.  Case is ignored."""

    team: str | None = None
    """Only this team's."""
    rep: str | None = None
    """Only this rep's."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the data can tell."""

    open_count: int
    """Open opportunities."""
    closed_count: int
    """Closed ones in the period."""
    with_stage_history: int
    """Of both, those with any day on which a stage was entered."""
    observed_only: int
    """Of these, those of which only differences between imports tell it."""
    with_opening: int
    """Of both, those with an opening day."""
    snapshot_weeks: int
    """Weeks of which a snapshot of the pipeline is kept."""
    first_snapshot: date | None
    """Day of the first."""
    judged_open: int
    """Open ones with a judgement."""
    told_on: date | None
    """Day of the newest data."""
    words: tuple[str, ...] = ()
    """What can't be known from it, a sentence each."""


@dataclass(frozen=True, slots=True)
class StageCycle:
    """How long opportunities stay in a stage."""

    stage: str
    """Name in the CRM; empty for the whole way from opening to closing."""
    median: Estimate
    """Half have left it by then."""
    limit: Estimate
    """Nine in ten have left it by then: the 90th percentile."""
    still_in: int
    """In it on the day of the count (censored)."""


@dataclass(frozen=True, slots=True)
class SizeOfWins:
    """How large wins are, in one currency."""

    currency: str | None
    """ISO 4217 code; None where the CRM told none."""
    median: Estimate
    """Median, with the interval of its order statistics."""
    lower_quarter: float
    """A quarter is smaller."""
    upper_quarter: float
    """A quarter is larger."""
    mean: float
    """Mean; a few large ones may carry it."""
    lost_median: float | None
    """Median of the lost ones, to compare."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with the data, and what was done about it."""

    key: str
    """Short name; its records are asked for as ``flaw:KEY``."""
    words: str
    """What is wrong, and how it is counted."""
    count: int
    """How many records."""

    @property
    def records(self) -> str:
        """What to ask for to see them."""
        return f"flaw:{self.key}"


@dataclass(frozen=True, slots=True)
class Health:
    """The pipeline's health on a day."""

    as_of: date
    """The day."""
    since: date
    """First day of the closings counted."""
    scope: Scope
    """Whose."""
    knowledge: Knowledge
    """What the data can tell."""
    flow: FlowReport
    """Queues and work of the last week."""
    whole_cycle: StageCycle
    """From opening to closing."""
    cycles: tuple[StageCycle, ...]
    """By stage, in the pipeline's order."""
    whole_odds: StageOdds
    """Probability to close from opening on."""
    odds: tuple[StageOdds, ...]
    """By stage, in the pipeline's order."""
    sizes: tuple[SizeOfWins, ...]
    """By currency."""
    pipeline: PipelineView
    """The open pipeline as told."""
    honest: PipelineView
    """The same with what the docket would close taken out."""
    clogs: tuple[Clog, ...]
    """What clogs it."""
    clogs_untold: int
    """Open ones of which it can't be told."""
    forecast: tuple[Horizon, ...]
    """30, 60 and 90 days back."""
    fallout: Mapping[str, tuple[FalloutRow, ...]]
    """By dimension."""
    new_business: tuple[Ledgers, ...]
    """New business beside repeat revenue, of the period, by currency."""
    new_business_note: str
    """How it was counted."""
    flaws: tuple[Flaw, ...]
    """What is wrong with the data."""
