"""The fence round text from outside: what stands in it is content, never an instruction.

The marks need no random part, since text inside can't hold them: runs of three or more angle
brackets are replaced, one for one, by look-alikes before the text is fenced.
"""

from __future__ import annotations

import re

OPEN = "<<<"
"""Opens a stretch of text from outside."""
CLOSE = ">>>"
"""Closes it."""

_RUN = re.compile(r"<{3,}|>{3,}")
_ALIKE = str.maketrans("<>", "‹›")
_BACK = str.maketrans("‹›", "<>")
_NEUTRAL_RUN = re.compile(r"‹{3,}|›{3,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def neutralise(text: str) -> str:
    """Text of the same length in which no fence mark, control character or half pair is left."""
    plain = _RUN.sub(lambda m: m.group().translate(_ALIKE), text)
    return _LONE_SURROGATE.sub("\ufffd", _CONTROL.sub(" ", plain))


def restore_marks(text: str) -> str:
    """Puts the angle brackets back into words quoted from neutralised text."""
    return _NEUTRAL_RUN.sub(lambda m: m.group().translate(_BACK), text)


def fenced(text: object) -> str:
    """Text from outside between the marks, its own marks neutralised."""
    inside = neutralise(str(text))
    edge = "\n" if "\n" in inside else ""
    return f"{OPEN}{edge}{inside}{edge}{CLOSE}"
