"""Evidence is verbatim in the raw field, whole, and never turned round; the rest is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.classify.grounding import MAX_QUOTE, evidence_at, find_quote
from auditor.domain.verdict import EvidenceRole
from auditor.reading.prepared import SUBJECT, TEXT, Place, prepare
from tests.builders import a_pending, a_record, a_transcript

_CALL = "Dana: So Thursday at two?\nLee: We are not signing\nthis year, Dana.\nDana: Right."


def _quote(text: str, words: str) -> str | None:
    record = prepare(a_record(text))
    start = record.text.index(words)
    place = Place(TEXT, start, start + len(words))
    found = evidence_at(record, place, role=EvidenceRole.DECIDING)
    return found.quote if found else None


@pytest.mark.parametrize(
    ("text", "words", "quote"),
    [
        ("Board votes on the 14th.", "votes on the 14", "votes on the 14th"),
        ("They have not signed yet", "signed", "not signed"),
        ("She didn't agree to Tuesday", "agree to Tuesday", "didn't agree to Tuesday"),
        ("no longer a priority for them", "a priority", "no longer a priority"),
        (" , going with Acme ; ", " , going with Acme ; ", "going with Acme"),
        ("I do not know. Call Tuesday", "Call Tuesday", "Call Tuesday"),
    ],
)
def test_a_place_is_snapped_and_widened_over_a_negation(text: str, words: str, quote: str) -> None:
    assert _quote(text, words) == quote


def test_a_quote_from_markup_is_verbatim_in_the_raw_field() -> None:
    raw = "<p>Call <b>Thursday</b> &amp; sign</p>"
    record = prepare(a_record(raw))
    found = evidence_at(record, Place(TEXT, 0, len("Call Thursday")), role=EvidenceRole.DECIDING)
    assert found is not None
    assert found.quote == "Call <b>Thursday"
    assert raw[found.start : found.end] == found.quote


def test_a_transcript_quote_stays_inside_its_turn_and_names_the_speaker() -> None:
    record = prepare(a_transcript(_CALL))
    start = record.text.index("Lee:")
    found = evidence_at(record, Place(TEXT, start, len(record.text)), role=EvidenceRole.DECIDING)
    assert found is not None
    assert found.speaker == "Lee"
    assert found.quote == "We are not signing\nthis year, Dana."


def test_the_pending_subject_may_be_evidence() -> None:
    record = prepare(a_record("vm", pending=a_pending(None, "Chase PO")))
    found = evidence_at(record, Place(SUBJECT, 0, 8), role=EvidenceRole.SUPPORTING)
    assert found is not None
    assert (found.field, found.quote) == (SUBJECT, "Chase PO")


@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_place_gives_a_verbatim_quote_or_none(text: str, start: int, size: int) -> None:
    record = prepare(a_record(text))
    found = evidence_at(record, Place(TEXT, start, start + size), role=EvidenceRole.DECIDING)
    if found is not None:
        assert text[found.start : found.end] == found.quote
        assert found.quote


def test_a_copy_of_the_whole_record_is_no_quote() -> None:
    record = prepare(a_record("word " * 400))
    assert evidence_at(record, Place(TEXT, 0, MAX_QUOTE + 50), role=EvidenceRole.DECIDING) is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Board votes on the 14th.", "board votes on the 14th"),
        ("She said “yes” — we’re in", 'said "yes" - we\'re in'),
        ("two\n\nlines here", "two lines here"),
    ],
)
def test_words_that_differ_only_in_form_are_found(text: str, quote: str) -> None:
    located = find_quote(prepare(a_record(text)), quote)
    assert located.place is not None


@pytest.mark.parametrize(
    ("quote", "problem"),
    [
        ("they are signing on the 14th", "negation"),
        ("they are not signing on the 15th", "number"),
        ("they are not signing on Monday the 14th", "date"),
        ("the chairman is enthusiastic about pallets", "not in the record"),
        ("signing on the 14th of May", "negation"),
        ("", "empty"),
        ("x" * (MAX_QUOTE + 1), "longer"),
    ],
)
def test_words_that_are_not_there_are_refused_with_the_difference(quote: str, problem: str) -> None:
    text = "They are not signing on the 14th of May, since the board is away on Friday."
    located = find_quote(prepare(a_record(text)), quote)
    assert located.place is None
    assert problem in (located.problem or "")


def test_a_quote_put_in_another_mouth_is_refused() -> None:
    record = prepare(a_transcript(_CALL))
    located = find_quote(record, "So Thursday at two?", speaker="Lee")
    assert located.place is None
    assert "'Dana'" in (located.problem or "")
    assert find_quote(record, "So Thursday at two?", speaker="Dana").place is not None


def test_a_part_of_a_word_is_not_found() -> None:
    assert find_quote(prepare(a_record("prepaid order")), "paid order").place is None
