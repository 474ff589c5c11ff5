"""Encodings, delimiters, quoting and broken records of CSV files."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.intake.delimited import RecordReader, sniff_delimiter
from auditor.intake.encoding import detect_encoding
from auditor.intake.report import IntakeReport

from .reading import read_text

HEADER = "id,deal id,date,notes\n"
_CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


def records(
    text: str, delimiter: str = ",", longest: int = 100_000
) -> tuple[list[list[str]], IntakeReport]:
    report = IntakeReport()
    lines = io.StringIO(text, newline="")
    reader = RecordReader(
        iter(lambda: lines.readline(longest + 1), ""),
        file="f.csv", delimiter=delimiter, longest=longest, bare_cr=False, report=report,
    )  # fmt: skip
    reader.width = 3
    return [record.values for record in reader], report


@given(
    st.lists(st.lists(_CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(",;\t|"),
)
def test_what_csv_writes_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    found, report = records(out.getvalue(), delimiter)
    assert found == rows
    assert report.error_count == 0


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    records(text)
    sniff_delimiter(text)


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE),
     ("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-le", b""), ("utf-16-be", b""), ("cp1252", b"")],
)  # fmt: skip
def test_each_encoding_gives_the_same_text(tmp_path: Path, encoding: str, bom: bytes) -> None:
    text = HEADER + '1,D1,2026-03-04,"Grüße – “café” für 5 €"\n'
    result = read_text(tmp_path, "notes.csv", bom + text.encode(encoding))
    assert [a.text for a in result.activities] == ["Grüße – “café” für 5 €"]
    assert result.problems == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.text(st.sampled_from("aeiouäöüßéèñ ."), min_size=4, max_size=60))
def test_windows_bytes_are_never_taken_for_utf8(text: str) -> None:
    raw = ("plain words before " + text).encode("cp1252")
    assert raw.decode(detect_encoding(raw)) == "plain words before " + text


def test_a_stray_windows_byte_deep_in_the_file_is_mended_and_said(tmp_path: Path) -> None:
    rows = "".join(f"{i},D,2026-03-04,plain words number {i}\n" for i in range(4000))
    raw = (HEADER + rows).encode() + b"x,D,2026-03-04,caf\xe9 \x96 noted\n"
    result = read_text(tmp_path, "notes.csv", raw)
    assert result.activities[-1].text == "café – noted"
    assert "Windows-1252" in result.said


@pytest.mark.parametrize("delimiter", list(",;|\t"))
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "deal id", "date", "notes"], ["1", "D1", "2026-03-04", "a, b; c | d"]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    result = read_text(tmp_path, "x.csv", out.getvalue())
    assert [a.text for a in result.activities] == ["a, b; c | d"]


def test_excels_sep_line_and_a_report_title_are_passed_over(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "r.csv",
        "sep=;\nMy report;;;\n;;;\nid;deal id;date;notes\n1;D;2026-03-04;hello there\n",
    )
    assert [a.text for a in result.activities] == ["hello there"]


def test_report_totals_at_the_end_are_no_rows(tmp_path: Path) -> None:
    foot = '"Grand Total","1","",""\n\n"Copyright (c) 2026 salesforce.com, inc."\n'
    result = read_text(tmp_path, "r.csv", HEADER + "1,D,2026-03-04,hello\n" + foot)
    assert len(result.activities) == 1
    assert result.problems == []


def test_quoted_newlines_and_doubled_quotes_stay_in_the_text(tmp_path: Path) -> None:
    result = read_text(
        tmp_path, "n.csv", HEADER + '1,D,2026-03-04,"She said ""no"".\r\nThen: bye"\r\n'
    )
    assert result.activities[0].text == 'She said "no".\r\nThen: bye'


BROKEN = [
    ("an unclosed quote", '2,D,2026-03-04,"never closed\n', "not closed", 3),
    ("a quote that is not doubled", '2,D,2026-03-04,"he said "no" to it"\n', "not doubled", 3),
    ("a NUL byte", "2,D,2026-03-04,a\0b\n", "NUL", 3),
    ("a bare carriage return", "2,D,2026-03-04,one\rtwo\n", "carriage return", 3),
    ("too few columns", "2,D\n", "2 columns where the header has 4", 3),
    ("too many columns", "2,D,2026-03-04,yes, but no\n", "5 columns where the header has 4", 3),
]


@pytest.mark.parametrize(
    ("row", "words", "line"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_a_broken_row_costs_one_error_with_its_line(
    tmp_path: Path, row: str, words: str, line: int
) -> None:
    good = "".join(f"{i},D,2026-03-04,fine words\n" for i in range(10, 30))
    result = read_text(tmp_path, "b.csv", HEADER + "1,D,2026-03-04,first\n" + row + good)
    assert len(result.problems) == 1
    assert words in result.problems[0]
    assert f"b.csv:{line}:" in result.problems[0]
    assert len(result.activities) == 21


def test_a_text_over_the_limit_is_reported_not_cut(tmp_path: Path) -> None:
    long = "word " * 500_000
    content = HEADER + f'1,D,2026-03-04,"{long}"\n2,D,2026-03-04,short\n'
    result = read_text(tmp_path, "long.csv", content)
    assert [a.text for a in result.activities] == ["short"]
    assert "2.5 MB" in result.problems[0]
    assert "--max-text-mb" in result.problems[0]
    raised = read_text(tmp_path, "long.csv", content, max_text_bytes=3_000_000)
    assert raised.activities[0].text == long


@pytest.mark.parametrize("newline", ["", "\n"])
def test_a_row_far_over_the_limit_is_passed_over_without_being_kept(newline: str) -> None:
    text = f'a,b,"{("x" * 99 + newline) * 5000}"\n1,2,3\n'
    found, report = records(text, longest=10_000)
    assert found == [["1", "2", "3"]]
    assert "0.5 MB" in str(report.errors[0])


def test_an_unclosed_quote_does_not_swallow_the_rows_after_it() -> None:
    text = 'a,b,"open\n' + "1,2,3\n" * 5000
    found, report = records(text, longest=10_000)
    assert len(found) == 5000
    assert report.error_count == 1


def test_five_hundred_columns_are_fine(tmp_path: Path) -> None:
    extra = [f"custom {i}" for i in range(496)]
    header = ",".join(["id", "deal id", "date", "notes", *extra])
    result = read_text(tmp_path, "w.csv", f"{header}\n1,D,2026-03-04,hello" + ",x" * 496 + "\n")
    assert [a.text for a in result.activities] == ["hello"]
    assert len(result.report.mappings[0].unused) == 496


def test_old_mac_line_ends_are_read(tmp_path: Path) -> None:
    result = read_text(tmp_path, "m.csv", HEADER.replace("\n", "\r") + "1,D,2026-03-04,hi there\r")
    assert [a.text for a in result.activities] == ["hi there"]
    assert result.problems == []
