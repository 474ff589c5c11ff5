"""Whether an answer may be believed: its quotes stand in the record, and it agrees with itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.classify.grounding import evidence_at, find_quote
from auditor.classify.llm.answer import Answer, Quote
from auditor.classify.llm.failures import AnswerUnusable
from auditor.classify.llm.wording import TO_THE_AUDITOR, vouch_for
from auditor.classify.protocol import ClauseAct
from auditor.domain.labels import REASONS_OF, Act, Label, Reason
from auditor.domain.verdict import EvidenceRole
from auditor.reading.language import foreign_language
from auditor.reading.prepared import Place, PreparedRecord

UNDATED_STANDS = frozenset({Reason.CONTRACT_IN_MOTION, Reason.WON})
"""Reasons of a meaningful step that need no date (codebook, "Agreed")."""
_DAY_WORDS = re.compile(
    r"\d|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|weds?|thurs?|fri|today|tonight"
    r"|tomorrow|tmrw|noon|morning|afternoon|week|month|first|second|third)s?\b",
    re.IGNORECASE,
)
_SURE_ACT = 0.5


@dataclass(frozen=True)
class Verified:
    """An answer whose quotes were found."""

    answer: Answer
    """As given, personal data restored."""
    places: tuple[Place, ...]
    """Where each quote stands, in the answer's order."""


def addresses_auditor(prepared: PreparedRecord, clauses: Sequence[ClauseAct] = ()) -> bool:
    """Whether any text of the record speaks to its reader instead of about the sale."""
    if any(TO_THE_AUDITOR.search(m.text) for m in prepared.fields.values()):
        return True
    return any(c.act is Act.ADDRESSED_TO_AUDITOR and c.probability >= _SURE_ACT for c in clauses)


def verify(prepared: PreparedRecord, answer: Answer, clauses: Sequence[ClauseAct] = ()) -> Verified:
    """Holds an answer to the record and to the codebook.

    Args:
        prepared: the record.
        answer: the model's answer, personal data restored.
        clauses: acts that the local model told, for words that address the auditor.

    Raises:
        AnswerUnusable: listing every defect, in words that the model can mend by.
    """
    places: list[Place] = []
    defects = list(_contradictions(answer))
    told = list(defects)
    for number, quote in enumerate(answer.quotes, start=1):
        place, problem = _locate(prepared, quote, clauses)
        if place is None:
            defects.append(f"quote {number} ({_clip(quote.text)!r}): {problem}")
            told.append(f"quote {number}: {problem}")
        else:
            places.append(place)
    if defects:
        raise AnswerUnusable(defects, told)
    if not _dated(prepared, answer):
        raise AnswerUnusable(["tests: when passes, but the record names no day"])
    return Verified(answer.model_copy(update=_vouched(prepared, answer)), tuple(places))


def _vouched(prepared: PreparedRecord, answer: Answer) -> dict[str, str | None]:
    """Question and step as far as they may be shown; a question that asks nothing is none."""
    question = vouch_for(prepared, answer.question) or ""
    step = answer.step if answer.label is Label.VAGUE_CALLBACK else None
    return {
        "question": question if "?" in question else "",
        "step": vouch_for(prepared, step or ""),
    }


def _locate(
    prepared: PreparedRecord, quote: Quote, clauses: Sequence[ClauseAct]
) -> tuple[Place | None, str]:
    found = find_quote(prepared, quote.text, speaker=_speaker(prepared, quote))
    if found.place is None:
        return None, found.problem or "the words are not in the record"
    if evidence_at(prepared, found.place, role=EvidenceRole.SUPPORTING) is None:
        return None, "the quote holds no words of a turn"
    if _addressed(prepared, found.place, clauses):
        return None, "these words address the auditor and count for nothing"
    return found.place, ""


def _speaker(prepared: PreparedRecord, quote: Quote) -> str | None:
    """The speaker to check; a name that no turn has is a detail, not a claim."""
    if prepared.conversation is None or not quote.speaker:
        return None
    return quote.speaker.strip().rstrip(":") or None


def _addressed(prepared: PreparedRecord, place: Place, clauses: Sequence[ClauseAct]) -> bool:
    if TO_THE_AUDITOR.search(prepared.fields[place.field].text[place.start : place.end]):
        return True
    return any(
        c.act is Act.ADDRESSED_TO_AUDITOR
        and c.probability >= _SURE_ACT
        and c.place.field == place.field
        and c.place.start < place.end
        and place.start < c.place.end
        for c in clauses
    )


def _contradictions(answer: Answer) -> Iterator[str]:
    """Where label, reason and tests do not fit one another by the codebook."""
    if answer.reason not in REASONS_OF[answer.label]:
        allowed = ", ".join(REASONS_OF[answer.label])
        yield f"reason {answer.reason.value} does not belong to {answer.label.value}; use {allowed}"
    stands = _passes(answer)
    if answer.label is Label.MEANINGFUL_NEXT_STEP and not stands:
        yield (
            "label meaningful_next_step needs the tests what, agreed and advances, and when or "
            "why_then"
        )
    if answer.label is Label.VAGUE_CALLBACK and stands:
        yield "label vague_callback, but by the tests it is a meaningful next step"


def _passes(answer: Answer) -> bool:
    tests = answer.tests
    anchored = tests.when or tests.why_then or answer.reason in UNDATED_STANDS
    return tests.what and tests.agreed and tests.advances and anchored


def _dated(prepared: PreparedRecord, answer: Answer) -> bool:
    """Whether a claimed day has anything in the record to rest on."""
    if answer.label is not Label.MEANINGFUL_NEXT_STEP or not answer.tests.when:
        return True
    if foreign_language(prepared.text):
        return True  # days of other languages are not known here
    pending = prepared.record.activity.next_activity
    if prepared.dates or (pending is not None and pending.due_on is not None):
        return True
    return any(_DAY_WORDS.search(m.text) for m in prepared.fields.values())


def _clip(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
