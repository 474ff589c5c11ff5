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
_MOST_UNITS = 24
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
    found = dict.fromkeys(_pumps(tree, ""))
    endless = [(before, unit) for before, unit, is_endless in found if is_endless]
    counted = [(before, unit) for before, unit, is_endless in found if not is_endless]
    pumps = [*endless[: _MOST_UNITS * 3], *counted[:_MOST_UNITS]]
    units = dict.fromkeys([unit for _, unit in pumps] + list(_atoms(tree)) + list(_PLAIN))
    known = [unit for unit in units if unit][:_MOST_UNITS]
    pairs = [a + b for a, b in product(known[:5], repeat=2) if a != b]
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


def _pumps(tree: Any, before: str) -> Iterator[tuple[str, str, bool]]:
    """What stands before each repetition, what it repeats, and whether without end."""
    for operator, argument in tree:
        for inner in _inner(operator, argument):
            yield from _pumps(inner, before)
        if operator in _REPEATS and (argument[1] is sre.MAXREPEAT or argument[1] > 3):
            for unit in _samples(argument[2]):
                is_endless = argument[1] is sre.MAXREPEAT
                yield before, unit, is_endless
                yield "", unit, is_endless
                yield "", before + unit, is_endless
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
    """Strings that fit one node; those of what looks about but takes nothing are empty."""
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
        yield from [""] * (argument[0] == 0)
    elif operator is sre.ASSERT and argument[0] < 0:
        yield ""
    else:
        inner = [] if operator is sre.ASSERT_NOT else _inner(operator, argument)
        yield from dict.fromkeys(each for tree in inner for each in _samples(tree)[:2])
        yield from [""] * (operator is sre.ASSERT or not inner)


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
