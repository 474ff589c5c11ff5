"""Day-first or month-first is told by the whole column, else by option, else it is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from auditor.intake import DateOrder

from .reading import read_text

HEADER = "id,deal id,date,notes\n"


def test_one_day_over_twelve_decides_all_rows(tmp_path: Path) -> None:
    result = read_text(tmp_path, "d.csv", HEADER + "1,D,3/4/2026,one\n2,D,25/4/2026,two\n")
    assert [a.occurred_at.date() for a in result.activities] == [
        date(2026, 4, 3),
        date(2026, 4, 25),
    ]
    assert result.report.mappings[0].date_order == "day"


def test_a_late_day_over_twelve_decides_the_first_rows_too(tmp_path: Path) -> None:
    early = "".join(f"{i},D,3/4/2026,words {i}\n" for i in range(800))
    result = read_text(tmp_path, "d.csv", HEADER + early + "x,D,25/4/2026,last\n")
    assert result.activities[0].occurred_at.date() == date(2026, 4, 3)
    assert "ambiguous" not in result.said


def test_an_undecided_column_is_said_to_be_ambiguous(tmp_path: Path) -> None:
    result = read_text(tmp_path, "d.csv", HEADER + "1,D,3/4/2026,one\n")
    assert "ambiguous" in result.said
    assert result.activities[0].occurred_at.date() == date(2026, 3, 4)


def test_the_option_settles_it_without_a_word(tmp_path: Path) -> None:
    result = read_text(
        tmp_path, "d.csv", HEADER + "1,D,3/4/2026,one\n", date_order=DateOrder.DAY_FIRST
    )
    assert result.activities[0].occurred_at.date() == date(2026, 4, 3)
    assert result.said == ""


def test_another_column_of_the_file_decides_for_it(tmp_path: Path) -> None:
    header = "id,deal id,date,notes,created date\n"
    result = read_text(tmp_path, "d.csv", header + "1,D,3/4/2026,one,25/3/2026\n")
    assert result.activities[0].occurred_at.date() == date(2026, 4, 3)


def test_a_column_that_mixes_both_orders_is_said(tmp_path: Path) -> None:
    rows = "1,D,25/3/2026,one\n2,D,3/25/2026,two\n3,D,26/3/2026,three\n"
    result = read_text(tmp_path, "d.csv", HEADER + rows)
    assert len(result.activities) == 3
    assert "mixes" in result.said


def test_a_date_in_the_year_20025_is_one_rows_error(tmp_path: Path) -> None:
    result = read_text(tmp_path, "d.csv", HEADER + "1,D,20025-03-04,one\n2,D,2025-03-04,two\n")
    assert [a.text for a in result.activities] == ["two"]
    assert "20025" in result.problems[0]
    assert "d.csv:2: field 'date'" in result.problems[0]


def test_excel_serial_days_are_dates(tmp_path: Path) -> None:
    result = read_text(tmp_path, "d.csv", HEADER + "1,D,46085,one\n2,D,46085.5,two\n")
    assert [a.occurred_at.isoformat() for a in result.activities] == [
        "2026-03-04T00:00:00",
        "2026-03-04T12:00:00",
    ]
