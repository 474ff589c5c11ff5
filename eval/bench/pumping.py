"""Strings that make a regular expression backtrack, built from the expression itself.

For each repetition in it: what fits before, then what is repeated many times, then something that
does not fit.  Besides, each of its literals and classes alone and in pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product
from re import _constants as sre  # type: ignore[attr-defined]  # the only parse tree there is
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_ENDS = ("", "\x00", "!", "\n", "a", " ")
_PLAIN = (
    "a",
    " ",
    "\n",
    "0",
    "a ",
    "A",
    "1 ",
    "-",
    "\t",
    ".",
    ", ",
    "a\n",
    " \n",
    "Aa ",
    "é",
    "a.",
)
_MOST_UNITS = 60
_MOST_SAMPLES = 4
_CLASS = {
    sre.CATEGORY_DIGIT: "7",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "x",
    sre.CATEGORY_NOT_SPACE: "x",
    sre.CATEGORY_NOT_WORD: "-",
}
_CANDIDATES = "aZ7 _-.\n,:;<>()[]{}\"'/@é\t\u2019"
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)


def pumped(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Strings of about ``length`` characters, each once."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    pumps = list(islice(dict.fromkeys(_pumps(tree, "")), _MOST_UNITS * 2))
    units = dict.fromkeys([unit for _, unit in pumps] + list(_atoms(tree)) + list(_PLAIN))
    known = [unit for unit in units if unit][:_MOST_UNITS]
    pairs = [a + b for a, b in product(known[:8], repeat=2) if a != b]
    seen: set[str] = set()
    for before, unit in [*pumps, *(("", unit) for unit in [*known, *pairs])]:
        if not unit:
            continue
        body = unit * max(3, length // len(unit))
        for end in _ENDS[:3] if before else _ENDS[:2]:
            text = before + body + end
            if text not in seen:
                seen.add(text)
                yield text


def _pumps(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    """What stands before each repetition, and what it repeats."""
    for operator, argument in tree:
        for inner in _inner(operator, argument):
            yield from _pumps(inner, before)
        if operator in _REPEATS and (argument[1] is sre.MAXREPEAT or argument[1] > 3):
            for unit in _samples(argument[2]):
                yield before, unit
                yield "", unit
                yield "", before + unit
        before += next(iter(_sample(operator, argument)), "")


def _inner(operator: Any, argument: Any) -> list[Any]:
    """The sequences inside a node."""
    if operator in _REPEATS:
        return [argument[2]]
    if operator is sre.BRANCH:
        return list(argument[1])
    if operator is sre.SUBPATTERN:
        return [argument[-1]]
    if operator is sre.ATOMIC_GROUP:
        return [argument]
    if operator in (sre.ASSERT, sre.ASSERT_NOT):
        return [argument[1]]
    return []


def _atoms(tree: Any) -> Iterator[str]:
    """Every literal and class of the expression."""
    for operator, argument in tree:
        if operator in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
            yield from islice(_sample(operator, argument), 2)
        for inner in _inner(operator, argument):
            yield from _atoms(inner)


def _samples(tree: Any) -> list[str]:
    """Strings that fit a sequence: a few of all its choices."""
    parts = [list(islice(_sample(op, arg), _MOST_SAMPLES)) or [""] for op, arg in tree]
    return list(dict.fromkeys(islice(("".join(each) for each in product(*parts)), 8)))


def _sample(operator: Any, argument: Any) -> Iterator[str]:
    if operator is sre.LITERAL:
        yield chr(argument)
    elif operator is sre.NOT_LITERAL:
        yield "a" if argument != ord("a") else "b"
    elif operator is sre.ANY:
        yield "a"
    elif operator is sre.IN:
        yield from _members(argument)
    elif operator in _REPEATS:
        yield from (unit * max(1, min(argument[0], 8)) for unit in _samples(argument[2]))
        if argument[0] == 0:
            yield ""
    elif operator is sre.BRANCH:
        for branch in argument[1]:
            yield from _samples(branch)[:1]
    elif operator is sre.SUBPATTERN:
        yield from _samples(argument[-1])
    elif operator is sre.ATOMIC_GROUP:
        yield from _samples(argument)
    elif operator is sre.ASSERT and argument[0] > 0:
        yield ""
        yield from _samples(argument[1])
    else:
        yield ""


def _members(items: Any) -> Iterator[str]:
    if items and items[0][0] is sre.NEGATE:
        source = "".join(f"\\u{ord(c):04x}" for c in _members(items[1:]))
        yield from (c for c in _CANDIDATES if f"\\u{ord(c):04x}" not in source)
        return
    for operator, argument in items:
        if operator is sre.LITERAL:
            yield chr(argument)
        elif operator is sre.RANGE:
            yield chr(argument[0])
            yield chr(argument[1])
        elif operator is sre.CATEGORY:
            yield _CLASS.get(argument, "a")
