"""Files, folders, archives and standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import pytest

from auditor.intake import IntakeOptions, IntakeReport, read_paths

from .reading import read, read_text

CSV = "id,deal id,date,notes\n1,D1,2026-03-04,some words\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one.csv").write_text(CSV)
    (tmp_path / "a" / "b" / "2026-03-04_two.txt").write_text("He will think.")
    (tmp_path / ".hidden.csv").write_text(CSV)
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "run.py").write_text("print()")
    (tmp_path / "README.md").write_text("About")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    result = read(tmp_path)
    assert [a.id for a in result.activities] == ["a/b/2026-03-04_two.txt", "1"]
    assert result.problems == []
    for words in ("hidden", "binary", ".py files", "about the folder", "link to a folder"):
        assert words in result.said


def test_a_folder_of_binaries_is_a_clear_error(tmp_path: Path) -> None:
    for name in ("a.png", "b.bin", "c"):
        (tmp_path / name).write_bytes(PNG)
    result = read(tmp_path)
    assert result.problems == [f"{str(tmp_path)!r} holds no file that can be read as text"]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(PNG)
    (tmp_path / "b.csv").write_text("")
    (tmp_path / "c.csv").write_text(CSV)
    result = read(tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "none.csv", tmp_path / "c.csv")
    assert [a.id for a in result.activities] == ["1"]
    binary, empty, missing = result.problems
    assert "a binary file" in binary
    assert "the file is empty" in empty
    assert "no file or folder" in missing


def test_gzip_is_opened(tmp_path: Path) -> None:
    result = read_text(tmp_path, "a.csv.gz", gzip.compress(CSV.encode()))
    assert [a.text for a in result.activities] == ["some words"]


def test_a_zip_is_read_file_by_file_with_sidecars(tmp_path: Path) -> None:
    content = zipped(
        a__csv=CSV.encode(),
        call__vtt=b"WEBVTT\n\n00:01.000 --> 00:02.000\nDana: Hi\n",
        call__json=b'{"opportunity": "D7", "occurred_at": "2026-03-04"}',
        logo__png=PNG,
        inner__zip=zipped(a__csv=CSV.encode()),
    )
    result = read_text(tmp_path, "all.zip", content)
    assert [a.id for a in result.activities] == ["1", "all.zip!call.vtt"]
    assert [d.id for d in result.deals] == ["D7"]
    assert "archive inside an archive" in result.said
    assert "binary" in result.said


def test_an_archive_that_expands_past_the_limit_is_refused(tmp_path: Path) -> None:
    bomb = CSV.encode() + b"2,D1,2026-03-04," + b"x" * 5_000_000
    for name, content in (("a.csv.gz", gzip.compress(bomb)), ("a.zip", zipped(a__csv=bomb))):
        result = read_text(tmp_path, name, content, max_decompressed_bytes=1_000_000)
        assert "expands to more than 1,000,000 bytes" in result.problems[-1]


@pytest.mark.parametrize("cut", [20, 200])
def test_a_damaged_archive_is_a_clear_error(tmp_path: Path, cut: int) -> None:
    rows = "".join(f"{i},D1,2026-03-04,some words {i * i}\n" for i in range(500))
    whole = CSV.encode() + rows.encode()
    for name, content in (("a.csv.gz", gzip.compress(whole)), ("a.zip", zipped(a__csv=whole))):
        result = read_text(tmp_path, name, content[:-cut])
        assert len(result.problems) == 1
        assert "archive" in result.problems[0]


def test_a_zip_whose_bytes_were_changed_is_a_clear_error(tmp_path: Path) -> None:
    content = bytearray(zipped(a__csv=CSV.encode() * 50))
    content[60] ^= 0xFF
    result = read_text(tmp_path, "a.zip", bytes(content))
    assert len(result.problems) == 1


@pytest.mark.parametrize(
    "content",
    [CSV, '[{"id": "1", "date": "2026-03-04", "notes": "some words"}]',
     '{"id": "1", "date": "2026-03-04", "notes": "some words"}\n' * 2,
     "WEBVTT\n\n00:01.000 --> 00:02.000\nDana: some words\n",
     "1\n00:00:01,000 --> 00:00:02,000\nDana: some words\n", "some words"],
    ids=["csv", "json", "jsonl", "vtt", "srt", "text"],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, content: str, packed: bool
) -> None:
    raw = gzip.compress(content.encode()) if packed else content.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    report = IntakeReport()
    items = list(read_paths(["-"], options=IntakeOptions(), report=report))
    assert "some words" in items[-1].model_dump()["text"]
    assert report.errors == []


def test_a_zip_comes_through_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = zipped(a__csv=CSV.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    items = list(read_paths(["-"], options=IntakeOptions(), report=IntakeReport()))
    assert len(items) == 1


def test_xml_is_refused_with_what_to_give_instead(tmp_path: Path) -> None:
    result = read_text(tmp_path, "a.xml", '<?xml version="1.0"?><a/>')
    assert "CSV, JSON or text" in result.problems[0]


def test_an_unknown_encoding_is_a_clear_error(tmp_path: Path) -> None:
    result = read_text(tmp_path, "a.csv", CSV, encoding="klingon")
    assert "klingon" in result.problems[0]


def test_the_same_row_gets_the_same_id_each_time(tmp_path: Path) -> None:
    content = "deal id,date,notes\nD1,2026-03-04,some words\nD1,2026-03-05,some words\n"
    first = [a.id for a in read_text(tmp_path, "a.csv", content).activities]
    again = [a.id for a in read_text(tmp_path, "b.csv", content).activities]
    assert first == again
    assert len(set(first)) == 2
