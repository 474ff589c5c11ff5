"""From a verified answer, with what the local model thinks, to one opinion."""

from __future__ import annotations

from dataclasses import replace

from auditor.classify.llm.combining import pool, stated
from auditor.classify.llm.verification import Verified
from auditor.classify.protocol import Candidate, Opinion
from auditor.domain.labels import Label, Reason, Test
from auditor.domain.provenance import Asked

_PASSED, _FAILED = 0.9, 0.1
_FIRST, _STEP = 3.0, 0.25
"""The model's quotes go before the local model's, whose scores are at most 1."""


def abstention(*warnings: str) -> Opinion:
    """No opinion: every label as likely as the next."""
    return Opinion(
        probabilities={label: 1 / len(Label) for label in Label},
        reasons={Reason.NO_NEXT_ACTIVITY: 1.0},
        warnings=warnings,
        abstains=True,
    )


def best(opinion: Opinion) -> Label:
    """The likeliest label."""
    return max(opinion.probabilities, key=lambda k: opinion.probabilities[k])


def combine(verified: Verified, local: Opinion | None, asked: Asked, *, wary: bool) -> Opinion:
    """One opinion of a verified answer and the local one.

    Args:
        verified: the language model's answer with its quotes' places.
        local: the local opinion, where there is one.
        asked: what was asked, with the model's weight; where the local model abstains it counts
            alone.
        wary: True where the text addresses the auditor: a model that may have obeyed it can then
            back the local label, and not change it.
    """
    return replace(_combined(verified, local, asked, wary=wary), asked=asked)


def _combined(verified: Verified, local: Opinion | None, asked: Asked, *, wary: bool) -> Opinion:
    answer = verified.answer
    own = stated(answer.label, answer.confidence)
    if local is None or local.abstains:
        if wary:
            return _kept(local, "the text addresses the auditor, and nothing else can vouch for it")
        return _spoken(verified, local, own, repaired=asked.repaired)
    pooled = pool(local.probabilities, own, weight=asked.weight)
    label = max(pooled, key=lambda k: pooled[k])
    if wary and answer.label is not best(local):
        return _kept(
            local,
            f"the language model reads it as {answer.label.value}, and the text addresses the "
            "auditor; the local opinion stands",
        )
    if label is answer.label:
        return _spoken(verified, local, pooled, repaired=asked.repaired)
    told = f"the language model reads it as {answer.label.value}, less surely than the local model"
    return replace(local, probabilities=pooled, warnings=(*local.warnings, told))


def fall_back(local: Opinion | None, asked: Asked) -> Opinion:
    """The opinion where no answer could be used: the local one, with a warning that says why."""
    told = asked.failure or ""
    return replace(abstention(told) if local is None else _kept(local, told), asked=asked)


def _kept(local: Opinion | None, told: str) -> Opinion:
    if local is None:
        return abstention(told)
    return replace(local, warnings=(*local.warnings, told))


def _spoken(
    verified: Verified,
    local: Opinion | None,
    probabilities: dict[Label, float],
    *,
    repaired: bool,
) -> Opinion:
    """An opinion with the model's label, reason, tests and quotes; acts stay the local model's."""
    answer = verified.answer
    passed = answer.tests.model_dump()
    agrees = local is not None and best(local) is answer.label
    quotes = [Candidate(place, _FIRST - _STEP * at) for at, place in enumerate(verified.places)]
    second = ("the language model's first answer had defects; this is its second",)
    return Opinion(
        probabilities=probabilities,
        reasons=_reasons(answer.reason, local if agrees else None),
        tests={test: _PASSED if passed[test.value] else _FAILED for test in Test},
        clauses=local.clauses if local else (),
        evidence=tuple(quotes),
        embedding=local.embedding if local else (),
        warnings=(*(local.warnings if local else ()), *(second if repaired else ())),
    )


def _reasons(reason: Reason, local: Opinion | None) -> dict[Reason, float]:
    """The model's reason first, the local model's after it."""
    others = local.reasons if local else {}
    top = max(others.values(), default=0.0)
    return {**others, reason: top + 1.0}
