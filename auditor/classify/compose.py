"""From acts to a label by the codebook's order of precedence.

This is the reading that a person can follow by hand: the rules-only baseline judges by it, and the
local model is held against it.  Scores are log-odds-like weights set by the codebook's wording, not
fitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from auditor.classify.protocol import ClauseAct
from auditor.domain.labels import Act, Label, Reason

_LOSS_ACTS: dict[Act, Reason] = {
    Act.LOST_ELSEWHERE: Reason.COMPETITOR_CHOSEN,
    Act.DEAD: Reason.PROJECT_CANCELLED,
    Act.CONTACT_GONE: Reason.CONTACT_GONE,
    Act.REFUSAL: Reason.BRUSH_OFF,
}
_VAGUE_ACTS: dict[Act, Reason] = {
    Act.NO_PURPOSE: Reason.NO_PURPOSE,
    Act.DEFER: Reason.INTERVAL_CALLBACK,
    Act.SEND_INFO: Reason.SEND_INFO,
    Act.AVAILABILITY: Reason.AVAILABILITY_ONLY,
    Act.AWAITING: Reason.AWAITING_REPLY,
    Act.OPEN_CONDITION: Reason.NO_DATE,
    Act.COMMIT_UNDATED: Reason.NO_DATE,
    Act.EVENT_UNDATED: Reason.NO_DATE,
    Act.WITHDRAWN: Reason.NO_DATE,
    Act.REP_INTENT: Reason.REP_ONLY_INTENT,
    Act.GATEKEEPER: Reason.AWAITING_REPLY,
    Act.ATTEMPT: Reason.AWAITING_REPLY,
    Act.NO_SHOW: Reason.AWAITING_REPLY,
}
SILENT_AFTER = 3
"""Unanswered attempts in a row that show a loss (codebook, "What shows a loss")."""
NO_SHOWS_LOST = 2
"""No-shows that show a loss."""
_SURE, _LIKELY = 0.85, 0.7


def compose(
    clauses: Sequence[ClauseAct], *, attempts_before: int = 0, no_shows_before: int = 0
) -> tuple[dict[Label, float], dict[Reason, float]]:
    """Judges a record by its acts.

    Args:
        clauses: the record's clauses with their acts.
        attempts_before: unanswered attempts in a row in the history.
        no_shows_before: no-shows in the history since the last sign of life.

    Returns:
        Probability of each label and score of each reason.
    """
    acts = [c.act for c in clauses]
    loss = [a for a in acts if a in _LOSS_ACTS]
    if loss:
        return _lean(Label.IMPLICIT_LOSS, _LIKELY if len(loss) == 1 else _SURE), _reasons(
            _LOSS_ACTS[a] for a in loss
        )
    if Act.YES_TO_BUY in acts:
        return _lean(Label.MEANINGFUL_NEXT_STEP, _LIKELY), _reasons([Reason.CONTRACT_IN_MOTION])
    if Act.COMMIT_DATED in acts and acts.count(Act.WITHDRAWN) < acts.count(Act.COMMIT_DATED):
        return _lean(Label.MEANINGFUL_NEXT_STEP, _LIKELY), _reasons([Reason.DECISION_SCHEDULED])
    tried = acts.count(Act.ATTEMPT) + attempts_before
    missed = acts.count(Act.NO_SHOW) + no_shows_before
    unanswered = Act.ATTEMPT in acts or Act.NO_SHOW in acts
    if (
        unanswered
        and Act.SIGN_OF_LIFE not in acts
        and (tried >= SILENT_AFTER or missed >= NO_SHOWS_LOST)
    ):
        return _lean(Label.IMPLICIT_LOSS, _LIKELY), _reasons([Reason.NO_RESPONSE])
    vague = [_VAGUE_ACTS[a] for a in acts if a in _VAGUE_ACTS] or [Reason.NO_NEXT_ACTIVITY]
    return _lean(Label.VAGUE_CALLBACK, _LIKELY), _reasons(vague)


def _lean(label: Label, probability: float) -> dict[Label, float]:
    rest = (1 - probability) / (len(Label) - 1)
    return {each: probability if each is label else rest for each in Label}


def _reasons(reasons: Iterable[Reason]) -> dict[Reason, float]:
    """Earlier-listed reasons score higher; repeated ones add up."""
    scores: dict[Reason, float] = {}
    for rank, reason in enumerate(reasons):
        scores[reason] = scores.get(reason, 0.0) + math.exp(-rank / 4)
    return scores
