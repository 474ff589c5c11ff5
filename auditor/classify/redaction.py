"""Personal data out of a text before it leaves, and back into the words that return.

E-mail addresses, phone and card numbers, and by setting the participants' names become placeholders
that are the same each time the same words are redacted, so that cached answers fit.  Each way of
writing ("Lee Marsh", "Lee", "LEE") has a placeholder of its own, so that a quote is restored
character for character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from auditor.domain.records import AuditRecord, Side

_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+"
    r"|\b[\w.+-]{1,64} ?[(\[{] ?at ?[)\]}] ?[\w-]+(?: ?(?:\.|[(\[{] ?dot ?[)\]}]) ?\w+)+",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<!\d)(?:\+|\(\+?)?\d(?:[ ()./\u00a0\u2010-\u2013-]{0,3}\d){6,}")
_CALENDAR_DAY = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\1?\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)\d\d(?!\2?\d))"
)
_AMOUNT_BEFORE = re.compile(r"(?:[$£€¥]|\b(?:USD|GBP|EUR|CHF|AUD|CAD)) ?$")
_PHONE_DIGITS = range(7, 16)
_CARD_DIGITS = range(13, 20)
_NAME_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_MIN_PART = 2
_ROLE_WORD = {Side.REP: "REP", Side.BUYER: "BUYER"}
_PLAIN_ROLES = frozenset(
    "agent buyer customer client rep sales seller prospect lead caller contact host guest owner "
    "account manager the of and de von van der la".split()
)


_ALSO_WORDS = frozenset(
    "amber angel april art august autumn baker banks big bill bond brook brown bush carter case "
    "cash chase christian cliff cook crystal daisy dale dawn day dean don drew early english "
    "faith field ford frank gene glen good grace grant gray green guy hall harmony head heath "
    "hill holly hope house hunter iris ivy jack joy june king lane lily little long love low major "
    "mark marsh mason max may miles moon north old olive page park pat pearl penny pool pope post "
    "price ray rich robin rose ruby rusty sandy sharp singer sky small star stone strong sue "
    "summer swift victor violet wade walker ward wells west white will winter wise wood "
    "young".split()
)


class Name(NamedTuple):
    """A participant's name with the side of the sale."""

    name: str
    side: Side


class Redactor:
    """Redacts the texts of one record with placeholders that belong to it."""

    def __init__(self, names: Sequence[Name] = (), *, taken: Iterable[str] = ()) -> None:
        """Prepares the placeholders.

        Args:
            names: people whose names are to be replaced; none where names may leave.
            taken: the texts to come, so that no placeholder is one that a text already holds.
        """
        self._taken = "\n".join(taken)
        self._holder_of: dict[str, str] = {}
        self._original_of: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._name_pattern = self._take_names(names)

    def redact(self, text: str) -> str:
        """The text with personal data replaced."""
        text = _EMAIL.sub(lambda m: self._hold("EMAIL", m.group()), text)
        text = _DIGITS.sub(self._hold_number, text)
        if self._name_pattern is not None:
            text = self._name_pattern.sub(lambda m: self._hold_name(m.group()), text)
        return text

    def restore(self, text: str) -> str:
        """The text with the original words put back."""
        if not self._original_of:
            return text
        holders = sorted(self._original_of, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, holders)))
        return pattern.sub(lambda m: self._original_of[m.group()], text)

    def _hold(self, kind: str, words: str) -> str:
        if words not in self._holder_of:
            self._bind(words, self._next(kind))
        return self._holder_of[words]

    def _bind(self, words: str, holder: str) -> None:
        self._holder_of[words] = holder
        self._original_of[holder] = words

    def _next(self, kind: str) -> str:
        """The next placeholder of its kind that no text holds already."""
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            holder = f"[{kind}_{self._counts[kind]}]"
            if holder not in self._taken:
                return holder

    def _hold_number(self, match: re.Match[str]) -> str:
        words = match.group()
        digits = re.sub(r"\D", "", words)
        if len(digits) in _CARD_DIGITS and _passes_luhn(digits):
            return self._hold("CARD", words)
        amount = _AMOUNT_BEFORE.search(match.string, max(0, match.start() - 5), match.start())
        beside_days = re.sub(r"\D", "", _CALENDAR_DAY.sub("", words))
        if amount or len(beside_days) < _PHONE_DIGITS[0]:
            return words
        longer = len(digits) > _PHONE_DIGITS[-1]
        return self._hold("NUMBER" if longer else "PHONE", words)

    def _take_names(self, names: Sequence[Name]) -> re.Pattern[str] | None:
        forms: set[str] = set()
        self._base: dict[str, tuple[str, str]] = {}
        for name, side in names:
            whole = name.strip()
            if not whole or whole.lower() in _PLAIN_ROLES:
                continue
            kind = _ROLE_WORD.get(side, "PERSON")
            holder = self._next(kind).strip("[]")
            for at, form in enumerate([whole, *_parts(whole)]):
                if form.lower() not in self._base:
                    suffix = chr(ord("A") + min(at - 1, 25)) if at else ""
                    self._base[form.lower()] = (holder, suffix)
                    forms.add(form)
        if not forms:
            return None
        ordered = sorted(forms, key=len, reverse=True)
        plain = [re.escape(f) for f in ordered if f.lower() in _ALSO_WORDS]
        rare = [re.escape(f) for f in ordered if f.lower() not in _ALSO_WORDS]
        # a name that is a word too ("Will", "May") is replaced only as it is spelt
        either = "|".join([*([f"(?i:{'|'.join(rare)})"] if rare else []), *plain])
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)")

    def _hold_name(self, words: str) -> str:
        if words not in self._holder_of:
            holder, suffix = self._base[words.lower()]
            stem, extra = f"{holder}{suffix}", ""
            while f"[{stem}{extra}]" in self._original_of or f"[{stem}{extra}]" in self._taken:
                extra += "x"
            self._bind(words, f"[{stem}{extra}]")
        return self._holder_of[words]


def _parts(name: str) -> Iterator[str]:
    """The words of a name that stand for the person on their own."""
    words = _NAME_WORD.findall(re.sub(r"[(\[][^()\[\]]*[)\]]", "", name))
    spelt = any(w[0].isupper() for w in words)  # then "on" of "Kev on the till" is no name
    if len(words) > 1:
        for word in words:
            small = spelt and not word[0].isupper()
            if len(word) >= _MIN_PART and not small and word.lower() not in _PLAIN_ROLES:
                yield word


def _passes_luhn(digits: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def redactor_for(record: AuditRecord, *, names: bool) -> Redactor:
    """A redactor for a record's texts.

    Args:
        record: the record.
        names: whether participants' names (and the owner's) are replaced too.
    """
    activity = record.activity
    people = [Name(p.name, p.role) for p in activity.participants] if names else []
    if names and activity.owner and not _known(activity.owner, people):
        people.append(Name(activity.owner, Side.REP))
    texts = [activity.text, *(p.text for p in record.history)]
    if activity.next_activity:
        texts.append(activity.next_activity.subject)
    return Redactor(people, taken=texts)


def _known(owner: str, people: Sequence[Name]) -> bool:
    words = set(owner.lower().split())
    return any(words <= set(p.name.lower().split()) for p in people)
