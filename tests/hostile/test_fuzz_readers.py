"""Whatever a file holds, reading it gives records or clear errors; no crash, hang or blow-up."""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.classify.registry import make_classifier, make_policy
from auditor.classify.verdicts import judge
from auditor.errors import AuditorError
from auditor.intake import IntakeOptions, IntakeReport, assemble, read_paths
from auditor.settings import Settings
from tests.hostile.bending import bent_bytes, bent_json, bent_zip, fuzzed, zipped
from tests.hostile.bounds import GROWTH_MB, peak_mb, within
from tests.hostile.samples import (
    CSV,
    DEALS,
    MAIL,
    OBJECTS,
    SIDECAR,
    SRT,
    TRANSCRIPTS,
    TXT,
    VTT,
    workbook,
)

SETTINGS = Settings(classifier="rules")
RULES = make_classifier("rules", SETTINGS)
POLICY = make_policy(RULES, SETTINGS)
BOOK = workbook()


@pytest.fixture(autouse=True)
def _flat_memory() -> Iterator[None]:
    before = peak_mb()
    yield
    assert peak_mb() - before < GROWTH_MB


def read_and_judge(folder: Path, name: str, content: bytes, beside: bytes | None = None) -> None:
    """Reads a file, judges what is in it, and checks that nothing went silently."""
    path = folder / name
    path.write_bytes(content)
    if beside is not None:
        path.with_suffix(".json").write_bytes(beside)
    report = IntakeReport()
    with within(), warnings.catch_warnings():
        warnings.simplefilter("error")
        items = list(read_paths([path], options=IntakeOptions(), report=report))
        dossiers = list(assemble(items, report=report))
        records = [record for dossier in dossiers for record in dossier.records]
        for finding in judge(records, RULES, POLICY, pending_known=[True] * len(records)):
            finding.verdict.model_dump_json()
    assert all(isinstance(problem, AuditorError) for problem in report.errors)
    assert all(str(problem).strip() for problem in report.errors)
    assert (
        items
        or report.error_count
        or report.warnings
        or any(tally.skipped for tally in report.files.values())
    ), "the file was passed over without a word"
    json.dumps(report.as_dict(), allow_nan=False).encode()


@fuzzed
@given(content=bent_bytes((CSV, DEALS)), suffix=st.sampled_from(("csv", "tsv", "txt", "dat")))
def test_tables(tmp_path: Path, content: bytes, suffix: str) -> None:
    read_and_judge(tmp_path, f"2026-03-04_t.{suffix}", content)


@fuzzed
@given(content=bent_zip(BOOK))
def test_workbooks(tmp_path: Path, content: bytes) -> None:
    read_and_judge(tmp_path, "t.xlsx", content)


@fuzzed
@given(content=bent_json((*OBJECTS, OBJECTS, {"results": OBJECTS}, {"data": OBJECTS})))
def test_json(tmp_path: Path, content: bytes) -> None:
    read_and_judge(tmp_path, "t.json", content)


@fuzzed
@given(
    contents=st.lists(bent_json(tuple(OBJECTS)), min_size=1, max_size=4),
    suffix=st.sampled_from(("jsonl", "ndjson")),
)
def test_json_lines(tmp_path: Path, contents: list[bytes], suffix: str) -> None:
    read_and_judge(tmp_path, f"t.{suffix}", b"\n".join(contents))


@fuzzed
@given(content=bent_json(tuple(TRANSCRIPTS)))
def test_json_transcripts(tmp_path: Path, content: bytes) -> None:
    read_and_judge(tmp_path, "2026-03-04_t.json", content)


@fuzzed
@given(content=bent_bytes((VTT,)))
def test_webvtt(tmp_path: Path, content: bytes) -> None:
    read_and_judge(tmp_path, "2026-03-04_t.vtt", content)


@fuzzed
@given(content=bent_bytes((SRT,)))
def test_srt(tmp_path: Path, content: bytes) -> None:
    read_and_judge(tmp_path, "2026-03-04_t.srt", content)


@fuzzed
@given(content=bent_bytes((TXT, MAIL)), suffix=st.sampled_from(("txt", "md", "eml")))
def test_text_and_mail(tmp_path: Path, content: bytes, suffix: str) -> None:
    read_and_judge(tmp_path, f"2026-03-04_t.{suffix}", content)


@fuzzed
@given(beside=bent_json((SIDECAR,)))
def test_files_beside_transcripts(tmp_path: Path, beside: bytes) -> None:
    read_and_judge(tmp_path, "t.txt", TXT, beside)


@fuzzed
@given(
    inner=bent_bytes((CSV, VTT, TXT)),
    name=st.sampled_from(
        ("a.csv", "../../a.csv", "/etc/a.txt", "a\x00.csv", "\u202ea.vtt", "C:\\a")
    ),
    packed=st.sampled_from(("gz", "zip")),
    data=st.data(),
)
def test_archives(
    tmp_path: Path, inner: bytes, name: str, packed: str, data: st.DataObject
) -> None:
    whole = gzip.compress(inner) if packed == "gz" else zipped({name: inner, "b.txt": TXT})
    content = data.draw(bent_bytes((whole,))) if data.draw(st.booleans()) else whole
    read_and_judge(tmp_path, f"2026-03-04_t.csv.{packed}" if packed == "gz" else "t.zip", content)


@fuzzed
@given(
    content=st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-16")),
    suffix=st.sampled_from(("csv", "xlsx", "json", "jsonl", "vtt", "srt", "txt", "zip", "gz", "x")),
)
def test_any_bytes_under_any_name(tmp_path: Path, content: bytes, suffix: str) -> None:
    read_and_judge(tmp_path, f"2026-03-04_t.{suffix}", content)
