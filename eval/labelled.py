"""Labelled sets: records with the label, reason and evidence that people gave them.

``load_labelled`` reads a file or a folder in the codebook's format, CSV, or an export of Label
Studio or Argilla.  A set with errors is refused with each of them listed, since a yardstick that is
wrong somewhere measures nothing; ``skip_invalid`` leaves the broken records out and counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from pydantic import ValidationError

from auditor.domain.labels import Label, Reason, Test
from auditor.domain.records import (
    Activity,
    ActivityKind,
    AuditRecord,
    NextActivity,
    Opportunity,
    Participant,
    PastActivity,
    TextFormat,
    side_of,
)
from auditor.errors import LabelledSetError
from eval.record_checks import parse_day, record_doubts, record_faults
from eval.set_files import Row, read_rows, set_files, set_sha256

_GROUPING = ("fam:", "pair:")


@dataclass(frozen=True)
class LabelledRecord:
    """A record with what people say that it shows."""

    record: AuditRecord
    """What is judged."""
    label: Label
    """The gold label."""
    reason: Reason | None = None
    """The deciding reason; None where the set gives none."""
    reasons_ok: tuple[Reason, ...] = ()
    """Other reasons that count as right."""
    evidence: tuple[str, ...] = ()
    """Verbatim quotes, the deciding one first."""
    tests: dict[Test, bool] = field(default_factory=dict)
    """The five tests as the labeller judged them; empty where the set gives none."""
    loss: bool | None = None
    """Whether the record shows a loss; None where the set does not tell."""
    tags: tuple[str, ...] = ()
    """Free tags."""
    source: str | None = None
    """Where the record came from."""
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """As read, in the codebook's format."""

    @property
    def id(self) -> str:
        """The record's id, unique in its set."""
        return self.record.activity.id

    @property
    def pair(self) -> str | None:
        """The contrast pair it belongs to, from its tag ``pair:…``."""
        return self._tagged("pair:")

    @property
    def family(self) -> str | None:
        """The family it belongs to, from its tag ``fam:…``."""
        return self._tagged("fam:")

    @property
    def cluster(self) -> str:
        """What it is resampled with: its family, else pair, else opportunity, or itself alone."""
        if self.family:
            return f"fam:{self.family}"
        if self.pair:
            return f"pair:{self.pair}"
        opportunity = self.record.opportunity.id
        return f"opportunity:{opportunity}" if opportunity != self.id else f"id:{self.id}"

    @property
    def slices(self) -> tuple[str, ...]:
        """Tags by which scores are told apart: all but family and pair."""
        return tuple(t for t in self.tags if not t.startswith(_GROUPING))

    def accepts(self, reason: Reason) -> bool:
        """Whether a reason is the gold one or an accepted alternate."""
        return reason is self.reason or reason in self.reasons_ok

    def _tagged(self, prefix: str) -> str | None:
        return next((t.removeprefix(prefix) for t in self.tags if t.startswith(prefix)), None)


@dataclass(frozen=True)
class LabelledSet(Sequence[LabelledRecord]):
    """A labelled set, in file order."""

    path: str
    """As given."""
    sha256: str
    """Hash of its content."""
    records: tuple[LabelledRecord, ...]
    """The sound records."""
    skipped: tuple[str, ...] = ()
    """Errors of the records left out, a line each; empty unless skipping was asked for."""
    n_skipped: int = 0
    """Records left out."""
    warnings: tuple[str, ...] = ()
    """What is odd but harmless."""
    slice_name: str = ""
    """Which part of the set this is; empty for the whole."""

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> LabelledRecord: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[LabelledRecord, ...]: ...

    def __getitem__(self, index: int | slice) -> LabelledRecord | tuple[LabelledRecord, ...]:
        return self.records[index]

    def __iter__(self) -> Iterator[LabelledRecord]:
        return iter(self.records)


def load_labelled(
    path: str | Path, *, skip_invalid: bool = False, annotator: str | None = None
) -> LabelledSet:
    """Loads a labelled set.

    Args:
        path: a file, or a folder whose files are taken together.
        skip_invalid: leave records with errors out and count them.
        annotator: the one annotator to take from an annotation tool's export.

    Raises:
        InputError: where there is no such file.
        LabelledSetError: where records have errors, each listed, or none is left.
    """
    place = Path(path)
    rows: list[Row] = []
    warnings: list[str] = []
    for file in set_files(place):
        more, told = read_rows(file, annotator=annotator)
        rows += more
        warnings += told
    return _assemble(str(path), set_sha256(place), rows, warnings, skip_invalid=skip_invalid)


