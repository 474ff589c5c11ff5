"""JSON and JSONL files: the codebook's records, transcripts, CRM objects, or plain objects.

Each value goes to the reader that knows its shape.  Objects of CRMs become rows of tables; what
their columns are is guessed from the first of each sort.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.errors import InputError, RowError
from auditor.intake.encoding import detect_encoding, open_text
from auditor.intake.json_stream import JsonItem, JsonStream, read_json_lines
from auditor.intake.json_values import carries_ids_only, flatten, told_kind, unwrap
from auditor.intake.labelled import is_record, read_record
from auditor.intake.recordings import transcript_items
from auditor.intake.sources import Source
from auditor.intake.table_reader import TableReader
from auditor.intake.tables import Intake, Row, Table
from auditor.intake.transcripts.vendors import is_turn, read_vendor

_SAMPLE = 100
"""Objects of a sort that are held to guess from."""
_MOST_TURNS = 200_000
_DATED_KEYS = frozenset(
    {"occurred_at", "date", "deal_id", "opportunity_id", "created_at", "due_on"}
)

Item = Opportunity | Activity | AuditRecord


def read_json_file(source: Source, intake: Intake, *, lines: bool) -> Iterator[Item]:
    """Reads a JSON file, or one of JSON lines.

    Raises:
        InputError: from some line on it is no JSON; the items before have been yielded.
    """
    encoding = intake.options.encoding or detect_encoding(source.prefix())
    intake.report.tally(source.name).encoding = encoding
    router = _Router(source, intake)
    try:
        with source.opener() as raw, open_text(raw, encoding) as stream:
            if lines:
                longest = 4 * intake.options.max_text_bytes + 1_000_000
                values = _from_lines(read_json_lines(stream, longest), source, intake)
            else:
                values = iter(JsonStream(stream, source.name))
            for value in values:
                yield from router.take(value)
    except InputError:
        yield from router.finish()
        raise
    yield from router.finish()
    if not router.taken:
        raise InputError(f"{source.name}: the file holds no record")


def _from_lines(
    lines: Iterator[tuple[int, Any]], source: Source, intake: Intake
) -> Iterator[JsonItem]:
    for number, value in lines:
        if isinstance(value, ValueError):
            problem = RowError(
                file=source.name,
                line=number,
                field=None,
                problem=f"this line is no JSON: {value}",
                mend="write one JSON object a line",
            )
            intake.report.reject(problem, file=source.name)
        else:
            yield JsonItem(number, value, None)


class _Router:
    """Sends each value of one file to the reader for its shape."""

    def __init__(self, source: Source, intake: Intake) -> None:
        self._source, self._intake = source, intake
        self._waiting: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self._readers: dict[str, tuple[TableReader | None, tuple[str, ...]]] = {}
        self._kinds: dict[str, Any] = {}
        self._turns: list[dict[str, Any]] = []
        self.taken = 0

    def take(self, item: JsonItem) -> Iterator[Item]:
        """Yields what a value tells, once its sort is known."""
        self.taken += 1
        value = item.value
        if not isinstance(value, dict):
            self._take_list(item)
            return
        if is_record(value):
            yield from self._record(value, item.line)
        elif is_turn(value) and not _DATED_KEYS & set(value) and len(self._turns) < _MOST_TURNS:
            self._turns.append(value)
        elif (transcripts := read_vendor(value)) is not None:
            if not transcripts:
                self._reject(item.line, "holds no call", "export it again with its calls")
            for made in transcript_items(transcripts, self._source, self._intake):
                self._count(made)
                yield made
        else:
            yield from self._object(unwrap(value), item)

    def finish(self) -> list[Item]:
        """Returns what was still waiting."""
        made: list[Item] = []
        for sort in list(self._waiting):
            made += self._flush(sort)
        if self._turns and (transcripts := read_vendor(self._turns)):
            for item in transcript_items(transcripts, self._source, self._intake):
                self._count(item)
                made.append(item)
        return made

    def _count(self, item: Item) -> None:
        if not isinstance(item, Opportunity):
            self._intake.report.tally(self._source.name).read += 1

    def _record(self, value: dict[str, Any], line: int) -> Iterator[Item]:
        try:
            record = read_record(value, file=self._source.name, line=line, intake=self._intake)
        except RowError as exc:
            self._intake.report.reject(exc, file=self._source.name)
            return
        self._count(record)
        yield record

    def _take_list(self, item: JsonItem) -> None:
        self._reject(item.line, "is no object", "write each record as an object in braces")

    def _object(self, value: dict[str, Any], item: JsonItem) -> Iterator[Item]:
        if carries_ids_only(value):
            self._reject(
                item.line,
                "is an event that names a record without its content",
                "export the record itself, or send the event to the service's webhook",
            )
            return
        inner = value.get("activities")
        if isinstance(inner, list) and value.get("id"):
            for each in inner:
                if isinstance(each, dict):
                    each.setdefault("opportunity_id", value["id"])
                    yield from self._object(unwrap(each), JsonItem(item.line, each, "activities"))
            value = {key: part for key, part in value.items() if key != "activities"}
            item = JsonItem(item.line, value, "opportunities")
        sort, kind = told_kind(value, item.under)
        if kind is None and "attributes" in value:
            self._intake.report.tally(self._source.name).skipped += 1
            self._intake.report.warn(
                self._source.name, f"records of the type {sort[:40]!r} are passed over"
            )
            return
        self._kinds[sort] = kind
        if sort in self._readers:
            yield from self._row(sort, item.line, value)
            return
        waiting = self._waiting.setdefault(sort, [])
        waiting.append((item.line, value))
        if len(waiting) >= _SAMPLE:
            yield from self._flush(sort)

    def _flush(self, sort: str) -> list[Item]:
        waiting = self._waiting.pop(sort)
        flat = [flatten(value) for _, value in waiting]
        columns = tuple(dict.fromkeys(key for row in flat for key in row))
        rows = [
            Row(line, [row.get(name, "") for name in columns], value)
            for (line, value), row in zip(waiting, flat, strict=True)
        ]
        source = self._source
        table = Table(
            source.name, source.key, columns, rows, self._kinds[sort],
        )  # fmt: skip
        reader: TableReader | None = None
        try:
            reader = TableReader(table, rows, self._intake, complete=len(rows) < _SAMPLE)
        except InputError as exc:
            self._intake.report.reject(exc, file=source.name)
            self._intake.report.tally(source.name).rejected += len(rows) - 1
        self._readers[sort] = (reader, columns)
        return [made for row in rows for made in (reader.read(row) if reader else ())]

    def _row(self, sort: str, line: int, value: dict[str, Any]) -> Iterator[Item]:
        reader, columns = self._readers[sort]
        if reader is None:
            self._intake.report.tally(self._source.name).rejected += 1
            return
        flat = flatten(value)
        yield from reader.read(Row(line, [flat.get(name, "") for name in columns], value))

    def _reject(self, line: int, problem: str, mend: str) -> None:
        file = self._source.name
        self._intake.report.reject(
            RowError(file=file, line=line, field=None, problem=problem, mend=mend), file=file
        )
