"""What accounts bought: a CSV file of transactions, beyond the won opportunities of a CRM.

The columns are ``account``, ``day``, ``amount``, ``currency`` and ``id``, in any order; others are
passed over. Encodings, delimiters, dates and amounts are read as in any export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from auditor.domain.new_business import Transaction
from auditor.errors import ConfigurationError, InputError, RowError
from auditor.intake.csv_files import read_csv_table
from auditor.intake.dates import OrderEvidence, parse_when
from auditor.intake.options import DateOrder, IntakeOptions
from auditor.intake.report import IntakeReport
from auditor.intake.sources import file_source
from auditor.intake.table_reader import sound_rows
from auditor.intake.tables import Intake, Row, Table
from auditor.intake.values import parse_amount

_NAMES = {
    "account": ("account", "account name", "customer", "client", "company", "buyer"),
    "day": ("day", "date", "transaction date", "invoice date", "paid on"),
    "amount": ("amount", "net amount", "total", "value"),
    "currency": ("currency", "currency code"),
    "id": ("id", "transaction id", "transaction", "invoice", "invoice number", "number"),
}
"""Names that each column may have, the usual one first; case, ``_`` and ``-`` are ignored."""
_OPTIONAL = frozenset({"currency"})
_CODE = re.compile(r"[A-Z]{3}")
_MEND = "mend the row"
_SETTING = "mend transactions_file"


@dataclass(frozen=True)
class TransactionFile:
    """A file's transactions, and what of it could not be used."""

    name: str
    """Its name without folders."""
    transactions: tuple[Transaction, ...]
    """As told; ``record`` is the file's own id."""
    rejected: int = 0
    """Rows that could not be used."""
    errors: tuple[str, ...] = ()
    """Why, of the first ones: each names line, field and mend."""
    warnings: tuple[str, ...] = ()
    """What lost nothing, such as an ambiguous order of day and month."""


def read_transactions(path: Path, *, date_order: DateOrder | None = None) -> TransactionFile:
    """Reads a file of transactions; rows that can't be used are left out and told.

    Args:
        path: a CSV file.
        date_order: how 03/04/2026 is read; None infers it from the file.

    Raises:
        ConfigurationError: it can't be read, or lacks a column; names the file and the mend.
    """
    report = IntakeReport()
    intake = Intake(IntakeOptions(date_order=date_order), report)
    try:
        table = read_csv_table(file_source(path), intake)
        columns = _columns(table)
        order = date_order or _order(table, columns["day"], report)
        found = _read(table, columns, order, intake)
    except OSError as exc:
        raise ConfigurationError(
            f"transactions file {path}: can't be read ({exc.strerror}); {_SETTING}"
        ) from None
    except InputError as exc:
        raise ConfigurationError(f"transactions file {exc}; {_SETTING}") from None
    return TransactionFile(
        path.name,
        tuple(found.values()),
        report.error_count,
        tuple(str(error) for error in report.errors),
        tuple(warning.text for warning in report.warnings),
    )


def _columns(table: Table) -> dict[str, int]:
    named: dict[str, int] = {}
    for at, column in enumerate(table.columns):
        named.setdefault(re.sub(r"[\s_-]+", " ", column).strip().casefold(), at)
    found = {}
    for field, names in _NAMES.items():
        known = [named[name] for name in names if name in named]
        if known:
            found[field] = known[0]
        elif field not in _OPTIONAL:
            raise InputError(
                f"{table.file}: has no column {field!r} (its columns are "
                f"{', '.join(map(repr, table.columns[:12]))}); name one {' or '.join(names[:3])}"
            )
    return found


def _order(table: Table, at: int, report: IntakeReport) -> DateOrder | None:
    evidence = OrderEvidence()
    for row in table.rescan() if table.rescan else ():
        evidence.look_at(row.values[at : at + 1])
    if evidence.order is not None or not evidence.undecided:
        return evidence.order
    first = "day" if table.day_first_hint else "month"
    report.warn(
        table.file,
        f"the dates in column {table.columns[at]!r} are ambiguous (03/04); they are read "
        f"{first}-first; set day_first to be sure",
    )
    return DateOrder.DAY_FIRST if table.day_first_hint else None


def _read(
    table: Table, columns: dict[str, int], order: DateOrder | None, intake: Intake
) -> dict[str, Transaction]:
    found: dict[str, Transaction] = {}
    for row, each in _each(table, columns, order, intake):
        before = found.setdefault(each.record, each)
        if before != each:
            intake.report.reject(
                RowError(
                    file=table.file,
                    line=row.line,
                    field="id",
                    problem=f"{each.record!r} stands on another transaction already",
                    mend="give each transaction its own id",
                ),
                file=table.file,
            )
    return found


def _each(
    table: Table, columns: dict[str, int], order: DateOrder | None, intake: Intake
) -> Iterator[tuple[Row, Transaction]]:
    for row in sound_rows(table, intake):
        told = {field: row.values[at].strip() for field, at in columns.items()}
        field = "account"
        try:
            account = _given(told["account"])
            field = "id"
            record = _given(told["id"])
            field = "day"
            day = _day(told["day"], order)
            field = "amount"
            amount, currency = _amount(told["amount"])
            field = "currency"
            currency = _currency(told.get("currency", "")) or currency
        except ValueError as exc:
            intake.report.reject(
                RowError(file=table.file, line=row.line, field=field, problem=str(exc), mend=_MEND),
                file=table.file,
            )
            continue
        yield row, Transaction(account, day, amount, currency, record)


def _given(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _day(value: str, order: DateOrder | None) -> date:
    return parse_when(_given(value), order).date()


def _amount(value: str) -> tuple[Decimal, str | None]:
    amount, currency = parse_amount(_given(value))
    if amount is None or not amount.is_finite():
        raise ValueError(f"{value[:40]!r} is no amount")
    return amount, currency


def _currency(value: str) -> str | None:
    if not value:
        return None
    if not _CODE.fullmatch(value.upper()):
        raise ValueError(f"{value[:40]!r} is no ISO 4217 code such as EUR")
    return value.upper()
