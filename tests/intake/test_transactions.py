"""A file of transactions is read in any common form; what can't be used is told and left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from auditor.errors import ConfigurationError
from auditor.intake.options import DateOrder
from auditor.intake.transactions import TransactionFile, read_transactions

HEAD = "account,day,amount,currency,id"


def _read(tmp_path: Path, *lines: str, **given: DateOrder) -> TransactionFile:
    file = tmp_path / "paid.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_transactions(file, **given)


def test_rows_are_transactions(tmp_path: Path) -> None:
    found = _read(tmp_path, HEAD, '"Marsh, Sons",2026-01-12,"1,200.50",gbp,INV-1')
    [told] = found.transactions
    assert (told.account, told.day) == ("Marsh, Sons", date(2026, 1, 12))
    assert (told.amount, told.currency, told.record) == (Decimal("1200.50"), "GBP", "INV-1")
    assert (found.name, found.rejected, found.errors) == ("paid.csv", 0, ())


def test_other_names_orders_and_writings_are_read(tmp_path: Path) -> None:
    found = _read(
        tmp_path, "Invoice Number;Customer;Invoice_Date;Net amount", "1;Marsh;31.01.2026;€ 1.200,50"
    )
    [told] = found.transactions
    assert (told.day, told.amount, told.currency) == (date(2026, 1, 31), Decimal("1200.50"), "EUR")


def test_the_file_tells_whether_the_day_comes_first(tmp_path: Path) -> None:
    rows = ("Marsh,03/04/2026,1,GBP,1", "Marsh,25/04/2026,1,GBP,2")
    assert _read(tmp_path, HEAD, *rows).transactions[0].day == date(2026, 4, 3)
    unclear = _read(tmp_path, HEAD, rows[0])
    assert unclear.transactions[0].day == date(2026, 3, 4)
    assert "ambiguous" in unclear.warnings[0]
    told = _read(tmp_path, HEAD, rows[0], date_order=DateOrder.DAY_FIRST)
    assert (told.transactions[0].day, told.warnings) == (date(2026, 4, 3), ())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",2026-01-12,1,GBP,x", "field 'account' is empty"),
        ("Marsh,2026-01-12,1,GBP,", "field 'id' is empty"),
        ("Marsh,soon,1,GBP,x", "field 'day'"),
        ("Marsh,2026-01-12,much,GBP,x", "field 'amount' 'much' is no amount"),
        ("Marsh,2026-01-12,1,Pounds,x", "field 'currency' 'Pounds' is no ISO 4217 code"),
        ("Marsh,2026-01-12,1,GBP,x,y", "has 6 columns where the header has 5"),
        ("Other,2026-01-12,1,GBP,ok", "'ok' stands on another transaction already"),
    ],
)
def test_a_bad_row_is_told_by_line_and_field_and_the_rest_kept(
    tmp_path: Path, row: str, said: str
) -> None:
    found = _read(tmp_path, HEAD, "Marsh,2026-01-12,1,GBP,ok", row)
    assert [t.record for t in found.transactions] == ["ok"]
    assert found.rejected == 1
    assert "paid.csv:3:" in found.errors[0]
    assert said in found.errors[0]


def test_a_row_told_twice_counts_once(tmp_path: Path) -> None:
    found = _read(tmp_path, HEAD, *["Marsh,2026-01-12,1,GBP,1"] * 2)
    assert (len(found.transactions), found.rejected) == (1, 0)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("account,day,id", "Marsh,2026-01-12,1"), "has no column 'amount'"),
        (("",), "is empty"),
    ],
)
def test_a_file_without_its_columns_is_an_error(
    tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        _read(tmp_path, *lines)
    assert "mend transactions_file" in str(raised.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        read_transactions(tmp_path / "none.csv")
