"""Bad input of every sort: a clear error, never a traceback, never a silent loss."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.errors import RowError

from .reading import dossiers, read, read_text

SUFFIXES = ("csv", "tsv", "json", "jsonl", "vtt", "srt", "txt", "gz", "zip", "xlsx", "")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\0" * 64, b"PK\x03\x04", b"\x1f\x8b"]
)
def test_empty_and_cut_off_files_are_one_error(tmp_path: Path, suffix: str, content: bytes) -> None:
    result = read_text(tmp_path, f"f.{suffix}" if suffix else "f", content)
    assert result.items == []
    assert len(result.problems) == 1
    assert "f" in result.problems[0]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(st.binary(max_size=200), st.sampled_from(SUFFIXES))
def test_any_bytes_are_records_or_a_report(tmp_path: Path, content: bytes, suffix: str) -> None:
    result = read_text(tmp_path, f"2026-03-04_f.{suffix}" if suffix else "f", content)
    assert (
        result.items
        or result.report.error_count
        or any(tally.skipped for tally in result.report.files.values())
    )
    dossiers(*result.items)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(st.integers(0, 10**6))
def test_a_damaged_export_loses_no_row_silently(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    rows = [f'{i},D{i % 3},2026-03-0{1 + i % 9},"words of row {i}"' for i in range(40)]
    for place in chance.sample(range(0, 40, 4), 3):
        at = chance.randrange(len(rows[place]) + 1)
        junk = chance.choice(['"', ",", "\0", "\r", "\xff", "\n"])
        rows[place] = rows[place][:at] + junk + rows[place][at:]
    text = "id,deal id,date,notes\n" + "\n".join(rows) + "\n"
    result = read_text(tmp_path, "d.csv", text.encode("latin-1"))
    missing = 40 - len(result.activities)
    assert missing <= result.report.error_count
    assert missing <= 6


def test_a_huge_note_is_reported_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as out:
        for _ in range(30):
            out.write(b"word " * 200_000)
    result = read(path)
    assert isinstance(result.report.errors[0], RowError)
    assert "MB" in result.problems[0]
    assert "--max-text-mb" in result.problems[0]


def test_problems_past_the_limit_are_counted_and_heard(tmp_path: Path) -> None:
    from auditor.intake import IntakeOptions, IntakeReport, read_paths

    rows = "".join(f"{i},D,never,words\n" for i in range(1500))
    path = tmp_path / "f.csv"
    path.write_text("id,deal id,date,notes\n1,D,2026-03-04,w\n" + "2,D,2026-03-04,w\n" * 600 + rows)
    heard: list[str] = []
    report = IntakeReport(on_problem=lambda problem: heard.append(str(problem)))
    list(read_paths([path], options=IntakeOptions(), report=report))
    assert report.error_count == len(heard) == 1500
    assert len(report.errors) == 1000
    assert report.as_dict()["rejected"] == 1500
