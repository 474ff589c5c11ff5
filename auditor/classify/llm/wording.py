"""Words that a language model wrote for a supervisor, let through only as far as they are safe.

A question or a step is read by people and put to a rep.  It may name no day, number, amount or
person that the record does not, hold no link or mark-up, ask nobody to click or to hand over a
password, and be no longer than a sentence or two.  What does not pass is dropped, never mended: the
fixed wording stands in for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.reading.prepared import PreparedRecord

MOST_CHARS = 240
"""Longest question or step; the prompts ask for 30 words."""
TO_THE_AUDITOR = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|codebook"
    r"|guidelines?)\b"
    r"|\b(?:label|classify|mark|score|rate|judge|record|treat|flag|log|output|answer|return|respond"
    r"|reply|say|verdict|category)s?\b[^.\n]{0,40}\b(?:meaningful|vague|implicit)"
    r"(?:[_ -](?:next|callback|loss)|[\s]*(?:[\"'”’`.!,;:)\]]|$))"
    r"|\bmeaningful_next_step\b|\bvague_callback\b|\bimplicit_loss\b"
    r"|\b(?:dear|note to|attention|attn|hey|hello)\b[^.\n]{0,12}\b(?:ai|auditor|llm|model|"
    r"classifier|assistant|bot)\b"
    r"|\b(?:system|developer) (?:prompt|message|note|override)\b|\byou are (?:now )?an? "
    r"(?:ai|auditor|assistant|language model|classifier)\b|(?-i:^\s*SYSTEM\s*:)"
    r"|\b(?:count|log|treat|score|book|mark|label|rate)s? (?:this|it|that)(?: (?:one|call|note))?"
    r"(?: as| for)?(?: an?)? [^.\n]{0,25}\b(?:steps?|appointment|commitment|decision|firm|dead"
    r"|qualified|advanced?|confirmed|progress)\b"
    r"|\b(?:this|it|that)(?: one)? counts? as (?:an? )?[^.\n]{0,20}\b(?:steps?|firm|advanced?"
    r"|qualified|progress)\b|\b(?:do not|don['’]?t) downgrade\b"
    r"|\b(?:note (?:to|for)|whoever)[^.\n]{0,12}\b(?:qa|reviewers?|scor(?:es|er|ing)"
    r"|grad(?:es|er|ing)|pipeline check|checker)\b|\bfor the reviewers?\b|^[ \t]*reviewers?[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
"""Words that speak to the reader of a record instead of about the sale."""
_CLAIM = re.compile(
    r"\d+|\b(?:mon|tues|wednes|thurs|fri|satur|sun)(?=day\b)|\b(?:jan|feb|mar|apr|jun|jul|aug|sep"
    r"|oct|nov|dec)(?=(?:uary|ruary|ch|il|e|y|ust|t?ember|ober|ember)?\b)"
    r"|\b(?:hundred|thousand|million|billion|dozen)s?\b|[$£€¥%]",
    re.IGNORECASE,
)
"""Days, months, numbers and amounts that a model could invent."""
_NEVER = re.compile(
    r"https?:|www\.|\]\(|[<>{}|\\`]|\[[A-Z]+_\w+\]|[\w.+-]{1,64}@[\w-]+"
    r"|\b(?:click|passwords?|passcodes?|gift cards?|bank details|card number|wire transfer)\b",
    re.IGNORECASE,
)
"""Links, mark-up, marks that stand for nobody, and what no supervisor asks for."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]"
)
_CAPITAL = re.compile(r"(?<![^\W\d_])[^\W\d_a-z][^\W\d_]+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|[\"“'‘(]\s*)$")
_PLAIN_CAPITALS = frozenset(
    "CEO CFO CIO COO CTO CRM HR IT MD NDA PA PO POC QBR RFP ROI SOW VP".split()
)


def vouch_for(prepared: PreparedRecord, words: str) -> str | None:
    """A question or step that says nothing beside the record; else None.

    Args:
        prepared: the record, personal data in place.
        words: the model's, personal data restored.
    """
    told = " ".join(words.split())
    if not told or len(told) > MOST_CHARS or _CONTROL.search(words):
        return None
    if TO_THE_AUDITOR.search(told) or _NEVER.search(told):
        return None
    known = " ".join(_known(prepared)).casefold()
    if not all(_stands(m.group().casefold(), known) for m in _CLAIM.finditer(told)):
        return None
    return told if all(name.casefold() in known for name in _names(told)) else None


def _stands(claim: str, known: str) -> bool:
    """Whether a number or the stem of a day or month is among the known words."""
    if claim.isdigit():
        return re.search(rf"(?<!\d){claim}(?!\d)", known) is not None
    return claim in known if not claim[0].isalpha() else re.search(rf"\b{claim}", known) is not None


def _names(told: str) -> Iterator[str]:
    """Words with a capital inside a sentence, but for the plain ones."""
    for match in _CAPITAL.finditer(told):
        inside = not _SENTENCE_START.search(told[: match.start()])
        if inside and match.group() not in _PLAIN_CAPITALS:
            yield match.group()


def _known(prepared: PreparedRecord) -> Iterator[str]:
    """All that the record says, its own days written out."""
    yield from (m.text for m in prepared.fields.values())
    record = prepared.record
    activity, deal = record.activity, record.opportunity
    yield from (p.name for p in activity.participants)
    yield from (word for word in (activity.owner, deal.owner, deal.account, deal.name) if word)
    yield deal.stage
    yield f"{activity.occurred_at:%A %d %B %Y} {activity.occurred_at.day}"
    due = activity.next_activity.due_on if activity.next_activity else None
    if due is not None:
        yield f"{due:%A %d %B %Y} {due.day} {due.month}"
