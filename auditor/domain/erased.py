"""An erased person: how their name and address are found in texts, and told again by hash only.

A person is known by names and e-mail addresses.  Who takes part in an activity is found by either;
in running text addresses and names of two words and more are struck out, and in what is logged on
opportunities that they belong to, their first name too.  What is kept afterwards are keyed hashes
of these, by which an import that brings them again is recognised (``Forgotten``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel

from auditor.domain.records import (
    Activity,
    AuditRecord,
    NextActivity,
    Opportunity,
    Participant,
    Side,
)

M = TypeVar("M", bound=BaseModel)
ERASED = "[erased]"
"""Stands where a name or an address stood."""
_TOKEN = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+|\w+")
_MOST_WORDS = 5
_GAP = re.compile(r"[\s.,'’-]{0,3}")
_SHORTEST_FIRST_NAME = 2


def fold(text: str) -> str:
    """A name or address with case, blanks and punctuation levelled."""
    return " ".join(t.casefold() for t in _TOKEN.findall(text))


@dataclass(frozen=True)
class Spot:
    """One to five words of a text that may be somebody."""

    start: int
    """First code point."""
    end: int
    """One past the last."""
    folded: str
    """As ``fold`` gives it."""
    words: int
    """How many words; an address is one."""


def spots(text: str, sizes: Iterable[int]) -> Iterator[Spot]:
    """Every run of words of the given lengths that could be a name."""
    tokens = [(m.start(), m.end(), m[0].casefold()) for m in _TOKEN.finditer(text)]
    for size in sizes:
        for i in range(len(tokens) - size + 1):
            run = tokens[i : i + size]
            gaps = (text[a[1] : b[0]] for a, b in pairwise(run))
            if all(_GAP.fullmatch(gap) for gap in gaps):
                yield Spot(run[0][0], run[-1][1], " ".join(t[2] for t in run), size)


@dataclass(frozen=True)
class Person:
    """Who is to be erased."""

    names: frozenset[str] = frozenset()
    """Folded names."""
    addresses: frozenset[str] = frozenset()
    """Folded e-mail addresses."""

    @classmethod
    def of_key(cls, key: str) -> Person:
        """Reads an address or a name."""
        folded = fold(key)
        if "@" in folded:
            return cls(addresses=frozenset({folded}))
        return cls(names=frozenset({folded}) if folded else frozenset())

    def is_one(self, participant: Participant) -> bool:
        """Whether a participant is the person; reps are not contacts."""
        if participant.role is Side.REP:
            return False
        address = fold(participant.email or "")
        return bool(address and address in self.addresses) or fold(participant.name) in self.names

    def also(self, participants: Iterable[Participant]) -> Person:
        """The person with the names and addresses that participants who are them go by."""
        own = [p for p in participants if self.is_one(p)]
        names = {fold(p.name) for p in own} - {""}
        addresses = {fold(p.email) for p in own if p.email} - {""}
        return Person(self.names | names, self.addresses | addresses)

    @property
    def first_names(self) -> frozenset[str]:
        """First words of the names; only looked for on the person's own opportunities."""
        first = {name.split()[0] for name in self.names if "@" not in name}
        return frozenset(n for n in first if len(n) >= _SHORTEST_FIRST_NAME)


Places = frozenset[tuple[str, str]]
"""Opportunities by source and id."""


