"""From a verified answer, with what the local model thinks, to one opinion."""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditor.classify.llm.asking import Asked
from auditor.classify.llm.combining import pool, stated
from auditor.classify.protocol import Candidate, Opinion
from auditor.domain.labels import Label, Reason, Test

_PASSED, _FAILED = 0.9, 0.1
_FIRST, _STEP = 3.0, 0.25
"""The model's quotes go before the local model's, whose scores are at most 1."""


@dataclass(frozen=True)
class AskedOpinion(Opinion):
    """An opinion that a language model had a part in."""

    question: str | None = None
    """What the supervisor asks, in the model's words."""
    step: str | None = None
    """The step to get, in the model's words."""
    model: str | None = None
    """The model as the server names it."""
    prompt: str | None = None
    """Prompt and parameters, by name and hash."""
    raw_sha256: str | None = None
    """Hash of the answer as it was written."""


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


def combine(
    asked: Asked, local: Opinion | None, *, weight: float, prompt: str, wary: bool
) -> Opinion:
    """One opinion of a verified answer and the local one.

    Args:
        asked: the language model's verified answer.
        local: the local opinion, where there is one.
        weight: of the language model in the pool; where the local model abstains it counts alone.
        prompt: the prompt's fingerprint.
        wary: True where the text addresses the auditor: a model that may have obeyed it can then
            back the local label, and not change it.
    """
    answer = asked.verified.answer
    own = stated(answer.label, answer.confidence)
    if local is None or local.abstains:
        if wary:
            return _kept(local, "the text addresses the auditor, and nothing else can vouch for it")
        return _spoken(asked, local, own, prompt)
    pooled = pool(local.probabilities, own, weight=weight)
    label = max(pooled, key=lambda k: pooled[k])
    if wary and answer.label is not best(local):
        return _kept(
            local,
            f"the language model reads it as {answer.label.value}, and the text addresses the "
            "auditor; the local opinion stands",
        )
    if label is answer.label:
        return _spoken(asked, local, pooled, prompt)
    told = f"the language model reads it as {answer.label.value}, less surely than the local model"
    return replace(local, probabilities=pooled, warnings=(*local.warnings, told))


def _kept(local: Opinion | None, told: str) -> Opinion:
    if local is None:
        return abstention(told)
    return replace(local, warnings=(*local.warnings, told))


def _spoken(
    asked: Asked, local: Opinion | None, probabilities: dict[Label, float], prompt: str
) -> AskedOpinion:
    """An opinion with the model's label, reason, tests and quotes; acts stay the local model's."""
    answer = asked.verified.answer
    passed = answer.tests.model_dump()
    agrees = local is not None and best(local) is answer.label
    quotes = [
        Candidate(place, _FIRST - _STEP * at) for at, place in enumerate(asked.verified.places)
    ]
    return AskedOpinion(
        probabilities=probabilities,
        reasons=_reasons(answer.reason, local if agrees else None),
        tests={test: _PASSED if passed[test.value] else _FAILED for test in Test},
        clauses=local.clauses if local else (),
        evidence=tuple(quotes),
        embedding=local.embedding if local else (),
        warnings=_warnings(asked, local),
        question=answer.question or None,
        step=answer.step,
        model=asked.model,
        prompt=prompt,
        raw_sha256=asked.raw_sha256,
    )


def _reasons(reason: Reason, local: Opinion | None) -> dict[Reason, float]:
    """The model's reason first, the local model's after it."""
    others = local.reasons if local else {}
    top = max(others.values(), default=0.0)
    return {**others, reason: top + 1.0}


def _warnings(asked: Asked, local: Opinion | None) -> tuple[str, ...]:
    own = ("the language model's first answer had defects; this is its second",)
    return (*(local.warnings if local else ()), *(own if asked.repaired else ()))
