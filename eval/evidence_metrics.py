"""Scores of quoted evidence: is it verbatim, does the deciding quote hit, do the words agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Evidence, EvidenceRole
from auditor.reading.prepared import raw_fields

_TOKEN = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True)
class EvidenceScores:
    """How well quotes agree with those that people marked; None where nothing was to score."""

    verbatim_rate: float | None
    """Share of predicted quotes that stand word for word at the place given."""
    deciding_hit_rate: float | None
    """Share of records with gold quotes whose deciding quote overlaps one of them."""
    token_f1: float | None
    """Mean over records of the F1 of quoted words."""
    n_quotes: int
    """Predicted quotes."""
    n_records: int
    """Records with gold quotes."""


@dataclass(frozen=True)
class RecordEvidence:
    """Evidence scores of one record."""

    verbatim: tuple[bool, ...]
    """For each predicted quote."""
    deciding_hit: bool | None
    """None where the record has no gold quote."""
    token_f1: float | None
    """None where the record has no gold quote."""


def score_evidence(
    record: AuditRecord, gold: Sequence[str], predicted: Sequence[Evidence]
) -> RecordEvidence:
    """Scores the quotes of one record.

    A gold quote stands wherever its words occur in the raw fields.  *Deciding hit*: the deciding
    quote (the first where none is marked so) shares at least one character with a gold quote in the
    same field; none at all is a miss.  *Token F1*: words by their place, as in J. DeYoung et al.
    (2020), "ERASER: a benchmark to evaluate rationalized NLP models" (token-level F1, averaged
    over records).  *Verbatim*: H. Rashkin et al. (2023), "Measuring attribution in natural language
    generation models", in its strictest form: equal characters at the place given.
    """
    texts = dict(raw_fields(record))
    verbatim = tuple(is_verbatim(e, texts) for e in predicted)
    places = [p for quote in gold for p in occurrences(quote, texts)]
    if not places:
        return RecordEvidence(verbatim, None, None)
    deciding = next((e for e in predicted if e.role is EvidenceRole.DECIDING), None)
    deciding = deciding or next(iter(predicted), None)
    hit = deciding is not None and any(
        deciding.field == name and deciding.start < end and start < deciding.end
        for name, start, end in places
    )
    spans = [(e.field, e.start, e.end) for e in predicted]
    return RecordEvidence(verbatim, hit, _f1(_tokens(spans, texts), _tokens(places, texts)))


def is_verbatim(evidence: Evidence, texts: Mapping[str, str]) -> bool:
    """Whether a quote stands character for character at its place in the raw field."""
    text = texts.get(evidence.field)
    return (
        text is not None
        and bool(evidence.quote)
        and text[evidence.start : evidence.end] == (evidence.quote)
    )


def occurrences(quote: str, texts: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    """Every place where a quote stands, as (field, start, end)."""
    for name, text in texts.items():
        at = text.find(quote) if quote else -1
        while at >= 0:
            yield name, at, at + len(quote)
            at = text.find(quote, at + 1)


def _tokens(
    spans: Sequence[tuple[str, int, int]], texts: Mapping[str, str]
) -> set[tuple[str, int]]:
    """The words that spans touch, each by its field and start."""
    found = set()
    for name, start, end in spans:
        for token in _TOKEN.finditer(texts.get(name, "")):
            if token.start() < end and start < token.end():
                found.add((name, token.start()))
    return found


def _f1(predicted: set[tuple[str, int]], gold: set[tuple[str, int]]) -> float:
    if not predicted and not gold:
        return 1.0
    return 2 * len(predicted & gold) / (len(predicted) + len(gold))


def summarise_evidence(scored: Sequence[RecordEvidence]) -> EvidenceScores:
    """Scores over a set."""
    quotes = [v for s in scored for v in s.verbatim]
    hits = [s.deciding_hit for s in scored if s.deciding_hit is not None]
    words = [s.token_f1 for s in scored if s.token_f1 is not None]
    return EvidenceScores(
        verbatim_rate=sum(quotes) / len(quotes) if quotes else None,
        deciding_hit_rate=sum(hits) / len(hits) if hits else None,
        token_f1=sum(words) / len(words) if words else None,
        n_quotes=len(quotes),
        n_records=len(hits),
    )
