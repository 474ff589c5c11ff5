"""What the routes answer: the models that the OpenAPI document tells; ``filling`` fills them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.v1.examples import DECISION, VERDICT
from auditor.domain.corrections import Correction
from auditor.domain.decisions import Became, Decision, Followed
from auditor.domain.records import Activity, Opportunity
from auditor.domain.standing import Standing
from auditor.domain.verdict import Recommendation, Verdict


class View(BaseModel):
    """Common ground of the answers."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


ToldTime = Annotated[
    datetime,
    WithJsonSchema(
        {
            "type": "string",
            "description": "ISO 8601; without an offset where the source told none.",
            "examples": ["2026-03-02T10:15:00"],
        }
    ),
]
"""A time as the source told it."""


class LoggedActivity(Activity):
    """What a rep logged, with the pending activity that it left."""

    occurred_at: ToldTime
    """When it happened or was logged."""


class VerdictLine(Verdict):
    """A verdict, exactly as ``auditor audit`` writes it a line."""

    model_config = ConfigDict(json_schema_extra={"examples": [VERDICT]})


class AuditAnswer(View):
    """Verdicts, in the order of the records."""

    verdicts: list[VerdictLine]
    """One a record."""


class AuditTicket(View):
    """A judging that takes longer."""

    id: str
    """Its name."""
    status: str
    """``running`` or ``failed``."""
    detail: str | None = None
    """Why it failed."""


class DecisionView(View):
    """A decision, with what became of it."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_extra={"examples": [DECISION]}
    )

    decision: Decision
    """As made; one that was taken back is marked."""
    became: Became | None
    """What became of it; null where it was taken back."""


class CorrectionView(View):
    """A correction."""

    correction: Correction
    """As made; one that was taken back is marked."""


class OpportunityRow(View):
    """An opportunity with its standing."""

    key: int
    """The auditor's number for it, as in addresses."""
    source: str
    """The CRM or export that its id is of."""
    opportunity: Opportunity
    """As the source tells it."""
    standing: Standing
    """What its history adds up to: label, clock, roll-overs, evidence, the pending activity."""
    recommendation: Recommendation
    """What to do."""
    if_nothing: str
    """What happens if nothing is decided."""
    changed: str | None
    """What changed since the week before."""
    decided: Followed | None
    """The decision in force, with what became of it."""


class OpportunityPage(View):
    """Some opportunities, by key."""

    items: list[OpportunityRow]
    """May be fewer than asked for, even none, where filters left many out."""
    next: str | None
    """Cursor of the next page; null at the end."""


class VerdictView(View):
    """A verdict as stored."""

    key: int
    """The auditor's number for it, as in addresses."""
    activity_key: int
    """The activity judged."""
    judged_at: datetime
    """When."""
    is_current: bool
    """Whether it rests on what is now known, under the policy of now."""
    verdict: VerdictLine
    """As judged; corrections are told beside it."""
    corrections: list[Correction] = []
    """Of the same activity, oldest first."""


class VerdictPage(View):
    """Verdicts of all policies, newest first."""

    items: list[VerdictView]
    """Some of them."""
    next: str | None
    """Cursor of the next page; null at the end."""


class ActivityRow(View):
    """An activity with the verdict that counts."""

    key: int
    """The auditor's number for it, as in addresses."""
    source: str
    """The CRM or export that its id is of."""
    activity: LoggedActivity
    """With its raw text; evidence spans are code points of it."""
    verdict_key: int | None
    """To correct it by; null until it is judged."""
    verdict: VerdictLine | None
    """As corrected, where a supervisor corrected it."""
    correction: Correction | None
    """The correction that counts."""


class CopiedTo(View):
    """Where else a note stands, word for word or nearly."""

    opportunities: int
    """On how many opportunities that you may see, this one included."""
    activities: list[int]
    """Keys of the activities, this one included."""


class ActivityPage(View):
    """An activity with all that is known of it."""

    activity: ActivityRow
    """The activity, its verdict and evidence."""
    opportunity_key: int | None
    """The opportunity that it is on."""
    opportunity: Opportunity | None
    """The same."""
    copies: CopiedTo | None = None
    """Where it was copied to; null where it was not, or is not in the index yet."""


class OpportunityDetail(View):
    """An opportunity with all that hangs on it."""

    summary: OpportunityRow
    """Standing, recommendation, decision in force."""
    activities: list[ActivityRow]
    """Oldest first."""
    decisions: list[DecisionView]
    """Oldest first, those taken back included."""


class SearchHit(View):
    """A note that answers."""

    score: float
    """Nearness in meaning and words; comparable within one answer only."""
    activity_key: int
    """The activity."""
    opportunity_key: int | None
    """Its opportunity."""
    opportunity: str | None
    """The opportunity's name."""
    owner: str | None
    """Its rep."""
    occurred_at: ToldTime
    """When it happened."""
    sentence: str
    """The sentence that answers best, verbatim."""
    start: int
    """Its first code point in the raw text."""
    end: int
    """One past its last."""
    marks: list[tuple[int, int]]
    """Spans of the query's words in the raw text."""


class SearchResult(View):
    """The outcome of a search."""

    hits: list[SearchHit]
    """The nearest first."""
    waiting: int
    """Notes that are not in the index yet."""


class CopiedText(View):
    """A note that was copied."""

    text: str
    """The raw text of the first of them."""
    opportunities: int
    """On how many opportunities that you may see."""
    activities: list[int]
    """Keys of the activities that hold it."""


class CopiedNotes(View):
    """Notes that were copied."""

    items: list[CopiedText]
    """The most copied first."""


class ErasureView(View):
    """What an erasure reached."""

    erased: dict[str, int]
    """Rows changed or removed, by what they are."""
    first_erased_at: datetime | None = None
    """Where the person was erased before: when."""


class Queue(View):
    """One rep's queue."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    rep: str
    """The rep."""
    as_of: date
    """The day that it is of."""


class FreeForm(View):
    """A report; its definitions are in it."""

    model_config = ConfigDict(extra="allow")


class ReleaseAnswerView(FreeForm):
    """May a rep be given more opportunities."""


class HealthReport(FreeForm):
    """Flow and health of the pipeline, with the definition of each figure."""


class DigestDocument(FreeForm):
    """A week's docket: decisions, all open opportunities, queues."""

    week: str = Field(examples=["2026-W47"])
    """ISO week."""
