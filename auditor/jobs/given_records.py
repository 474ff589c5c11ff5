"""Records that a program hands in to be judged, not kept: the same verdicts as from a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from auditor.classify.protocol import Classifier
from auditor.domain.policy import Policy
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.domain.verdict import Verdict
from auditor.errors import RowError
from auditor.intake.dossier import Dossier
from auditor.intake.labelled import is_record, read_record
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport
from auditor.intake.tables import Intake
from auditor.jobs.audit import audit

NAME = "record"
"""Stands for the file's name; records without an id are called ``record:1`` and so on."""


def read_given(values: Sequence[Any]) -> list[Dossier]:
    """Reads records in the codebook's format; labels are ignored.

    Returns:
        A dossier a record, in order.

    Raises:
        RowError: the first one that is none; its line is the record's number, from 1.
    """
    intake = Intake(IntakeOptions(), IntakeReport())
    return [_read(value, number, intake) for number, value in enumerate(values, 1)]


def _read(value: Any, number: int, intake: Intake) -> Dossier:
    if not is_record(value):
        raise RowError(
            file=NAME,
            line=number,
            field="activity.text",
            problem="is no record",
            mend='give an object with "activity" and a "text" in it',
        )
    try:
        record = read_record(value, file=NAME, line=number, intake=intake)
    except (ValueError, OverflowError, AttributeError) as exc:  # a value of another kind
        raise RowError(
            file=NAME,
            line=number,
            field=None,
            problem=f"can't be read ({type(exc).__name__})",
            mend="write it as the codebook's labelled record",
        ) from exc
    return Dossier(record.opportunity, (record,), alone=not record.activity.opportunity_id)


def judge_given(
    dossiers: Sequence[Dossier],
    classifier: Classifier,
    policy: Policy,
    *,
    as_of: date,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> list[Verdict]:
    """Judges records, one verdict each, in order."""
    audited = audit(dossiers, classifier, policy, as_of=as_of, stages=stages)
    return [finding.verdict for each in audited for finding in each.findings]
