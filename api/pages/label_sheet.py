"""One record as it is labelled, and the form as it was filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.pages.marking import LONG_TEXT, Piece, show_text
from api.pages.words import KIND_WORDS
from auditor.domain.decisions import LONGEST_COMMENT
from auditor.domain.labelling import MAX_QUOTES, GivenLabel
from auditor.domain.labels import Label, Reason
from auditor.domain.records import NextActivity, Side, TextFormat
from auditor.errors import DecisionError
from auditor.storage.activities import DueActivity

_SIDES = {Side.REP: "rep", Side.BUYER: "buyer"}


@dataclass(frozen=True)
class ShownText:
    """An activity's words."""

    kind: str
    """Call, e-mail, …"""
    at: datetime
    """When."""
    pieces: list[Piece]
    """The words, speakers marked."""
    is_transcript: bool
    """Whether it is turns."""
    is_long: bool
    """Folded where it is history."""
    pending: NextActivity | None = None
    """The pending activity that it left, where known."""


@dataclass(frozen=True)
class LabelSheet:
    """A record to label, without what anybody said of it."""

    input_hash: str
    """Of what is read."""
    stage: str
    """Empty where untold."""
    people: tuple[str, ...]
    """With their sides."""
    subject: str
    """The activity's own subject line."""
    now: ShownText
    """The activity."""
    history: tuple[ShownText, ...]
    """Earlier ones, the latest first."""


def make_label_sheet(due: DueActivity) -> LabelSheet:
    """The record as it is shown."""
    record, activity = due.record, due.record.activity
    history = [
        _shown(KIND_WORDS[p.kind], p.occurred_at, p.text, p.format, p.next_activity)
        for p in record.history
    ]
    return LabelSheet(
        input_hash=due.input_hash,
        stage=record.opportunity.stage or "",
        people=tuple(
            f"{p.name} ({_SIDES[p.role]})" if p.role in _SIDES else p.name
            for p in activity.participants
        ),
        subject=activity.subject or "",
        now=_shown(
            KIND_WORDS[activity.kind],
            activity.occurred_at,
            activity.text,
            activity.format,
            activity.next_activity,
        ),
        history=tuple(history[::-1]),
    )


def _shown(
    kind: str, at: datetime, text: str, form: TextFormat, pending: NextActivity | None
) -> ShownText:
    is_transcript = form is TextFormat.TRANSCRIPT
    return ShownText(
        kind, at, show_text(text, [], form), is_transcript, len(text) > LONG_TEXT, pending
    )


@dataclass(frozen=True)
class Filled:
    """What the form holds."""

    label: str = ""
    """The label chosen."""
    reason: str = ""
    """The deciding reason."""
    reasons_ok: tuple[str, ...] = ()
    """Alternates ticked."""
    quotes: tuple[str, ...] = ()
    """As typed."""
    unsure: bool = False
    """Whether someone else should look."""
    comment: str = ""
    """For the adjudicator."""

    @classmethod
    def of_fields(cls, fields: Mapping[str, str], reasons_ok: Sequence[str]) -> Filled:
        """The form as it was sent."""
        return cls(
            fields.get("label", ""),
            fields.get("reason", ""),
            tuple(reasons_ok),
            _typed_quotes(fields),
            "unsure" in fields,
            fields.get("comment", ""),
        )

    def quote(self, number: int) -> str:
        """The quote in a field, from 1."""
        return self.quotes[number - 1] if number <= len(self.quotes) else ""


def filled_from(given: GivenLabel) -> Filled:
    """The form of a label as it was given."""
    return Filled(
        given.label.value,
        given.reason.value,
        tuple(r.value for r in given.reasons_ok),
        given.evidence,
        given.unsure,
        given.comment,
    )


def read_given(fields: Mapping[str, str], reasons_ok: Sequence[str]) -> GivenLabel:
    """The label that a form gives.

    Raises:
        DecisionError: a field is missing or can't be read; names it.
    """
    if fields.get("label") not in set(Label):
        raise DecisionError("label", "choose what the record shows")
    if fields.get("reason") not in set(Reason):
        raise DecisionError("reason", "choose the reason that decides")
    if not set(reasons_ok) <= set(Reason):
        raise DecisionError("reasons_ok", "choose reasons of the list")
    comment = fields.get("comment", "").replace("\0", "").strip()
    if len(comment) > LONGEST_COMMENT:
        raise DecisionError("comment", f"{LONGEST_COMMENT:,} characters at most")
    quotes = _typed_quotes(fields)
    if not quotes:
        raise DecisionError("quote1", "quote the words that decide, word for word")
    chosen = dict.fromkeys(Reason(r) for r in reasons_ok)
    return GivenLabel(
        label=Label(fields["label"]),
        reason=Reason(fields["reason"]),
        evidence=quotes,
        unsure="unsure" in fields,
        comment=comment,
        reasons_ok=tuple(chosen),
    )


def _typed_quotes(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Those that hold anything, the first of them deciding."""
    typed = (fields.get(f"quote{n}", "").strip() for n in range(1, MAX_QUOTES + 1))
    return tuple(q for q in typed if q)
