"""Hostile records through the CSV door: no cell of an export is one that a spreadsheet computes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from auditor.digest.tables import restored
from tests.commands.test_cli import Run, run
from tests.digest.tables.reading import computed, lines_of
from tests.hostile.records import PAYLOADS, all_loaded, labelled
from tests.hostile.showing import OBEYED

__all__ = ["run"]
FORMULAS = (
    "=cmd|'/C calc'!A0", "=HYPERLINK(\"https://evil.example\",\"x\")", "+1+cmd", "-2+3+cmd",
    "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "\u200b=1", "\xa0=1", "＝1", "＋1", "－1",
    "＠A", "\"=1\"", "'=1", "x;=1", "x;\"=1\"", "x\n=1", "x\r\n=1", "x\t=1", "\u202e=1",
    ";=1;", "a,=1", "\",=1", "\"\n=1",
)  # fmt: skip


def renamed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records, each on an open opportunity of its own that has a team."""
    found = []
    for number, record in enumerate(records):
        deal = {"team": "North", **(record.get("opportunity") or {})}
        deal |= {"id": f"o{number}", "status": "open"}
        found.append({**record, "id": f"r{number}", "opportunity": deal})
    return found


def with_formulas() -> list[dict[str, Any]]:
    """Records with a formula in every field that holds words."""
    [template] = [r for r in all_loaded() if r["activity"]["owner"] == PAYLOADS[0]]
    told = json.dumps(template)
    inner = json.dumps(PAYLOADS[0])[1:-1]
    return [json.loads(told.replace(inner, json.dumps(f)[1:-1])) for f in FORMULAS]


def export(run: Run, folder: Path, records: list[dict[str, Any]], *more: str) -> bytes:
    path = folder / "hostile.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in renamed(records)), encoding="utf-8")
    out = folder / "docket.csv"
    code, said, err = run(
        "digest",
        str(path),
        "--week",
        "2030-W10",
        "--out",
        str(folder / "d"),
        "--csv",
        str(out),
        *more,
    )
    assert code == 0, err
    assert not OBEYED.search(said)
    assert not OBEYED.search(err)
    return out.read_bytes()


def test_no_cell_of_the_docket_is_computed(run: Run, tmp_path: Path) -> None:
    records = [*labelled(), *all_loaded(), *with_formulas()]
    content = export(run, tmp_path, records)
    lines = lines_of(content)
    assert len(lines) == len(records)
    assert computed(content) == []
    assert not OBEYED.search(content.decode("utf-8-sig").replace("\r\n", "\n"))
    assert {int(line["rank"]) for line in lines} == set(range(1, len(lines) + 1))
    owners = {restored(line["owner"]) for line in lines}
    assert {f for f in FORMULAS if f.isprintable() and f.strip() == f} <= owners


def test_no_cell_of_a_health_table_is_computed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_DATABASE_URL", "sqlite:///auditor.db")
    path = tmp_path / "hostile.jsonl"
    told = renamed([*all_loaded(), *with_formulas()])
    for number, record in enumerate(told):
        deal = record["opportunity"] | {"opened_on": "2026-01-05"}
        if number % 3:
            deal |= {"status": "lost", "closed_on": "2026-02-20", "lost_reason": deal["name"]}
        record["opportunity"] = deal
    path.write_text("".join(json.dumps(r) + "\n" for r in told), encoding="utf-8")
    code, _, err = run("import", str(path), "--as-of", "2026-03-02")
    assert code == 0, err
    code, said, err = run("health", "--as-of", "2026-03-02", "--csv", "h")
    assert code == 0, err
    assert not OBEYED.search(said)
    files = sorted(Path("h").glob("*.csv"))
    assert len(files) == 12
    for file in files:
        assert computed(file.read_bytes()) == [], file
    reps = {x["rep"] for x in lines_of(Path("h/flow.csv").read_bytes())}
    assert "'=cmd|'/C calc'!A0" in reps
    groups = {x["group"] for x in lines_of(Path("h/fallout.csv").read_bytes())}
    assert "'＝1" in groups


def test_the_reader_that_finds_formulas_finds_them() -> None:
    harmless = ("'=1", "a,=1", '",=1')
    for formula in set(FORMULAS) - set(harmless):
        cell = formula.replace('"', '""')
        assert computed(f'\ufeff"a","{cell}"\r\n'.encode()), formula


def test_one_module_alone_writes_tables() -> None:
    """Whatever becomes a table goes through the writer that neutralises."""
    root = Path(__file__).parents[2]
    writers = re.compile(r"csv\.writer|DictWriter|\.to_csv|Workbook\(")
    found = [
        str(path.relative_to(root))
        for package in ("auditor", "api", "eval")
        for path in (root / package).rglob("*.py")
        if "bench" not in path.parts and writers.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["auditor/digest/tables/csv_text.py"]