@dataclass(frozen=True)
class Forgotten:
    """Hashes of erased persons: enough to know them again, not to tell who they were."""

    salt: bytes
    """Keys the hashes; the same for all."""
    hashes: frozenset[str] = frozenset()
    """Of names, addresses and, by opportunity, first names."""
    sizes: frozenset[int] = field(default=frozenset())
    """Word counts of the names among them."""

    def hash_of(self, kind: str, folded: str, place: tuple[str, str] | None = None) -> str:
        """Keyed hash (BLAKE2b, 128 bits) of a name (``p`` of a participant, ``n`` in text)."""
        told = "\x1f".join((kind, folded, *(place or ())))
        digest = hashlib.blake2b(
            told.encode("utf-8", "surrogatepass"), key=self.salt, digest_size=16
        )
        words = 1 if place or "@" in folded else len(folded.split())
        return f"blake2b:{self.salt.hex()}:{words}:{digest.hexdigest()}"

    def with_person(self, person: Person, places: Places) -> Forgotten:
        """With one more."""
        hashes = {self.hash_of("p", name) for name in person.names}
        hashes |= {self.hash_of("p", address) for address in person.addresses}
        told = {n for n in person.names if len(n.split()) > 1} | person.addresses
        hashes |= {self.hash_of("n", each) for each in told}
        for place in places:
            hashes |= {self.hash_of("f", name, place) for name in person.first_names}
        return read_forgotten(self.hashes | hashes, self.salt)

    def is_one(self, participant: Participant) -> bool:
        """Whether a participant was erased."""
        if participant.role is Side.REP:
            return False
        told = [fold(participant.name), fold(participant.email or "")]
        return any(each and self.hash_of("p", each) in self.hashes for each in told)

    def strike(self, text: str, place: tuple[str, str] | None = None) -> str:
        """The text with names and addresses struck out; the same where there are none."""
        found = [s for s in spots(text, sorted(self.sizes | {1})) if self._is_told(s, place)]
        out, at = [], 0
        for spot in sorted(found, key=lambda s: (s.start, -s.end)):
            if spot.start >= at:
                out += [text[at : spot.start], ERASED]
                at = spot.end
        return "".join([*out, text[at:]]) if found else text

    def _is_told(self, spot: Spot, place: tuple[str, str] | None) -> bool:
        if spot.words > 1 or "@" in spot.folded:
            return self.hash_of("n", spot.folded) in self.hashes
        return place is not None and self.hash_of("f", spot.folded, place) in self.hashes


def read_forgotten(hashes: Iterable[str], salt: bytes) -> Forgotten:
    """What is kept of erased persons, from the stored hashes."""
    kept = frozenset(hashes)
    sizes = {int(h.split(":")[2]) for h in kept}
    return Forgotten(salt, kept, frozenset(n for n in sizes if 0 < n <= _MOST_WORDS))


def forget_in_activity(
    forgotten: Forgotten, activity: Activity, place: tuple[str, str] | None
) -> Activity:
    """The activity without erased persons: no text where one takes part, else struck out."""
    strike = _striker(forgotten, place)
    people = tuple(p for p in activity.participants if not forgotten.is_one(p))
    took_part = len(people) < len(activity.participants)
    return _changed(
        activity,
        participants=people,
        text="" if took_part else strike(activity.text),
        subject=None if took_part or activity.subject is None else strike(activity.subject),
        next_activity=forget_in_plan(strike, activity.next_activity),
    )


def forget_in_opportunity(
    forgotten: Forgotten, deal: Opportunity, place: tuple[str, str] | None
) -> Opportunity:
    """The opportunity with erased persons struck out of its name, account and plan."""
    strike = _striker(forgotten, place)
    told: dict[str, Any] = {
        name: strike(value)
        for name in ("name", "account", "lost_reason")
        if isinstance(value := getattr(deal, name), str)
    }
    return _changed(deal, **told, next_activity=forget_in_plan(strike, deal.next_activity))


def forget_in_record(
    forgotten: Forgotten, record: AuditRecord, place: tuple[str, str] | None
) -> AuditRecord:
    """The record without erased persons, its history included."""
    strike = _striker(forgotten, place)
    history = tuple(
        _changed(
            past, text=strike(past.text), next_activity=forget_in_plan(strike, past.next_activity)
        )
        for past in record.history
    )
    return AuditRecord.model_construct(
        _fields_set=record.model_fields_set,
        opportunity=forget_in_opportunity(forgotten, record.opportunity, place),
        activity=forget_in_activity(forgotten, record.activity, place),
        history=history,
    )


def forget_in_json(strike: Callable[[str], str], value: Any) -> Any:
    """A JSON value with every string struck through."""
    if isinstance(value, str):
        return strike(value)
    if isinstance(value, list):
        return [forget_in_json(strike, each) for each in value]
    if isinstance(value, dict):
        return {key: forget_in_json(strike, each) for key, each in value.items()}
    return value


def forget_in_plan(
    strike: Callable[[str], str], pending: NextActivity | None
) -> NextActivity | None:
    """A pending activity with its subject struck through."""
    return None if pending is None else _changed(pending, subject=strike(pending.subject))


def _striker(forgotten: Forgotten, place: tuple[str, str] | None) -> Callable[[str], str]:
    return lambda text: forgotten.strike(text, place)


def _changed(value: M, **told: Any) -> M:
    """A copy in which only what differs is set, so that what was not told stays untold."""
    differs = {name: new for name, new in told.items() if getattr(value, name) != new}
    return value.model_copy(update=differs) if differs else value
