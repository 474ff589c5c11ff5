"""Excel workbooks, where the extra is installed; a clear error where it is not."""

from __future__ import annotations

import importlib
import sys
from datetime import datetime
from pathlib import Path

import pytest

from .reading import read


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    openpyxl = importlib.import_module("openpyxl")
    book = openpyxl.Workbook()
    acts = book.active
    acts.title = "Calls"
    acts.append(["Weekly report"])
    acts.append(["ID", "Deal ID", "Date", "Notes", "Done"])
    acts.append([1, "D1", datetime(2026, 3, 4, 10, 15), "She will\nthink", True])
    acts.append([2, "D1", "soon", "words", True])
    deals = book.create_sheet("Deals")
    deals.append(["Deal ID", "Deal name", "Stage", "Amount"])
    deals.append(["D1", "Roof", "Offer", 1200.5])
    path = tmp_path / "crm.xlsx"
    book.save(path)
    result = read(path)
    (activity,), (deal,) = result.activities, result.deals
    assert activity.id == "1"
    assert activity.text == "She will\nthink"
    assert activity.occurred_at == datetime(2026, 3, 4, 10, 15)
    assert str(deal.value) == "1200.5"
    assert "crm.xlsx!Calls:4: field 'Date'" in result.problems[0]


def test_without_the_extra_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    path = tmp_path / "crm.xlsx"
    path.write_bytes(b"PK\x03\x04")
    assert "call-notes-auditor[xlsx]" in str(read(path).report.errors[0])
