"""Stages that sell up: each has an objective, the steps that meet it, and its patience.

A stage's objective is a yes/no question about the buyer; the pending step is worth its date if it
can answer it.  CRMs name stages as they like, so a stage is found by the words in its name, and by
the default where no word fits.
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field


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
    patience_days: int = Field(gt=0)
    """Days without a buyer commitment after which the stage is out of patience."""


DEFAULT_STAGES: tuple[Stage, ...] = (
    Stage(
        key="closing",
        names=r"negotiat|contract|clos(?:e|ing)|legal|verbal|redline|signature|commit|award|order|paperwork|procure",
        objective="Will they sign, and on which day?",
        step="a day for their redlines or signature, and a call the day after, in the signer's "
        "diary",
        patience_days=21,
    ),
    Stage(
        key="proposal",
        names=r"propos|quot|offer|bid|tender|estimate|pricing|rfp|shortlist|submitted|presented"
        r"|rate given",
        objective="Does the person who decides say yes to this offer, no, or what must change?",
        step="a 30-minute review of the offer with the person who decides, who ends it with "
        "yes, no, or what must change",
        patience_days=30,
    ),
    Stage(
        key="evaluation",
        names=r"evaluat|trial|pilot|poc|proof|demo|sampl|test|survey|visit|assess|technical|validation|site|viewing|fitting",
        objective="Does it do what they need, by criteria that they set?",
        step="pass-or-fail criteria in writing and a decision meeting on the trial's last day",
        patience_days=30,
    ),
    Stage(
        key="discovery",
        names=r"discover|qualif|needs|scop|consult|analysis|business case|design|opportunit"
        r"|interest|engaged",
        objective="Is there a problem that they will spend money on, and who signs for it?",
        step="a working session with the person who owns the budget, to agree the problem, its "
        "cost and the date by which it must be gone",
        patience_days=30,
    ),
    Stage(
        key="prospecting",
        names=r"prospect|lead|new|contact|enquir|inquir|cold|outreach|attempt|intro|connect|appointment",
        objective="Will the right person talk to us at an agreed time?",
        step="a first conversation with the person who decides, at a time that they have accepted",
        patience_days=21,
    ),
)
"""Looked through in this order; the first whose names fit is taken."""

FALLBACK = DEFAULT_STAGES[3]
"""The stage taken where no name fits: discovery asks the question that all others rest on."""


def find_stage(name: str, stages: tuple[Stage, ...] = DEFAULT_STAGES) -> Stage:
    """Finds the kind of stage that a CRM's stage name stands for."""
    for stage in stages:
        if name and re.search(stage.names, name, re.IGNORECASE):
            return stage
    return FALLBACK
