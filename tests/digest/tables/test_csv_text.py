"""No cell of a CSV file is a formula, numbers stay numbers, and what was done can be undone."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.digest.tables import Table, csv_bytes, neutralised, restored
from auditor.digest.tables.csv_text import LONGEST_CELL
from auditor.domain.verdict import Action
from tests.digest.tables.reading import computed, lines_of
from tests.hostile.bending import WORDS

_PIECES = st.sampled_from(
    (*"=+-@＝＋－＠﹫'\"; \t\r\n,aä0", "\u200b", "\xa0", "\u3000", "\ufeff", *WORDS)
)
TEXTS = st.lists(_PIECES | st.text(max_size=5), max_size=12).map("".join)
"""Text of what matters here, in every order."""


def file_of(*cells: object) -> bytes:
    return csv_bytes(Table("t", ("first", "second"), tuple((c, 1) for c in cells)))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20 7946 0000", "'+44 20 7946 0000"),
        ("-5 %", "'-5 %"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\u200b\ufeff\xa0=1", "'\u200b\ufeff\xa0=1"),
        ("＝1", "'＝1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\t=x", "'\t'=x"),
        ('"=1"', '\'"=1"'),
        ("'=1", "''=1"),
        ("a;=1", "a;'=1"),
        ('a;"=1', "a;'\"=1"),
        ("a\n- b", "a\n'- b"),
        ("Smith & Sons", "Smith & Sons"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("a = b; c", "a = b; c"),
        ("lee@example.com", "lee@example.com"),
        ("", ""),
    ],
)
def test_what_opens_like_a_formula_gets_an_apostrophe(told: str, written: str) -> None:
    assert neutralised(told) == written
    assert restored(written) == told


@given(TEXTS)
def test_an_apostrophe_is_all_that_is_added_and_it_is_taken_away_again(text: str) -> None:
    written = neutralised(text)
    assert restored(written) == text
    assert written.replace("'", "") == text.replace("'", "")


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_no_cell_is_computed_whatever_separates_them(texts: list[str]) -> None:
    content = file_of(*texts)
    assert computed(content) == []
    assert len(lines_of(content)) == len(texts)


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"])), min_size=1))
def test_texts_come_back_through_a_reader(texts: list[str]) -> None:
    assert [restored(line["first"]) for line in lines_of(file_of(*texts))] == texts


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(
    allow_nan=False, allow_infinity=False, places=2))  # fmt: skip
def test_numbers_stay_numbers(number: float | Decimal) -> None:
    content = file_of(number)
    cell = content.decode("utf-8-sig").split("\r\n")[1].removesuffix(",1")
    assert '"' not in cell
    assert type(number)(cell) == number


def test_each_kind_of_cell_is_written_in_one_way() -> None:
    table = Table(
        "t",
        ("=a", "b", "c", "d", "e", "f", "g", "h"),
        ((Decimal("1200.50"), Decimal("1E+3"), -5, True, date(2026, 3, 2), None, Action.CLOSE,
          float("nan")),),
    )  # fmt: skip
    assert (
        csv_bytes(table)
        == (
            '\ufeff"\'=a","b","c","d","e","f","g","h"\r\n'
            '1200.50,1000,-5,"yes","2026-03-02","","close",""\r\n'
        ).encode()
    )


def test_quotes_commas_and_line_breaks_stay_in_their_cell() -> None:
    told = 'He said "no", then\nleft'
    [line] = lines_of(file_of(told))
    assert line["first"] == told
    assert line["second"] == "1"


def test_control_and_direction_characters_are_shown_as_signs() -> None:
    [line] = lines_of(file_of("a\x1b[2J\u202eb\0\r\nc\ud800"))
    assert line["first"] == "a␛[2J\ufffdb␀\nc?"


def test_a_cell_is_cut_before_a_spreadsheet_breaks_it_up() -> None:
    [line] = lines_of(file_of("😀;=" * 20_000))
    assert len(line["first"]) == LONGEST_CELL
    assert len(line["first"].encode("utf-16-le")) // 2 < 32_767
    assert line["second"] == "1"


@pytest.mark.parametrize("unit", ["\n", ";", "'", '"', " ", "\t", ";'", "\u200b", "; ", "=;"])
def test_writing_takes_linear_time(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    started = time.process_time()
    restored(neutralised(text))
    assert time.process_time() - started < 2
