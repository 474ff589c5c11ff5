"""One record as a screen of the terminal, its clauses numbered.

Texts come from outside: control characters and marks that turn the direction of writing are shown
as signs, so that no note can move the cursor, hide words or colour them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from auditor.digest.words import visible
from auditor.domain.labelling import GivenLabel
from auditor.domain.labels import REASONS_OF, Label, Reason
from auditor.domain.records import NextActivity
from auditor.reading.prepared import SUBJECT, TEXT, history_field, raw_fields
from eval.labelling.quotes import NumberedClause
from eval.labelling.session import LabelSession

SHORT = {
    Label.MEANINGFUL_NEXT_STEP: "meaningful",
    Label.VAGUE_CALLBACK: "vague",
    Label.IMPLICIT_LOSS: "loss",
}
LABEL_KEYS = {
    "m": Label.MEANINGFUL_NEXT_STEP,
    "v": Label.VAGUE_CALLBACK,
    "l": Label.IMPLICIT_LOSS,
}
COLOURS = {
    Label.MEANINGFUL_NEXT_STEP: "green",
    Label.VAGUE_CALLBACK: "yellow",
    Label.IMPLICIT_LOSS: "red",
}
HELP = """\
m v l   meaningful next step, vague callback, implicit loss; then the reason
        and the evidence
Enter   keep the label that is shown as given or taken back
u       mark as unsure: someone should look again (again: take it back)
c       write a comment for the adjudicator
s       skip: the record comes again with the next session
z       undo: back one record, its label is taken out of the file
q       quit; everything labelled is saved already
Evidence is a clause's number (3), several (3 7), a run of clauses as one
quote (3-4), or words of the record. The first quote decides. An empty line
ends it, - drops the last quote, < goes back."""


class Screen:
    """Draws on a console."""

    def __init__(self, console: Console) -> None:
        """Draws there; the screen is cleared before each record where it is a terminal."""
        self._console = console

    def show(self, session: LabelSession, clauses: Sequence[NumberedClause]) -> None:
        """Draws the current record."""
        sheet = session.current
        if sheet is None:
            return
        if self._console.is_terminal:
            self._console.clear()
        self._console.print(Rule(Text(visible(sheet.id)), align="left"))
        self.say(_counts(session))
        record, activity = sheet.record, sheet.record.activity
        texts = dict(raw_fields(record))
        self._line("stage", record.opportunity.stage or "none")
        self._line(
            "activity",
            f"{activity.kind.value} {activity.format.value}, "
            f"{activity.occurred_at:%a %d %b %Y %H:%M}",
        )
        people = ", ".join(f"{p.name} ({p.role.value})" for p in activity.participants)
        self._line("people", people or "not told")
        for index, past in enumerate(record.history):
            name = history_field(index)
            self._line(f"{past.occurred_at:%d %b %Y}", f"{past.kind.value}:")
            self._body(numbered(name, texts[name], clauses))
        pending = pending_words(activity.next_activity, activity.occurred_at.date())
        self._line("pending", pending)
        if SUBJECT in texts:
            self._body(numbered(SUBJECT, texts[SUBJECT], clauses))
        self._line("text", "" if texts[TEXT].strip() else "none")
        self._body(numbered(TEXT, texts[TEXT], clauses))
        self._others(session)

    def _others(self, session: LabelSession) -> None:
        for name, label in session.said_by_others.items():
            self._line("said", f"{label}, by {name}")
        if former := session.former:
            self._line("given", f"{told(former)}; Enter keeps it")

    def _line(self, name: str, words: str) -> None:
        self._console.print(Text.assemble((f"{visible(name):>12}  ", "dim"), visible(words)))

    def _body(self, text: Text) -> None:
        if text:
            self._console.print(Padding(text, (0, 0, 0, 14)))

    def reasons(self, label: Label) -> None:
        """Lists the reasons of a label with their keys."""
        listed = [f"{key}\u00a0{reason.value}" for key, reason in reason_keys(label).items()]
        self.say(
            f"{SHORT[label]}, because:  " + "   ".join(listed) + "   <\u00a0back", COLOURS[label]
        )

    def say(self, words: str, style: str = "dim") -> None:
        """A line of the auditor's own."""
        self._console.print(Text(visible(words), style=style))

    def ask(self, words: str) -> None:
        """A prompt, the cursor behind it."""
        self._console.print(Text(f"{words} "), end="")


def reason_keys(label: Label) -> dict[str, Reason]:
    """Keys a, b, c … of a label's reasons, in the codebook's order."""
    return {chr(ord("a") + i): reason for i, reason in enumerate(REASONS_OF[label])}


def told(decision: GivenLabel) -> str:
    """A decision in a line."""
    quotes = " | ".join(decision.evidence)
    mark = ", unsure" if decision.unsure else ""
    return f"{SHORT[decision.label]}, {decision.reason.value}{mark}: {quotes}"


def pending_words(pending: NextActivity | None, logged_on: date) -> str:
    """The pending activity with the days from the record to its due date."""
    if pending is None:
        return "none"
    if pending.due_on is None:
        return f"{pending.kind.value}, no date"
    days = (pending.due_on - logged_on).days
    return f"{pending.kind.value}, due {pending.due_on:%a %d %b %Y} ({days:+d} days)"


def numbered(name: str, text: str, clauses: Iterable[NumberedClause]) -> Text:
    """A field with each clause's number before it."""
    shown, at, plain = Text(), 0, visible(text)
    for clause in clauses:
        if clause.field != name:
            continue
        shown.append(plain[at : clause.start])
        shown.append(f"[{clause.number}]", style="cyan dim")
        shown.append(plain[clause.start : clause.end])
        at = clause.end
    return shown.append(plain[at:])


def _counts(session: LabelSession) -> str:
    left = session.total - session.labelled - session.skipped
    parts = [f"{session.labelled} of {session.total} labelled", f"{left} left"]
    parts += [f"{session.skipped} skipped"] if session.skipped else []
    parts += [f"{session.unsure} unsure"] if session.unsure else []
    return ", ".join(parts) + "   (? for the keys)"
