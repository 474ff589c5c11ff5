"""Small inputs that stand for enormous ones are refused, or read at a bounded cost."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.domain.records import Activity
from auditor.intake import IntakeOptions, IntakeReport, assemble, read_paths
from tests.hostile.bending import zipped
from tests.hostile.bounds import peak_mb, within
from tests.hostile.samples import workbook

SHEET = "xl/worksheets/sheet1.xml"
_OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    before = peak_mb()
    with within(20):
        yield
    assert peak_mb() - before < 400


def problems_of(path: Path, **options: object) -> tuple[list[object], str]:
    report = IntakeReport()
    items: list[object] = list(
        read_paths([path], options=IntakeOptions(**options), report=report)  # type: ignore[arg-type]
    )
    return items, "\n".join(map(str, report.errors))


def a_book(folder: Path, **changed: bytes) -> Path:
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts |= {name.replace("__", "/"): content for name, content in changed.items()}
    path = folder / "bomb.xlsx"
    path.write_bytes(zipped(parts))
    return path


def sheet(rows: bytes, dimension: bytes = b"A1:B2") -> bytes:
    return (
        _OPEN + b'<dimension ref="' + dimension + b'"/><sheetData>' + rows
        + b"</sheetData></worksheet>"
    )  # fmt: skip


HEAD = b"".join(
    b'<c r="%s1" t="inlineStr"><is><t>%s</t></is></c>' % (column, name)
    for column, name in ((b"A", b"Deal ID"), (b"B", b"Date"), (b"C", b"Notes"))
)
LINE = (
    b'<c r="A%d" t="inlineStr"><is><t>D1</t></is></c>'
    b'<c r="B%d" t="inlineStr"><is><t>2026-03-04</t></is></c>'
    b'<c r="C%d" t="inlineStr"><is><t>Call back</t></is></c>'
)


def book_of(folder: Path, rows: bytes, dimension: bytes = b"A1:C2") -> Path:
    path = a_book(folder)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[SHEET] = sheet(b'<row r="1">' + HEAD + b"</row>" + rows, dimension)
    path.write_bytes(zipped(parts))
    return path


def test_a_workbook_is_not_believed_about_its_size(tmp_path: Path) -> None:
    rows = b'<row r="1048576">' + LINE % (1048576, 1048576, 1048576) + b"</row>"
    items, problems = problems_of(book_of(tmp_path, rows, b"A1:XFD1048576"))
    assert problems == ""
    assert [item.text for item in items if isinstance(item, Activity)] == ["Call back"]


def test_rows_beyond_excels_own_limit_end_the_sheet(tmp_path: Path) -> None:
    rows = b'<row r="99999999999">' + LINE % (9, 9, 9) + b"</row>"
    items, _ = problems_of(book_of(tmp_path, rows))
    assert [item for item in items if isinstance(item, Activity)] == []


def test_a_workbook_of_empty_rows_is_refused(tmp_path: Path) -> None:
    gap = b"".join(b'<row r="%d"/>' % number for number in (2, 1_048_576))
    path = book_of(tmp_path, gap)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet2.xml"] = parts[SHEET]
    path.write_bytes(zipped(parts))
    items, problems = problems_of(path)
    assert items == []
    assert problems == "" or "empty rows" in problems


def test_columns_past_a_tables_own_are_told(tmp_path: Path) -> None:
    wide = b"".join(b'<c r="XFD%d"><v>1</v></c>' % n for n in (2,))
    report = IntakeReport()
    path = book_of(tmp_path, b'<row r="2">' + LINE % (2, 2, 2) + wide + b"</row>")
    list(read_paths([path], options=IntakeOptions(), report=report))
    assert any("2,000th" in warning.text for warning in report.warnings)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/styles.xml", b"<styleSheet>" + b"<xf/>" * 3_000_000 + b"</styleSheet>"),
        ("xl/sharedStrings.xml", b"<sst>" + b"<si><t/></si>" * 9_000_000 + b"</sst>"),
        (SHEET, _OPEN + b"<sheetData>" + b" " * 120_000_000),
    ],
)
def test_a_part_that_expands_without_measure_is_refused(
    tmp_path: Path, part: str, content: bytes
) -> None:
    path = a_book(tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = content
    path.write_bytes(zipped(parts))
    assert path.stat().st_size < 1_000_000
    items, problems = problems_of(path)
    assert items == []
    assert "expands to" in problems


def test_entities_in_a_workbook_are_refused(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
    )
    content = laughs + b"]>" + _OPEN + b"<sheetData><row><c><v>&j;</v></c></row></sheetData>"
    path = a_book(tmp_path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in (SHEET, "xl/workbook.xml", "[Content_Types].xml"):
        path.write_bytes(zipped({**parts, name: content}))
        _, problems = problems_of(path)
        assert "can't be read" in problems, name


@pytest.mark.parametrize("name", ["t.csv.gz", "t.jsonl.gz", "t.txt.gz", "t.zip"])
def test_packed_files_stop_at_the_limit(tmp_path: Path, name: str) -> None:
    head = {"csv": b"id,deal id,date,notes\n", "jso": b"", "txt": b"Note\n", "zip": b""}[name[2:5]]
    line = (
        b'{"id": 1, "notes": "x", "date": "2026-03-04"}\n'
        if "jsonl" in name
        else b"1,D,2026-03-04,words\n"
    )
    content = head + line * 20_000
    path = tmp_path / name
    path.write_bytes(zipped({"a.csv": content}) if name == "t.zip" else gzip.compress(content))
    _, problems = problems_of(path, max_decompressed_bytes=150_000)
    assert "expands to more than" in problems or "MB" in problems


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b'[{"activity": {"text": ' + b"[" * 100_000,
        b"1" * 500_000,
        b'[{"id": ' + b"9" * 5_000 + b', "notes": "x", "date": "2026-03-04"}]',
        b'[{"id": 1e400000, "notes": "x", "date": "2026-03-04", "amount": 1e999999}]',
        b'[{"id": "\\ud800", "notes": "\\udc00 a \\ud83d\\ude00", "date": "2026-03-04"}]',
        b'[{"id": NaN, "notes": "x", "date": Infinity, "duration": -Infinity}]',
    ],
    ids=["lists", "objects", "cut off", "digits", "long id", "huge", "surrogates", "no numbers"],
)
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_json_that_is_deep_huge_or_odd_is_read_or_told(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(content)
    report = IntakeReport()
    items = list(read_paths([path], options=IntakeOptions(), report=report))
    for dossier in assemble(items, report=report):
        dossier.opportunity.model_dump_json().encode()
        for record in dossier.records:
            record.model_dump_json().encode()
    json.dumps(report.as_dict(), allow_nan=False)
    assert items or report.error_count


def test_a_row_of_a_million_columns_costs_one_error(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    wide = b"," * 1_000_000
    path.write_bytes(b"id,deal id,date,notes\n1,D,2026-03-04,w" + wide + b"x\n2,D,2026-03-05,v\n")
    items, problems = problems_of(path)
    assert [item.id for item in items if isinstance(item, Activity)] == ["2"]
    assert "1,000,004 columns" in problems or "1000004 columns" in problems


def test_a_header_of_a_million_columns_is_read_or_told(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = b",".join(b"c%d" % number for number in range(1_000_000))
    path.write_bytes(b"id,deal id,date,notes," + names + b"\n1,D,2026-03-04,w\n")
    items, problems = problems_of(path)
    assert items == []
    assert problems
