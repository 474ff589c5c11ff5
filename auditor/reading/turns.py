"""Turns of a transcript, who spoke them, and which side of the sale the speaker is on.

A transcript's text is one turn a line, ``Name: words``, optionally opened by ``[hh:mm:ss]``.  A
side is taken from the participants where they are given, then from the activity's owner, then from
names such as "Agent" or "Customer"; else it is inferred from what the speakers say, with a warning.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from auditor.domain.records import Participant, Side

_TURN = re.compile(
    r"^[ \t]*(?:[\[(](?P<stamp>\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?)[\])][ \t]*)?"
    r"(?P<name>[^\W\d_][^:\n]{0,58}?)[ \t]*:[ \t]+(?=\S)",
    re.MULTILINE,
)
_SYSTEM = frozenset({"system", "bot", "recording", "automated voice", "operator recording"})
_REP_NAMES = frozenset(
    "rep agent sales seller salesperson sdr bdr ae host advisor adviser account manager persuader "
    "representative consultant us".split()
)
_BUYER_NAMES = frozenset(
    "buyer customer client prospect lead caller contact persuadee guest patient owner them".split()
)
_REP_CUES = re.compile(
    r"\b(?:i'?ll send|send (?:you|it) over|our (?:price|pricing|product|team|platform|software"
    r"|quote|proposal|offer)"
    r"|calling (?:from|about|to)|following up|i wanted to|just checking|does that work|would "
    r"(?:you|that) (?:be|work)"
    r"|can (?:we|i) (?:book|get|put)|put (?:that|it|you) in|my diary|we (?:offer|can do|have "
    r"customers)|happy to"
    r"|discount|our customers|walk you through|show you)\b",
    re.IGNORECASE,
)
_BUYER_CUES = re.compile(
    r"\b(?:your (?:price|pricing|product|quote|proposal|system|offer|people|company)|we(?:'re| "
    r"are) (?:looking|using|happy|fine|with)"
    r"|my (?:boss|manager|director|husband|wife|board|partner)|our (?:board|budget|current"
    r"|supplier|director|finance)"
    r"|how much|what does it cost|too (?:expensive|dear)|send me|we'?ve (?:gone|decided|signed|got)"
    r"|i(?:'d| would) have to|get back to you|who is this|not interested|call me)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Turn:
    """One turn of a transcript, as spans of the clean text."""

    speaker: str
    """The name as the transcript has it."""
    start: int
    """First code point of the line."""
    words_start: int
    """First code point of what was said."""
    end: int
    """One past the last code point of what was said."""
    side: Side = Side.UNKNOWN
    """Side of the sale."""
    stamp: str | None = None
    """Time stamp as written."""


@dataclass(frozen=True)
class Conversation:
    """All turns of a transcript."""

    turns: tuple[Turn, ...]
    """In text order."""
    inferred: bool = False
    """True where sides were guessed from the words."""

    def turn_at(self, at: int) -> Turn | None:
        """The turn whose line holds the code point, if any."""
        low, high = 0, len(self.turns)
        while low < high:
            mid = (low + high) // 2
            if self.turns[mid].start <= at:
                low = mid + 1
            else:
                high = mid
        turn = self.turns[low - 1] if low else None
        return turn if turn and at < turn.end else None


def split_turns(text: str) -> tuple[Turn, ...]:
    """Cuts a transcript into turns; lines without a name go on the turn before them."""
    found = list(_TURN.finditer(text))
    ends = [f.start() for f in found[1:]] + [len(text)] * bool(found)
    turns = []
    for match, limit in zip(found, ends, strict=True):
        end = match.end() + len(text[match.end() : limit].rstrip())
        turns.append(
            Turn(
                speaker=match["name"].strip(),
                start=match.start(),
                words_start=match.end(),
                end=end,
                stamp=match["stamp"],
            )
        )
    return tuple(turns)


def read_conversation(
    text: str, *, participants: Sequence[Participant] = (), owner: str | None = None
) -> Conversation:
    """Reads turns and gives each speaker a side.

    Args:
        text: clean transcript.
        participants: people with roles, where the source gave them.
        owner: the rep who logged the call, where known.
    """
    turns = split_turns(text)
    names = list(dict.fromkeys(t.speaker for t in turns))
    sides = {n: _known_side(n, participants, owner) for n in names}
    inferred = False
    if any(s is Side.UNKNOWN for s in sides.values()):
        inferred = _infer(text, turns, sides)
    return Conversation(tuple(replace(t, side=sides[t.speaker]) for t in turns), inferred)


def _known_side(name: str, participants: Sequence[Participant], owner: str | None) -> Side:
    lower = _plain(name)
    if lower in _SYSTEM:
        return Side.OTHER
    for person in participants:
        if person.role is not Side.UNKNOWN and _same_person(lower, _plain(person.name)):
            return person.role
    if owner and _same_person(lower, _plain(owner)):
        return Side.REP
    words = set(lower.split())
    if words & _REP_NAMES and not words & _BUYER_NAMES:
        return Side.REP
    return Side.BUYER if words & _BUYER_NAMES else Side.UNKNOWN


def _plain(name: str) -> str:
    return re.sub(r"(?:(?<!\s)\s+)?[(\[][^()\[\]]*[)\]]", "", name).strip().lower()


def _same_person(a: str, b: str) -> bool:
    """Same name, or one is a part of the other ("Dana" and "Dana Wolfe")."""
    if not a or not b:
        return False
    return a == b or set(a.split()) <= set(b.split()) or set(b.split()) <= set(a.split())


def _infer(text: str, turns: tuple[Turn, ...], sides: dict[str, Side]) -> bool:
    """Fills unknown sides in place from what the speakers say; True where it guessed."""
    lean: dict[str, int] = defaultdict(int)
    for turn in turns:
        words = text[turn.words_start : turn.end]
        lean[turn.speaker] += len(_REP_CUES.findall(words)) - len(_BUYER_CUES.findall(words))
    unknown = [n for n, s in sides.items() if s is Side.UNKNOWN]
    known = {s for s in sides.values() if s in (Side.REP, Side.BUYER)}
    if Side.REP in known:
        missing = Side.BUYER if Side.BUYER not in known else Side.UNKNOWN
        for name in unknown:
            sides[name] = missing if missing is Side.BUYER else _by_lean(lean[name])
        return True
    if len(unknown) >= 2 or Side.BUYER in known:
        rep = max(unknown, key=lambda n: lean[n])
        for name in unknown:
            sides[name] = Side.REP if name == rep else Side.BUYER
        return True
    return False


def _by_lean(lean: int) -> Side:
    return Side.REP if lean > 0 else Side.BUYER
