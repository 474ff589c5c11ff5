"""Exports of annotation tools as flat rows: Label Studio JSON and JSON-MIN, Argilla JSON.

Choices whose value is a codebook label or reason are taken as such, whatever their question is
called.  Marked spans are evidence, those named like ``deciding`` first.  A record that several
people judged differently is an error, unless one judgement is marked as ground truth or one
annotator is asked for.

Label Studio: https://labelstud.io/guide/export (JSON, JSON_MIN).  Argilla:
``dataset.records.to_json`` of Argilla 2, and the list form of responses of Argilla 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.labels import Act
from eval.flat_rows import column_name, label_name
from eval.record_checks import REASONS

_ALL_REASONS = frozenset(r for group in REASONS.values() for r in group)
_ACTS = frozenset(a.value for a in Act)
_DECIDING = ("decid", "main", "key")
_MIN_KEYS = frozenset({"annotation_id", "annotator", "lead_time", "created_at", "updated_at"})


@dataclass
class Judgement:
    """What one annotator said of one record."""

    annotator: str
    """Id or name in the tool."""
    labels: list[str] = field(default_factory=list)
    """Codebook labels chosen."""
    reasons: list[str] = field(default_factory=list)
    """Codebook reasons chosen, the first is the deciding one."""
    spans: list[tuple[str, str]] = field(default_factory=list)
    """(name of the mark, words) in the order of marking."""
    unknown: list[str] = field(default_factory=list)
    """Choices that are neither label nor reason."""
    preferred: bool = False
    """Marked as ground truth."""

    def choose(self, value: str) -> None:
        """Takes one choice."""
        if label_name(value) in REASONS:
            self.labels.append(label_name(value))
        elif value.strip() in _ALL_REASONS:
            self.reasons.append(value.strip())
        else:
            self.unknown.append(value)

    @property
    def quotes(self) -> list[str]:
        """The marked words, the deciding ones first."""
        marked = [s for s in self.spans if s[0] not in _ACTS]
        ranked = sorted(marked, key=lambda s: not s[0].lower().startswith(_DECIDING))
        return list(dict.fromkeys(words for _, words in ranked))


def is_label_studio(item: Mapping[str, Any]) -> bool:
    """Whether an object looks like a Label Studio task."""
    full = isinstance(item.get("data"), Mapping) and (
        "annotations" in item or "completions" in item
    )
    return full or ("annotation_id" in item and "activity" not in item)


def is_argilla(item: Mapping[str, Any]) -> bool:
    """Whether an object looks like an Argilla record."""
    return isinstance(item.get("fields"), Mapping) and "responses" in item


def label_studio_row(
    task: Mapping[str, Any], annotator: str | None
) -> tuple[dict[str, Any], list[str]]:
    """One Label Studio task as a flat row, with what is wrong with it."""
    if "data" not in task:
        return _min_row(task)
    data = dict(task["data"])
    data.setdefault("id", task.get("id"))
    texts = {str(v) for v in data.values() if isinstance(v, str)}
    judged = []
    for annotation in task.get("annotations") or task.get("completions") or ():
        if annotation.get("was_cancelled"):
            continue
        said = Judgement(_who(annotation.get("completed_by")))
        said.preferred = bool(annotation.get("ground_truth"))
        for result in annotation.get("result") or ():
            _read_result(result, said, data, texts)
        judged.append(said)
    return _settle(data, judged, annotator)


def _who(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value.get("email") or value.get("id"))
    return str(value)


def _read_result(
    result: Mapping[str, Any], said: Judgement, data: Mapping[str, Any], texts: Iterable[str]
) -> None:
    value = result.get("value") or {}
    if "choices" in value:
        for choice in value["choices"]:
            said.choose(str(choice))
        return
    names = value.get("labels") or value.get("hypertextlabels") or value.get("paragraphlabels")
    if names:
        said.spans.append((str(names[0]), _words(value, data.get("text"), texts)))


def _words(value: Mapping[str, Any], text: object, texts: Iterable[str] = ()) -> str:
    """The words of a span; offsets of browsers count UTF-16 units, those of Python code points."""
    whole = text if isinstance(text, str) else next(iter(texts), "")
    given = value.get("text")
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        return str(given or "")
    by_points = whole[start:end]
    raw = whole.encode("utf-16-le")
    by_units = raw[2 * start : 2 * end].decode("utf-16-le", errors="ignore")
    if isinstance(given, str):
        return next((w for w in (by_points, by_units) if w == given), given)
    return by_units


def _min_row(item: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A JSON-MIN task: data and answers side by side, one annotation an object."""
    said = Judgement(_who(item.get("annotator")))
    row: dict[str, Any] = {}
    for key, value in item.items():
        if key in _MIN_KEYS:
            continue
        if isinstance(value, Mapping) and "choices" in value:
            for choice in value["choices"]:
                said.choose(str(choice))
        elif _is_spans(value):
            said.spans += [
                (str((v.get("labels") or [""])[0]), _words(v, item.get("text"))) for v in value
            ]
        elif isinstance(value, str) and (label_name(value) in REASONS or value in _ALL_REASONS):
            said.choose(value)
        else:
            row[key] = value
    return _settle(row, [said], None)


