"""A large export is read, and gathered, in flat memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from auditor.domain.records import Activity
from auditor.intake import IntakeOptions, IntakeReport, assemble, read_paths
from auditor.intake.json_stream import JsonStream

ROWS = 200_000


def write_rows(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write("Id,WhatId,Subject,Description,ActivityDate,Status\n")
        for i in range(rows):
            out.write(
                f'T{i},006{i % 999},Call,"Spoke to buyer {i},\nno date",3/{1 + i % 28}/2026,Done\n'
            )


def test_reading_rows_takes_memory_that_does_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    write_rows(path, ROWS)
    report = IntakeReport()
    items = read_paths([path], options=IntakeOptions(), report=report)
    for _ in range(2_000):
        next(items)
    tracemalloc.start()
    try:
        for _ in range(8_000):
            next(items)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    left = sum(1 for _ in items)
    assert peak < 2_000_000
    assert left == ROWS - 10_000
    assert report.error_count == 0


def test_gathering_keeps_python_memory_flat() -> None:
    def items() -> Iterator[Activity]:
        for i in range(20_000):
            yield Activity(
                id=str(i), opportunity_id=f"D{i % 5000}", text=f"some words {i} " * 30,
                occurred_at=datetime(2026, 3, 1 + i % 28),
            )  # fmt: skip

    tracemalloc.start()
    try:
        count = sum(len(dossier.records) for dossier in assemble(items()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 6_000_000, "their texts alone are 9 MB"


def test_a_json_list_is_never_held_whole() -> None:
    text = "[" + ",".join(f'{{"id": {i}, "note": "{"words " * 50}"}}' for i in range(30_000)) + "]"
    stream = io.StringIO(text)
    tracemalloc.start()
    try:
        count = sum(1 for _ in JsonStream(stream, "f"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 30_000
    assert peak < len(text) / 3
