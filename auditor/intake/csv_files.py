"""CSV and TSV files as tables: encoding, delimiter, title lines above the header."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from auditor.errors import InputError
from auditor.intake.delimited import Record, RecordReader, sniff_delimiter
from auditor.intake.encoding import (
    detect_encoding,
    mend_stray_bytes,
    open_text,
    read_lines,
)
from auditor.intake.guessing import recognised
from auditor.intake.report import IntakeReport
from auditor.intake.sources import Source
from auditor.intake.tables import Intake, Row, Table

_HEADER_WITHIN = 15
"""Records among which the header is looked for: reports put their title above it."""
_ROOM = 1_000_000
"""Characters a record may have besides its longest text."""


def read_csv_table(source: Source, intake: Intake) -> Table:
    """Opens a CSV file as a table.

    Raises:
        InputError: it is empty, has no header, or names an unknown encoding.
    """
    prefix = source.prefix()
    encoding = intake.options.encoding or detect_encoding(prefix)
    sample = _decode_prefix(prefix, encoding, source.name)
    if not sample.strip("\ufeff \t\r\n\0"):
        raise InputError(f"{source.name}: the file is empty")
    said = _said_delimiter(sample)
    delimiter = intake.options.delimiter or said or sniff_delimiter(sample, source.suffix)
    tally = intake.report.tally(source.name)
    tally.encoding = encoding

    def records(report: IntakeReport) -> Iterator[Record]:
        return _records(source, encoding, delimiter, "\n" not in sample, intake, report)

    skip, header = _find_header(records(IntakeReport()), source, starts_with_sep=bool(said))
    if skip and (titles := skip - bool(said)):
        intake.report.warn(source.name, f"{titles} lines above the header are passed over")
    return Table(
        file=source.name,
        key=source.key,
        columns=header,
        rows=_rows(records(intake.report), skip),
        rescan=lambda: _rows(records(IntakeReport()), skip),
        day_first_hint=delimiter == ";",
    )


def _decode_prefix(prefix: bytes, encoding: str, name: str) -> str:
    try:
        return prefix.decode(encoding, errors="replace")
    except LookupError as exc:
        raise InputError(f"{name}: there is no encoding {encoding!r}; use utf-8 or cp1252") from exc


def _said_delimiter(sample: str) -> str | None:
    """The delimiter that Excel's first line ``sep=;`` names."""
    first = sample.lstrip("\ufeff").splitlines()[0].strip().strip('"')
    return first[4:] if first.lower().startswith("sep=") and len(first) == 5 else None


def _records(
    source: Source,
    encoding: str,
    delimiter: str,
    bare_cr: bool,
    intake: Intake,
    report: IntakeReport,
) -> Iterator[Record]:
    longest = intake.options.max_text_bytes + _ROOM
    with source.opener() as raw, open_text(raw, encoding) as stream:
        reader = RecordReader(
            _mended(read_lines(stream, longest + 1), source.name, encoding, report),
            file=source.name,
            delimiter=delimiter,
            longest=longest,
            bare_cr=bare_cr,
            report=report,
        )
        for record in reader:
            if reader.width is None and len(record.values) > 1:
                reader.width = len(record.values)
            yield record


def _mended(lines: Iterator[str], file: str, encoding: str, report: IntakeReport) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if line.isascii():
            yield line
            continue
        mended, stray = mend_stray_bytes(line)
        if stray:
            report.warn(file, f"some bytes are no {encoding}; they are read as Windows-1252")
        elif "\ufffd" in line:
            report.warn(file, f"line {number} holds characters that could not be decoded")
        yield mended.removeprefix("\ufeff") if number == 1 else mended


def _find_header(
    records: Iterator[Record], source: Source, *, starts_with_sep: bool
) -> tuple[int, tuple[str, ...]]:
    """Returns how many records stand above the header, and its names."""
    found = list(islice(records, _HEADER_WITHIN))
    best, best_known = -1, 0
    for number, record in enumerate(found):
        known = recognised(record.values) if len(record.values) <= 2_000 else 0
        if known > best_known:
            best, best_known = number, known
    if best_known < 2:
        start = int(starts_with_sep)
        wide = max((len(r.values) for r in found[start:]), default=0)
        best = next((n for n, r in enumerate(found) if n >= start and len(r.values) == wide), -1)
    if best < 0:
        raise InputError(f"{source.name}: no header row can be read")
    names = [name.strip() for name in found[best].values]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return best, tuple(name or f"column {i}" for i, name in enumerate(names, start=1))


def _rows(records: Iterator[Record], skip: int) -> Iterator[Row]:
    for line, values in islice(records, skip + 1, None):
        yield Row(line, values)