def _is_spans(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(v, Mapping) and "start" in v and "end" in v for v in value)
    )


def argilla_row(
    record: Mapping[str, Any], annotator: str | None
) -> tuple[dict[str, Any], list[str]]:
    """One Argilla record as a flat row, with what is wrong with it."""
    row = {**(record.get("metadata") or {}), **record["fields"]}
    row.setdefault("id", record.get("id") or record.get("external_id"))
    text = next((v for k, v in row.items() if column_name(k) == "text"), None)
    by_user: dict[str, Judgement] = {}
    for user, question, value in _answers(record.get("responses")):
        said = by_user.setdefault(user, Judgement(user))
        _read_answer(value, question, said, text)
    return _settle(row, list(by_user.values()), annotator)


def _answers(responses: object) -> Iterable[tuple[str, str, Any]]:
    """(user, question, value) of either form of responses; drafts and discards are left out."""
    if isinstance(responses, Mapping):
        for question, given in responses.items():
            for one in given:
                if one.get("status") in (None, "submitted"):
                    yield str(one.get("user_id")), question, one.get("value")
    elif isinstance(responses, list):
        for one in responses:
            if one.get("status") in (None, "submitted"):
                for question, answer in (one.get("values") or {}).items():
                    yield str(one.get("user_id")), question, answer.get("value")


def _read_answer(value: Any, question: str, said: Judgement, text: object) -> None:
    if _is_spans(value):
        said.spans += [(str(v.get("label") or question), _words(v, text)) for v in value]
        return
    for choice in value if isinstance(value, list) else [value]:
        if isinstance(choice, str):
            said.choose(choice)


def _settle(
    row: dict[str, Any], judged: list[Judgement], annotator: str | None
) -> tuple[dict[str, Any], list[str]]:
    """The row with the one judgement that counts."""
    if annotator is not None:
        judged = [j for j in judged if j.annotator == annotator]
    judged = [j for j in judged if j.preferred] or judged
    labelled = [j for j in judged if j.labels]
    if not labelled:
        given = [u for j in judged for u in j.unknown]
        told = f"unknown label {given[0]!r}" if given else "no label was given"
        return row, [f"{told}; annotate it or leave the record out"]
    chosen = labelled[-1]
    problems = []
    if len({label for j in labelled for label in j.labels}) > 1:
        said = ", ".join(f"{j.annotator}: {'+'.join(j.labels)}" for j in labelled)
        problems.append(f"annotations disagree ({said}); adjudicate, or name one annotator")
    row["label"] = chosen.labels[0]
    if chosen.reasons:
        row["reason"], row["reasons_ok"] = chosen.reasons[0], chosen.reasons[1:]
    if chosen.quotes:
        row["evidence"] = chosen.quotes
    return row, problems
