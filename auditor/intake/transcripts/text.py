"""Transcripts as plain text: ``Name: words`` lines, with or without times, and Otter's blocks."""

from __future__ import annotations

import re

from auditor.intake.transcripts.turns import Piece

_STAMP = r"[\[(]?(?P<stamp>(?:\d{1,2}:)?\d{1,2}:\d{2})(?:[.,]\d{1,3})?[\])]?"
_LINE = re.compile(
    rf"^[ \t]*(?:{_STAMP}[ \t]*(?:[-–][ \t]*)?)?"
    r"(?P<name>[^\W\d_](?:[^:\n\[\]]{0,57}?[^:\s\[\]])?)"
    r"[^\S\n]*(?:\((?P<after>(?:\d{1,2}:)?\d{1,2}:\d{2})\))?:(?:[ \t]+(?P<words>.*))?$"
)
_HEADING = re.compile(
    rf"^[ \t]*(?P<name>[^\W\d_](?:[^:\n]{{0,57}}?[^:\s])?)[^\S\n]+{_STAMP}[ \t]*$"
)
_NO_SPEAKERS = frozenset(
    "subject from to cc bcc date sent re fw fwd next step steps next steps action items actions "
    "notes note summary agenda outcome attendees participants time location background pain budget "
    "timeline authority need decision follow-up followup todo to-do update status stage amount "
    "contact phone email http https objections context call meeting recap key points ps nb tl;dr "
    "betreff von an datum objet de asunto onderwerp".split()
) | {"next steps", "next step", "action items", "key points", "key takeaways", "follow up"}
_MARKDOWN = re.compile(r"^[\s>*#-]+|\*\*")


def looks_like_turns(text: str) -> bool:
    """Tells whether a text is a transcript: most lines are turns, of speakers who speak again."""
    lines = [line for line in text[:20_000].split("\n") if line.strip()][:200]
    if len(lines) < 3:
        return False
    names = [name for line in lines if (name := _speaker(line)) is not None]
    blocks = [match["name"] for line in lines if (match := _HEADING.match(line))]
    if len(blocks) * 3 >= len(lines) and len(names) < len(blocks):
        names, share = blocks, 0.3
    else:
        share = 0.6
    people = set(names)
    if len(names) < 3 or len(names) < share * len(lines) or not 2 <= len(people) <= 30:
        return False
    return len(people) < len(names) and max(map(len, people)) <= 40


def read_text_turns(text: str) -> list[Piece]:
    """Reads the turns of a text transcript; a line without a name goes on the last turn."""
    pieces: list[Piece] = []
    speaker: str | None = None
    for line in text.split("\n"):
        bare = _MARKDOWN.sub("", line)
        match = _LINE.match(bare)
        heading = _HEADING.match(bare)
        if match and match["name"].strip().lower() not in _NO_SPEAKERS:
            speaker = match["name"].strip()
            start = _seconds(match["stamp"] or match["after"])
            pieces.append(Piece(speaker, match["words"] or "", start))
        elif heading and heading["name"]:
            speaker = heading["name"].strip()
            pieces.append(Piece(speaker, "", _seconds(heading["stamp"])))
        elif bare.strip():
            pieces.append(Piece(speaker, bare.strip()))
    return _carry_starts(pieces)


def _carry_starts(pieces: list[Piece]) -> list[Piece]:
    """Gives the time of a heading, which has no words, to the words below it."""
    carried: list[Piece] = []
    waiting: Piece | None = None
    for piece in pieces:
        if not piece.text:
            waiting = piece
            continue
        if waiting and piece.start is None and piece.speaker == waiting.speaker:
            piece = Piece(piece.speaker, piece.text, waiting.start)
        waiting = None
        carried.append(piece)
    return carried


def _speaker(line: str) -> str | None:
    match = _LINE.match(_MARKDOWN.sub("", line))
    if not match or match["words"] is None:
        return None
    name = match["name"].strip()
    return None if name.lower() in _NO_SPEAKERS or len(name.split()) > 5 else name


def _seconds(stamp: str | None) -> float | None:
    if not stamp:
        return None
    total = 0
    for part in stamp.split(":"):
        total = total * 60 + int(part)
    return float(total)
