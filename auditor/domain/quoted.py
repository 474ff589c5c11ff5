"""The words that show an opportunity's standing, each with its day and its speaker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from auditor.domain.findings import Contact, Finding
from auditor.domain.verdict import Evidence

_OWN_TEXT = "text"


class QuotedWords(BaseModel):
    """Evidence with the day and the person that it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: Evidence
    """The words and where they stand."""
    activity_id: str
    """The activity that holds them."""
    said_on: date
    """Day of the activity (of the earlier one, where the quote is from its history)."""
    kind: str
    """Kind of the activity."""
    said_by: str | None = None
    """Speaker where the text has turns, else the rep who wrote it down."""


def deciding_quotes(
    deciding: Finding, past: Sequence[Finding], *, attempts: int = 0
) -> tuple[QuotedWords, ...]:
    """The words that decide.

    Args:
        deciding: the finding that decides.
        past: all findings, oldest first.
        attempts: where silence decides, of how many of the last attempts to quote the words; those
            of the deciding finding stand in where these have none.
    """
    rows: list[QuotedWords] = []
    for finding in reversed(past):
        if finding.contact is Contact.TWO_WAY or len(rows) == attempts:
            break
        own = [e for e in finding.verdict.evidence if e.field == _OWN_TEXT]
        rows += [_quoted(finding, own[0])] if own else []
    return tuple(rows) or tuple(
        _quoted(_holder(e, deciding, past), e) for e in deciding.verdict.evidence
    )


def _holder(evidence: Evidence, deciding: Finding, past: Sequence[Finding]) -> Finding:
    """The activity that holds the words: an earlier one where they stand in its history."""
    if not evidence.field.startswith("history"):
        return deciding
    span = slice(evidence.start, evidence.end)
    for finding in past:
        if finding is not deciding and finding.activity.text[span] == evidence.quote:
            return finding
    return deciding


def _quoted(finding: Finding, evidence: Evidence) -> QuotedWords:
    activity = finding.activity
    return QuotedWords(
        evidence=evidence,
        activity_id=activity.id,
        said_on=activity.occurred_at.date(),
        kind=activity.kind.value,
        said_by=evidence.speaker or activity.owner,
    )
