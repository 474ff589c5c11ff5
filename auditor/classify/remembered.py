"""Opinions kept in memory for records that come again, as notes pasted on many opportunities do.

What is kept is bounded by its size, not by its number alone: an opinion on a transcript of hundreds
of turns takes as much as those on a hundred notes.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import Lock

from auditor.classify.encoder_input import EncoderInput
from auditor.classify.protocol import Opinion

MOST_RECORDS = 50_000
"""Records kept."""
MOST_CHARS = 15_000_000
"""Characters of their texts; an opinion takes 10 to 30 bytes a character, mostly for clauses."""


class RememberedOpinions:
    """The opinions used last; may be shared between threads."""

    def __init__(self, *, most: int = MOST_RECORDS, most_chars: int = MOST_CHARS) -> None:
        self._most, self._most_chars = most, most_chars
        self._kept: OrderedDict[EncoderInput, tuple[Opinion, array[float]]] = OrderedDict()
        self._chars = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def recall(self, inputs: Iterable[EncoderInput]) -> dict[EncoderInput, Opinion]:
        """Those that are kept."""
        with self._lock:
            found = {key: self._kept[key] for key in inputs if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        return {key: replace(o, embedding=tuple(e)) for key, (o, e) in found.items()}

    def remember(self, new: Mapping[EncoderInput, Opinion]) -> None:
        """Keeps opinions, and drops those not used for longest where there is no room."""
        packed = {k: (replace(o, embedding=()), array("f", o.embedding)) for k, o in new.items()}
        with self._lock:
            self._chars += sum(_chars(key) for key in packed if key not in self._kept)
            self._kept |= packed
            while len(self._kept) > self._most or self._chars > self._most_chars:
                self._chars -= _chars(self._kept.popitem(last=False)[0])

    def forget(self) -> int:
        """Drops all, texts too; returns how many."""
        with self._lock:
            number = len(self._kept)
            self._kept.clear()
            self._chars = 0
        return number


def _chars(given: EncoderInput) -> int:
    return len(given.text) + sum(len(past.text) for past in given.history)
