"""An opportunity's activities as its page shows them: text with evidence, tests, label, copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.pages.marking import LONG_TEXT, Mark, Piece, evidence_marks, show_text
from api.pages.words import KIND_WORDS, TEST_WORDS, defect_words
from auditor.domain.corrections import Correction
from auditor.domain.labels import Label, Reason
from auditor.domain.records import NextActivity
from auditor.domain.standing import Standing
from auditor.domain.verdict import Evidence, Status, Verdict
from auditor.jobs.docketing import ActivityView


@dataclass(frozen=True)
class TestLine:
    """One of the five tests."""

    __test__ = False  # not a pytest class

    name: str
    """Short."""
    meaning: str
    """What passing it means."""
    passed: bool | None
    """None where the record does not tell."""
    quote: str
    """The words that show it; empty where there are none."""


@dataclass(frozen=True)
class CopiedOn:
    """Where else a note stands."""

    opportunities: int
    """On how many, this one included."""
    word_for_word: bool
    """Whether it is the same everywhere; else a few words differ."""


@dataclass(frozen=True)
class Entry:
    """One activity."""

    key: int
    """The database's number for it."""
    view: ActivityView
    """All that is known of it."""
    kind: str
    """In words."""
    pieces: list[Piece]
    """Its text."""
    is_long: bool
    """Whether it is folded: long, and nothing in it is marked."""
    label: Label | None = None
    """What it shows; None until it is judged."""
    reason: Reason | None = None
    """Why."""
    sureness: str = ""
    """How sure, in words."""
    tests: list[TestLine] = field(default_factory=list)
    """The five tests."""
    pending: NextActivity | None = None
    """The pending activity that it left."""
    defects: list[str] = field(default_factory=list)
    """What is wrong with that."""
    correction: Correction | None = None
    """The correction that counts."""
    copied: CopiedOn | None = None
    """Where else the note stands; None where on this opportunity only."""
    decides: bool = False
    """Whether the standing rests on it."""


def make_entries(
    activities: Sequence[ActivityView], standing: Standing, copies: Mapping[int, CopiedOn]
) -> list[Entry]:
    """The activities, the latest first."""
    asked: dict[str, list[Evidence]] = {}
    for quoted in standing.quotes:
        asked.setdefault(quoted.activity_id, []).append(quoted.evidence)
    entries = [
        _entry(
            view,
            asked.get(view.found.activity.id, []),
            copies.get(view.found.key),
            decides=view.found.activity.id == standing.activity_id,
        )
        for view in activities
    ]
    return entries[::-1]


def _entry(
    view: ActivityView, quoted: Sequence[Evidence], copied: CopiedOn | None, *, decides: bool
) -> Entry:
    activity = view.found.activity
    verdict = view.finding.verdict if view.finding else None
    marks = _marks(view, [*(verdict.evidence if verdict else ()), *quoted])
    pieces = show_text(activity.text, marks, activity.format)
    return Entry(
        key=view.found.key,
        view=view,
        kind=KIND_WORDS[activity.kind],
        pieces=pieces,
        is_long=not marks and len(activity.text) > LONG_TEXT,
        label=verdict.label if verdict else None,
        reason=verdict.reason if verdict else None,
        sureness=_sureness(verdict, view.correction) if verdict else "",
        tests=_tests(verdict) if verdict else [],
        pending=activity.next_activity,
        defects=[defect_words(d) for d in verdict.next_activity_defects] if verdict else [],
        correction=view.correction,
        copied=copied if copied and copied.opportunities > 1 else None,
        decides=decides,
    )


def _marks(view: ActivityView, evidence: Sequence[Evidence]) -> list[Mark]:
    """Marks of the quotes in the activity's own text.

    A later record quotes this one as part of its history; such words are found by their place.
    """
    activity = view.found.activity
    own = [e for e in evidence if e.field == "text"]
    told = [
        e.model_copy(update={"field": "text"})
        for e in evidence
        if e.field.startswith("history") and activity.text[e.start : e.end] == e.quote
    ]
    return evidence_marks(activity, [*own, *told])


def _sureness(verdict: Verdict, correction: Correction | None) -> str:
    if correction is not None:
        return "corrected"
    if verdict.status is Status.NEEDS_REVIEW:
        return f"not sure enough ({verdict.confidence:.0%}), yours to read"
    return f"{verdict.confidence:.0%} sure"


def _tests(verdict: Verdict) -> list[TestLine]:
    return [
        TestLine(
            *TEST_WORDS[test],
            result.passed,
            " ".join(result.evidence.quote.split()) if result.evidence else "",
        )
        for test, result in verdict.five_tests.items()
    ]
