"""Texts as the words and pairs of words that are a team's own: not those that everybody writes.

A vector is binary and of unit length over the words and neighbouring pairs that the given texts
hold, less the common ones (``models/common_wording.txt``: in more than 30 of the training notes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

COMMON_FILE = "common_wording.txt"
"""One word or pair a line, made of the training set by ``python -m eval.common_wording``."""
_WORD = re.compile(r"\w+")


@cache
def common_wording() -> frozenset[str]:
    """Words and pairs that everybody writes."""
    told = (files("auditor") / "models" / COMMON_FILE).read_text(encoding="utf-8")
    return frozenset(told.splitlines())


def wording(text: str) -> Iterator[str]:
    """The words of a text, case folded, then the pairs of neighbours."""
    words = _WORD.findall(text.casefold())
    yield from words
    yield from (f"{a} {b}" for a, b in pairwise(words))


class Wording:
    """A vocabulary of uncommon words and pairs, learned from texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Takes the texts' vocabulary, less what is common."""
        held = {word for text in texts for word in wording(text)} - common_wording()
        self._places = {word: i for i, word in enumerate(sorted(held))}

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, vocabulary); zero where no word of the vocabulary stands."""
        out = np.zeros((len(texts), len(self._places)), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            places = {self._places[w] for w in wording(text) if w in self._places}
            if places:
                row[sorted(places)] = len(places) ** -0.5
        return out
