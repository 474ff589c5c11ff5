"""Cleaning drops markup and odd characters and always leads back to the raw text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.reading.cleaning import clean


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Left vm, will try Tuesday", "Left vm, will try Tuesday"),
        ("<p>Call <b>Thursday</b> &amp; sign</p><p>PO next</p>", "Call Thursday & sign\nPO next\n"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>demo Friday</li><li>no budget</li></ul>", "demo Friday\nno budget\n"),
        ("a < b, 5 <10 users & more", "a < b, 5 <10 users & more"),
        ("Agreed <s>Friday 3pm</s> Monday 9am", "Agreed Monday 9am"),
        ("Agreed ~~Friday 3pm~~ Monday 9am", "Agreed Monday 9am"),
        ('<span style="text-decoration: line-through">Friday</span> Monday', "Monday"),
        ("<script>alert(1)</script>ok", "ok"),
        ("<!-- hidden -->shown", "shown"),
        ("zero\u200bwidth and nbsp\u00a0here", "zerowidth and nbsp here"),
        ("\U0001d41b\U0001d428\U0001d425\U0001d41d \uff26\uff35", "bold FU"),
        ("x\r\n\r\n\r\n\r\ny", "x\n\ny"),
        ("~~never closed", "~~never closed"),
        ("<script>never closed", "never closed"),
    ],
)
def test_reads_as_a_person_would_see_it(raw: str, text: str) -> None:
    assert clean(raw).text == text


def test_a_plain_text_is_its_own_clean_text() -> None:
    mapped = clean("Board votes on the 14th.")
    assert mapped.text is mapped.raw


@given(st.text(alphabet=st.sampled_from("ab <>/&;~\n\r\t\u00a0\u200b!-sdelp\"'=#x1"), max_size=80))
def test_every_span_leads_back_inside_the_raw_text(raw: str) -> None:
    mapped = clean(raw)
    for start in range(len(mapped.text)):
        span = mapped.raw_span(start, start + 1)
        assert 0 <= span.start < span.end <= len(raw)
    if mapped.text:
        whole = mapped.raw_span(0, len(mapped.text))
        assert whole.start <= whole.end


@given(st.text(max_size=200))
def test_copied_characters_stand_unchanged_at_their_raw_place(raw: str) -> None:
    mapped = clean(raw)
    for at, char in enumerate(mapped.text):
        span = mapped.raw_span(at, at + 1)
        if span.end - span.start == 1 and raw[span.start].isalnum() and char.isascii():
            assert char in (raw[span.start], " ") or ord(raw[span.start]) > 127


@pytest.mark.parametrize(
    "piece", ["<s>", "<!--", "~~\n", "&", "<", "<p ", " \n", "<del>a</del ", "&#", "<div><div>"]
)
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    clean(piece * 20_000)
    assert time.process_time() - started < 2.0
