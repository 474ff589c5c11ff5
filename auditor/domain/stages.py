"""Stages that sell up: each has an objective, the steps that meet it, and its patience.

A stage's objective is a yes/no question about the buyer; the pending step is worth its date if it
can answer it.  CRMs name stages as they like, so a stage is found by the words in its name, and by
the default where no word fits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator

from auditor.domain.labels import Label
from auditor.domain.records import NextActivity
from auditor.domain.subjects import is_contact_only


class Stage(BaseModel):
    """One kind of stage of a pipeline."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Short name of the kind."""
    names: str
    """Regular expression (case ignored) over the CRM's stage names."""
    objective: str
    """The yes/no question that the stage is there to answer."""
    step: str
    """A concrete step that would answer it, as asked of the rep."""
    answers: str = ""
    """Regular expression (case ignored) over subjects: steps that can answer the question."""
    patience_days: int = Field(gt=0)
    """Days without a buyer commitment after which the stage is out of patience."""

    @field_validator("names", "answers")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"{value!r} is no regular expression: {exc}") from None
        return value


DEFAULT_STAGES: tuple[Stage, ...] = (
    Stage(
        key="closing",
        names=r"negotiat|contract|clos(?:e|ing)|legal|verbal|redline|signature|commit|award|order|paperwork|procure",
        objective="Will they sign, and on which day?",
        step="a day for their redlines or signature, and a call the day after, in the signer's "
        "diary",
        answers=r"sign|contract|redline|legal|order|\bpo\b|paperwork|terms|approv|board"
        r"|committee|award|decision|kick-?off|go-?live|procure",
        patience_days=21,
    ),
    Stage(
        key="proposal",
        names=r"propos|quot|offer|bid|tender|estimate|pricing|rfp|shortlist|submitted|presented"
        r"|rate given",
        objective="Does the person who decides say yes to this offer, no, or what must change?",
        step="a 30-minute review of the offer with the person who decides, who ends it with "
        "yes, no, or what must change",
        answers=r"propos|quot|offer|pric|review|present|decision|decide|board|committee"
        r"|award|tender|budget|shortlist|terms|sign|order",
        patience_days=30,
    ),
    Stage(
        key="evaluation",
        names=r"evaluat|trial|pilot|poc|proof|demo|sampl|test|survey|visit|assess|technical|validation|site|viewing|fitting",
        objective="Does it do what they need, by criteria that they set?",
        step="pass-or-fail criteria in writing and a decision meeting on the trial's last day",
        answers=r"trial|pilot|poc|proof|demo|test|sampl|survey|visit|site|viewing|fitting"
        r"|assess|criteria|result|workshop|reference|decision|validation",
        patience_days=30,
    ),
    Stage(
        key="discovery",
        names=r"discover|qualif|needs|scop|consult|analysis|business case|design|opportunit"
        r"|interest|engaged",
        objective="Is there a problem that they will spend money on, and who signs for it?",
        step="a working session with the person who owns the budget, to agree the problem, its "
        "cost and the date by which it must be gone",
        answers=r"discover|workshop|scop|needs|requirement|business case|budget|analysis"
        r"|session|assess|survey|site|demo|decision",
        patience_days=30,
    ),
    Stage(
        key="prospecting",
        names=r"prospect|lead|new|contact|enquir|inquir|cold|outreach|attempt|intro|connect|appointment",
        objective="Will the right person talk to us at an agreed time?",
        step="a first conversation with the person who decides, at a time that they have accepted",
        answers=r"intro|first (?:call|meeting|conversation)|meet|appointment|discover|demo|qualif",
        patience_days=21,
    ),
)
"""Looked through in this order; the first whose names fit is taken."""

FALLBACK = DEFAULT_STAGES[3]
"""The stage taken where no name fits: discovery asks the question that all others rest on."""


class _Remembered:
    """What the last used kinds of stage said of names and subjects: patterns are slow to match."""

    _MOST = 10_000

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.stages = stages
        self.found: dict[str, Stage] = {}
        self.answers: dict[tuple[str, str], tuple[StepAnswer, str]] = {}

    def make_room(self) -> None:
        """Forgets all where no more may be kept: names come from outside, and may be many."""
        if len(self.found) + len(self.answers) >= self._MOST:
            self.found.clear()
            self.answers.clear()


_last: list[_Remembered] = []


def _remembered(stages: tuple[Stage, ...]) -> _Remembered:
    known = _last[0] if _last else None
    if known is None or known.stages is not stages:
        known = _Remembered(stages)
        _last[:] = [known]
    return known


def find_stage(name: str, stages: tuple[Stage, ...] = DEFAULT_STAGES) -> Stage:
    """Finds the kind of stage that a CRM's stage name stands for."""
    known = _remembered(stages)
    found = known.found.get(name)
    if found is None:
        known.make_room()
        found = known.found[name] = _search(name, stages)
    return found


def _search(name: str, stages: tuple[Stage, ...]) -> Stage:
    for stage in stages:
        if name and re.search(stage.names, name, re.IGNORECASE):
            return stage
    return next((s for s in stages if s.key == FALLBACK.key), FALLBACK)


class StepAnswer(StrEnum):
    """Whether a pending step can answer its stage's question."""

    YES = "yes"
    """It can: its words name such a step, or the buyer has agreed to one."""
    NO = "no"
    """It can't: nothing is pending, it has no day, or it is contact for its own sake."""
    UNKNOWN = "unknown"
    """Its words don't tell."""


def answer_of_step(
    stage_name: str,
    pending: NextActivity | None,
    *,
    label: Label | None = None,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> tuple[StepAnswer, str]:
    """Tells whether the pending step can answer the question of its stage, and why.

    Args:
        stage_name: as the CRM names it.
        pending: the pending activity.
        label: what the history shows; a verified buyer commitment counts for itself.
        stages: kinds of stage.
    """
    stage = find_stage(stage_name, stages)
    ask = f"{stage.objective!r}"
    if label is Label.MEANINGFUL_NEXT_STEP:
        return StepAnswer.YES, f"the buyer agreed to a step; it must answer {ask}"
    if pending is None:
        return StepAnswer.NO, f"nothing is pending that could answer {ask}"
    if pending.due_on is None:
        return StepAnswer.NO, f"{pending.subject!r} has no day on which it could answer {ask}"
    known, key = _remembered(stages), (stage.key, pending.subject)
    found = known.answers.get(key)
    if found is None:
        known.make_room()
        found = known.answers[key] = _answer_of_subject(pending.subject, stage, stages)
    return found


def _answer_of_subject(
    subject: str, stage: Stage, stages: tuple[Stage, ...]
) -> tuple[StepAnswer, str]:
    ask = f"{stage.objective!r}"
    if not subject.strip() or is_contact_only(subject):
        return StepAnswer.NO, f"{subject!r} is contact for its own sake; ask {ask}"
    if stage.answers and re.search(stage.answers, subject, re.IGNORECASE):
        return StepAnswer.YES, f"{subject!r} can answer {ask}"
    behind = _stages_behind(stage, stages)
    if any(s.answers and re.search(s.answers, subject, re.IGNORECASE) for s in behind):
        return StepAnswer.NO, f"{subject!r} answers an earlier stage's question, not {ask}"
    return StepAnswer.UNKNOWN, f"{subject!r} does not say how it would answer {ask}"


def _stages_behind(stage: Stage, stages: Sequence[Stage]) -> Sequence[Stage]:
    """The stages before one: they are listed from the last to the first."""
    return stages[stages.index(stage) + 1 :] if stage in stages else ()
