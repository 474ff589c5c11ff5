"""Folds near-duplicates: one record stands for all that say the same in nearly the same words.

Candidates are the nearest neighbours by embedding (FAISS); they are folded only where the words
agree too, since an embedding that was trained on labels puts different stories of one kind side by
side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from auditor.domain.records import AuditRecord
from eval.labelling.outlook import Vectors
from eval.metrics import Ints

ALIKE = 0.7
"""Jaccard similarity of three-word runs from which texts count as near-duplicates.

Resemblance by runs of words: A. Broder et al. (1997), "Syntactic clustering of the web", who
cluster at 0.5; it is higher here, since notes that differ in the words that decide are not alike.
"""
NEIGHBOURS = 12
"""Neighbours looked at; a text pasted more often is folded over several steps."""
_DIGITS = re.compile(r"\d+(?:st|nd|rd|th)?")
_WORDS = re.compile(r"\w+")


def word_runs(record: AuditRecord) -> frozenset[str]:
    """The runs of three words of a record's own text, numbers made equal."""
    words = _WORDS.findall(_DIGITS.sub("0", record.activity.text.lower()))
    return frozenset(" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2)))


def resemblance(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard similarity, 0 to 1."""
    return len(a & b) / len(a | b) if a | b else 1.0


def fold(
    records: Sequence[AuditRecord], embeddings: Vectors, order: Sequence[int] | Ints
) -> dict[int, list[int]]:
    """Groups near-duplicates.

    Args:
        records: the records.
        embeddings: their unit vectors, shape (n, dimensions).
        order: which record speaks for its group: the first in this order that is not folded yet.

    Returns:
        The records that stand for a group, in that order, each with those folded into it.
    """
    import faiss

    runs = [word_runs(r) for r in records]
    index = faiss.IndexFlatIP(embeddings.shape[1])
    vectors = np.ascontiguousarray(embeddings, dtype=np.float32)
    index.add(vectors)
    _, near = index.search(vectors, min(NEIGHBOURS, len(records)))
    same = _by_runs(runs)
    heads: dict[int, list[int]] = {}
    taken: set[int] = set()
    for at in map(int, order):
        if at in taken:
            continue
        taken.add(at)
        close = [int(j) for j in near[at] if j >= 0 and resemblance(runs[at], runs[j]) >= ALIKE]
        heads[at] = [j for j in dict.fromkeys([*same[runs[at]], *close]) if j not in taken]
        taken.update(heads[at])
    return heads


def _by_runs(runs: Sequence[frozenset[str]]) -> dict[frozenset[str], list[int]]:
    """Records whose texts are equal but for case, numbers and punctuation."""
    found: dict[frozenset[str], list[int]] = {}
    for at, own in enumerate(runs):
        found.setdefault(own, []).append(at)
    return found
