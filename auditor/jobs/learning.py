"""What people judged, put to use: shipped precedents, and corrections that count at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from auditor.classify.llm.examples import JudgedSources
from auditor.classify.precedents import JudgedRecord, Precedents
from auditor.classify.protocol import Classifier
from auditor.domain.labels import Label, Reason
from auditor.errors import RowError
from auditor.intake.labelled import read_record
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport
from auditor.intake.tables import Intake
from auditor.reading.prepared import prepare

if TYPE_CHECKING:  # an audit of files needs no database, and loading it takes half of its start
    from auditor.storage import Database
    from auditor.storage.corrections import LabelledExample

PRECEDENTS_FILE = "precedents.jsonl"
"""Labelled notes beside the shipped model, written for this project."""
LOOKS_EVERY = 2.0
"""Seconds after which the database is asked again whether corrections have changed."""


def judged_sources(database: Database | None) -> JudgedSources:
    """Where examples in questions come from: a database's corrections, and the shipped ones."""
    if database is None:
        return JudgedSources(shipped=shipped_records)
    return JudgedSources(corrections=CorrectionReader(database), shipped=shipped_records)


class CorrectionReader:
    """Gives the corrections that stand, read again only once one was made or taken back."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Reads nothing until it is asked; the clock counts seconds from any origin."""
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] = (0, 0)
        self._looked_at: float | None = None
        self._held: tuple[JudgedRecord, ...] = ()

    def __call__(self) -> Sequence[JudgedRecord]:
        """The corrections, oldest first; the same object until they change.

        Raises:
            StorageError: the database failed.
        """
        with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at >= LOOKS_EVERY:
                self._look()
                self._looked_at = now
            return self._held

    def _look(self) -> None:
        with self._database.read() as unit:
            stamp = unit.corrections.stamp()
            if stamp != self._stamp:
                found = (_judged(example) for example in unit.corrections.labelled())
                self._held = tuple(j for j in found if j is not None)
                self._stamp = stamp


def _judged(example: LabelledExample) -> JudgedRecord | None:
    """A correction as a judged record; None where its record can't be read any more."""
    correction = example.correction
    name = f"correction-{correction.key}"
    intake = Intake(IntakeOptions(), IntakeReport())
    try:
        record = read_record(correction.record, file=name, line=1, intake=intake)
    except (RowError, KeyError):
        return None
    return JudgedRecord(name, prepare(record), correction.label, correction.reason)


def shipped_records() -> list[JudgedRecord]:
    """The labelled notes that are shipped as precedents."""
    told = (files("auditor") / "models" / PRECEDENTS_FILE).read_text(encoding="utf-8")
    intake = Intake(IntakeOptions(), IntakeReport())
    out = []
    for number, line in enumerate(told.splitlines(), 1):
        raw = json.loads(line)
        record = read_record(raw, file=PRECEDENTS_FILE, line=number, intake=intake)
        out.append(
            JudgedRecord(raw["id"], prepare(record), Label(raw["label"]), Reason(raw["reason"]))
        )
    return out


def shipped_precedents(classifier: Classifier) -> Precedents:
    """The shipped precedents, encoded; about a second the first time."""
    return Precedents(classifier, shipped_records())