def _assemble(
    path: str, sha256: str, rows: list[Row], warnings: list[str], *, skip_invalid: bool
) -> LabelledSet:
    records: list[LabelledRecord] = []
    errors: list[str] = []
    broken = 0
    seen: dict[str, str] = {}
    for row in rows:
        faults = _faults(row, seen)
        made = None if faults else _build(row, faults)
        if made is None:
            broken += 1
            errors += [f"{row.place}: {_id_of(row)}{fault}" for fault in faults]
            continue
        records.append(made)
        warnings += [f"{row.place}: {_id_of(row)}{d}" for d in record_doubts(row.record)]
    if errors and not skip_invalid:
        raise LabelledSetError(_refusal(path, errors, broken, len(rows)))
    if not records:
        told = _refusal(path, errors, broken, len(rows)) if errors else f"{path}: no record in it"
        raise LabelledSetError(told)
    return LabelledSet(path, sha256, tuple(records), tuple(errors), broken, tuple(warnings))


def _id_of(row: Row) -> str:
    return f"{row.record['id']!r}: " if row.record.get("id") else ""


def _refusal(path: str, errors: list[str], broken: int, total: int) -> str:
    listed = "\n".join(f"  {e}" for e in errors)
    kinds = "error" if len(errors) == 1 else "errors"
    return (
        f"{path}: {len(errors)} {kinds} in {broken} of {total} records; mend them, or go on "
        f"without these records by --skip-invalid\n{listed}"
    )


def _faults(row: Row, seen: dict[str, str]) -> list[str]:
    """What is wrong with a row, its id's repetition included; notes the id as seen."""
    if not row.record:
        return row.problems or ["the record is empty"]
    faults = [*row.problems, *record_faults(row.record, bare=row.bare)]
    try:
        json.dumps(row.record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        faults.append("holds half a surrogate pair, which is no character; mend the encoding")
    if any("no label was given" in p or "unknown label" in p for p in row.problems):
        faults = [f for f in faults if f != "lacks label"]
    name = row.record.get("id")
    if isinstance(name, str):
        if name in seen:
            faults.append(f"id occurs twice (first at {seen[name]}); give each record its own")
        seen.setdefault(name, row.place)
    return faults


def _build(row: Row, faults: list[str]) -> LabelledRecord | None:
    """The typed record; where a value does not fit, None and the problem in ``faults``."""
    raw = row.record
    try:
        record = audit_record(raw)
    except (ValidationError, ValueError) as exc:
        faults.append(_validation_words(exc))
        return None
    tests = raw.get("tests") or {}
    return LabelledRecord(
        record=record,
        label=Label(raw["label"]),
        reason=Reason(raw["reason"]) if raw.get("reason") else None,
        reasons_ok=tuple(Reason(r) for r in raw.get("reasons_ok") or ()),
        evidence=tuple(raw.get("evidence") or ()),
        tests={t: bool(tests[t.value]) for t in Test if t.value in tests},
        loss=bool(tests["loss"]) if "loss" in tests else None,
        tags=tuple(raw.get("tags") or ()),
        source=raw.get("source"),
        raw=raw,
    )


def _validation_words(exc: ValueError) -> str:
    if isinstance(exc, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
    return str(exc)


def audit_record(raw: Mapping[str, Any]) -> AuditRecord:
    """A checked record in the codebook's format as what is judged; labels are ignored.

    Raises:
        ValueError: where a value does not fit the domain's records (pydantic's ValidationError).
    """
    activity = raw["activity"]
    opportunity = {k: v for k, v in raw["opportunity"].items() if k in Opportunity.model_fields}
    opportunity.setdefault("id", str(raw["id"]))
    return AuditRecord(
        opportunity=Opportunity.model_validate(opportunity),
        activity=Activity(
            id=raw["id"],
            opportunity_id=opportunity["id"],
            kind=ActivityKind(activity["kind"]),
            format=TextFormat(activity["format"]),
            occurred_at=activity["occurred_at"],
            text=activity["text"],
            participants=tuple(
                Participant(name=p["name"], role=side_of(str(p.get("role") or "")))
                for p in activity.get("participants") or ()
            ),
            next_activity=_pending(activity.get("next_activity")),
            owner=activity.get("owner"),
            subject=activity.get("subject"),
            duration_seconds=activity.get("duration_seconds"),
        ),
        history=tuple(
            PastActivity(
                kind=ActivityKind(h["kind"]),
                occurred_at=h["occurred_at"],
                text=h["text"],
                next_activity=_pending(h.get("next_activity")),
                format=TextFormat(h.get("format") or "note"),
            )
            for h in raw.get("history") or ()
        ),
    )


def _pending(raw: Mapping[str, Any] | None) -> NextActivity | None:
    if not raw:
        return None
    due = raw.get("due_on")
    return NextActivity(
        kind=ActivityKind(raw.get("kind") or "task"),
        subject=raw.get("subject") or "",
        due_on=parse_day(due) if due else None,
    )
