"""The talk with an annotator: a key for the label, one for the reason, then the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.domain.labelling import MAX_QUOTES, GivenLabel
from auditor.domain.labels import Label, Reason
from eval.labelling.keys import ENTER, ESCAPE, Keys
from eval.labelling.quotes import NumberedClause, QuoteError, number_clauses, pick_quotes
from eval.labelling.screen import HELP, LABEL_KEYS, Screen, reason_keys, told
from eval.labelling.session import LabelSession

_BACK = ("<", ESCAPE)


@dataclass
class _Draft:
    """What was said of the current record so far."""

    unsure: bool = False
    comment: str = ""


class Dialogue:
    """Leads through a session until it is done or left."""

    def __init__(self, session: LabelSession, keys: Keys, screen: Screen) -> None:
        """Talks over the given keys and screen."""
        self._session, self._keys, self._screen = session, keys, screen

    def run(self) -> None:
        """Labels record after record; returns at the end, at ``q`` and where input ends."""
        try:
            while self._session.current is not None and self._one_record():
                pass
        except EOFError:
            return

    def _one_record(self) -> bool:
        """Takes keys until the record is left; False where the annotator quits."""
        sheet = self._session.current
        assert sheet is not None
        clauses = number_clauses(sheet.record)
        self._screen.show(self._session, clauses)
        former = self._session.former
        draft = _Draft(former.unsure, former.comment) if former else _Draft()
        while True:
            self._screen.ask("m v l, u unsure, c comment, s skip, z undo, q quit, ? help >")
            key = self._keys.key().lower()
            self._screen.say("" if key in (ENTER, ESCAPE) else key)
            if key == "q":
                return False
            if self._left(key, draft, clauses):
                return True

    def _left(self, key: str, draft: _Draft, clauses: list[NumberedClause]) -> bool:
        """Does what a key asks for; True where that leaves the record."""
        if key in LABEL_KEYS:
            return self._label(LABEL_KEYS[key], draft, clauses)
        if key == "s":
            self._session.skip()
            return True
        if key == "z":
            if self._session.undo():
                return True
            self._screen.say("this is the first record")
        elif key == ENTER:
            return self._keep_former(draft)
        else:
            self._note(key, draft)
        return False

    def _note(self, key: str, draft: _Draft) -> None:
        """The keys that only add to the draft or explain."""
        if key == "u":
            draft.unsure = not draft.unsure
            self._screen.say("marked as unsure" if draft.unsure else "no longer unsure")
        elif key == "c":
            self._screen.ask("comment >")
            draft.comment = self._keys.line().strip()
        else:
            self._screen.say(HELP)

    def _keep_former(self, draft: _Draft) -> bool:
        former = self._session.former
        if former is None:
            self._screen.say("nothing to keep; choose a label")
            return False
        parts = (former.label, former.reason, former.evidence)
        self._session.keep(GivenLabel(*parts, draft.unsure, draft.comment))
        return True

    def _label(self, label: Label, draft: _Draft, clauses: list[NumberedClause]) -> bool:
        """Reason and evidence; False where the annotator goes back to the labels."""
        while (reason := self._reason(label)) is not None:
            quotes = self._evidence(clauses)
            if quotes is not None:
                decision = GivenLabel(label, reason, tuple(quotes), draft.unsure, draft.comment)
                self._session.keep(decision)
                self._screen.say(f"saved: {told(decision)}")
                return True
        return False

    def _reason(self, label: Label) -> Reason | None:
        choices = reason_keys(label)
        self._screen.reasons(label)
        while True:
            self._screen.ask("reason >")
            key = self._keys.key().lower()
            self._screen.say("" if key in (ENTER, ESCAPE) else key)
            if key in _BACK:
                return None
            if key in choices:
                return choices[key]
            self._screen.say(f"one of {', '.join(choices)}, or < to go back")

    def _evidence(self, clauses: list[NumberedClause]) -> list[str] | None:
        """The quotes; None where the annotator goes back to the reason."""
        sheet = self._session.current
        assert sheet is not None
        quotes: list[str] = []
        while True:
            self._screen.ask(f"evidence {len(quotes) + 1} >")
            typed = self._keys.line()
            if typed.strip() in _BACK:
                return None
            if not typed.strip():
                if quotes:
                    return quotes
                self._screen.say("one quote at least: a clause's number, or words of the record")
            elif typed.strip() == "-":
                quotes = quotes[:-1]
            else:
                try:
                    quotes += pick_quotes(typed, sheet.record, clauses)
                except QuoteError as exc:
                    self._screen.say(str(exc), "red")
            quotes = self._at_most(list(dict.fromkeys(quotes)))
            for number, quote in enumerate(quotes, 1):
                self._screen.say(f"  {number} {'decides' if number == 1 else 'supports'}: {quote}")

    def _at_most(self, quotes: list[str]) -> list[str]:
        if len(quotes) > MAX_QUOTES:
            self._screen.say(f"four quotes at most; the first {MAX_QUOTES} are kept", "red")
        return quotes[:MAX_QUOTES]
