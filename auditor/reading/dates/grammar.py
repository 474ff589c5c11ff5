"""Where rules are found by the word they begin with, and the longest reading wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from auditor.reading.dates.node import Node
from auditor.reading.dates.page import Page

Rule = Callable[[Page, int], Node | None]
"""Reads the expression that begins at the word of that index, or returns None."""

Suffix = Callable[[Page, Node], Node]
"""Lengthens a node where the words after it belong to it ("Thursday" + "week")."""

DIGITS = "#"
"""The key under which rules for numbers in digits stand."""

_RULES: dict[str, tuple[Rule, ...]] = {}
_SUFFIXES: list[tuple[int, Suffix]] = []
_DEEPEST = 3
"""``the week of the day after the end of May`` is as deep as people go."""


def rule(*words: str | Iterable[str]) -> Callable[[Rule], Rule]:
    """Registers a rule under each word that it can begin with."""
    names = [name for word in words for name in ([word] if isinstance(word, str) else word)]

    def register(function: Rule) -> Rule:
        for name in names:
            _RULES[name] = (*_RULES.get(name, ()), function)
        return function

    return register


def suffix(order: int) -> Callable[[Suffix], Suffix]:
    """Registers what may lengthen a node; lower orders are tried first."""

    def register(function: Suffix) -> Suffix:
        _SUFFIXES.append((order, function))
        _SUFFIXES.sort(key=lambda entry: entry[0])
        return function

    return register


def begins(word: str) -> bool:
    """Whether any rule begins with the word."""
    return word in _RULES or word[0] in "0123456789"


def read(page: Page, index: int) -> Node | None:
    """The longest expression that begins at that word."""
    word = page.words[index]
    if not word:
        return None
    rules = _RULES.get(DIGITS if word[0] in "0123456789" else word)
    if rules is None or page.depth >= _DEEPEST:
        return None
    page.depth += 1
    try:
        best: Node | None = None
        for function in rules:
            node = function(page, index)
            if node is not None and (best is None or node.stop > best.stop):
                best = node
        if best is not None:
            for _, lengthen in _SUFFIXES:
                best = lengthen(page, best)
        return best
    finally:
        page.depth -= 1


def read_day(page: Page, index: int) -> Node | None:
    """The longest expression there, if it is one day."""
    node = read(page, index)
    return node if node is not None and node.is_day else None
