"""Labels that people give blind on a page: what they read, what is kept, agreement and export.

Unlike a correction, a label changes no verdict: it is a measurement of the auditor, and is given
without seeing what the auditor, or anybody else, said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from auditor.classify.grounding import evidence_at, find_quote
from auditor.domain.agreement import Kappa, kappa_with_interval
from auditor.domain.labelling import GivenLabel, check_given, labelled_record
from auditor.domain.labels import Label
from auditor.domain.records import AuditRecord
from auditor.domain.verdict import EvidenceRole
from auditor.errors import DecisionConflict, DecisionError
from auditor.intake.codebook import codebook_record
from auditor.intake.dossier import HISTORY_LIMIT
from auditor.jobs.deciding import Caller
from auditor.reading.prepared import prepare
from auditor.storage import Database
from auditor.storage.activities import DueActivity
from auditor.storage.labels import StoredLabel

_LABELS = tuple(Label)
_MEND = "select them in the record, or type them as they stand there"


def read_for_label(database: Database, activity: int) -> DueActivity | None:
    """An activity as it is judged, with its history; None where there is none of that key."""
    with database.read() as unit:
        return unit.browsing.record(activity, history_limit=HISTORY_LIMIT)


def keep_label(
    database: Database, activity: int, given: GivenLabel, input_hash: str, caller: Caller
) -> StoredLabel | None:
    """Keeps a label; an earlier one by the same person on the activity gives way to it.

    Args:
        database: where the activity is.
        activity: its key.
        given: the label; case, space and the form of quotation marks in its quotes need not be
            those of the record, from which they are cut.
        input_hash: of what the person read.
        caller: who gives it.

    Returns:
        The label as kept; None where there is no such activity.

    Raises:
        DecisionConflict: the activity has changed since it was read; nothing is written.
        DecisionError: a part is missing or does not fit, or a quote does not stand in the record
            (``quote1`` to ``quote4``); nothing is written.
    """
    check_given(given)
    with database.begin() as unit:
        due = unit.browsing.record(activity, history_limit=HISTORY_LIMIT)
        if due is None:
            return None
        if due.input_hash != input_hash:
            raise DecisionConflict(
                "activity", "it has changed since you opened it; read it as it is now"
            )
        kept = replace(given, evidence=verbatim_quotes(due.record, given.evidence))
        key = unit.labels.add(
            {
                "activity_key": activity,
                "input_hash": due.input_hash,
                "label": kept.label.value,
                "reason": kept.reason.value,
                "reasons_ok": [r.value for r in kept.reasons_ok] or None,
                "quotes": list(kept.evidence),
                "unsure": kept.unsure,
                "comment": kept.comment or None,
                "record": codebook_record(due.record),
                "made_by": caller.actor,
                "made_at": datetime.now(UTC),
            }
        )
        unit.audit_log.add(
            caller.actor,
            "label.made",
            subject_kind="activity",
            subject=activity,
            request_id=caller.request_id,
            detail={"given": key},
        )
        return unit.labels.get(key)


def undo_label(database: Database, key: int, caller: Caller) -> StoredLabel | None:
    """Takes one's own label back; twice is the same as once.

    Returns:
        The label; None where there is none of that key, or it is somebody else's.
    """
    with database.begin() as unit:
        found = unit.labels.get(key)
        if found is None or found.made_by != caller.actor:
            return None
        if unit.labels.undo(key, by=caller.actor, at=datetime.now(UTC)):
            unit.audit_log.add(
                caller.actor,
                "label.undone",
                subject_kind="activity",
                subject=found.activity_key,
                request_id=caller.request_id,
                detail={"given": key},
            )
        return unit.labels.get(key)


def verbatim_quotes(record: AuditRecord, quotes: Sequence[str]) -> tuple[str, ...]:
    """The quotes as the record has them: its own text, its pending activity or its history.

    Raises:
        DecisionError: of ``quote1`` to ``quote4``: it does not stand there, cuts off a negation,
            runs over more than one turn, or repeats another.
    """
    prepared = prepare(record)
    found: list[str] = []
    for number, quote in enumerate(quotes, 1):
        located = find_quote(prepared, quote)
        if located.place is None:
            problem = located.problem or "the words are not in the record"
            raise DecisionError(f"quote{number}", f"{problem}; {_MEND}")
        evidence = evidence_at(prepared, located.place, role=EvidenceRole.DECIDING)
        if evidence is None:
            raise DecisionError(f"quote{number}", "quote at least one whole word")
        if evidence.quote in found:
            raise DecisionError(f"quote{number}", "the same words stand above it already")
        found.append(evidence.quote)
    return tuple(found)


def label_lines(labels: Sequence[StoredLabel]) -> list[dict[str, Any]]:
    """One person's labels as a labelled set: a record in the codebook's format each.

    The id is the activity's number in the database, so that two people's files share it and
    ``auditor eval agreement`` can pair them; records of one opportunity share a ``fam:`` tag.
    """
    return [
        labelled_record(
            label.given,
            label.record | {"id": f"activity-{label.activity_key}"},
            tags=[f"fam:{label.record['opportunity']['id']}"],
            annotator=person_of(label.made_by),
            labelled_at=label.made_at,
        )
        for label in labels
    ]


def person_of(actor: str) -> str:
    """The person of an actor, without its kind."""
    return actor.partition(":")[2] or actor


@dataclass(frozen=True)
class PairAgreement:
    """How far two people agree on what both labelled."""

    first: str
    """One, as in the audit log."""
    second: str
    """The other."""
    shared: int
    """Records that both labelled."""
    alike: int
    """Of those, given the same label."""
    kappa: Kappa
    """Beyond chance."""
    apart: tuple[tuple[StoredLabel, StoredLabel], ...]
    """Labels that differ, to talk about."""


def measure_pairs(labels: Sequence[StoredLabel]) -> list[PairAgreement]:
    """Agreement of each two people who labelled a record in common, by name.

    Labels of an activity that changed in between were given on different words and don't count.
    """
    people: dict[str, dict[int, StoredLabel]] = {}
    for label in labels:
        people.setdefault(label.made_by, {})[label.activity_key] = label
    found = []
    for first, second in combinations(sorted(people), 2):
        both = [
            (label, people[second][key])
            for key, label in people[first].items()
            if key in people[second] and people[second][key].record == label.record
        ]
        if both:
            found.append(_pair(first, second, both))
    return found


def _pair(
    first: str, second: str, both: Sequence[tuple[StoredLabel, StoredLabel]]
) -> PairAgreement:
    matrix = [[0.0] * len(_LABELS) for _ in _LABELS]
    for a, b in both:
        matrix[_LABELS.index(a.given.label)][_LABELS.index(b.given.label)] += 1
    apart = tuple((a, b) for a, b in both if a.given.label is not b.given.label)
    kappa = kappa_with_interval(matrix)
    return PairAgreement(first, second, len(both), len(both) - len(apart), kappa, apart)
