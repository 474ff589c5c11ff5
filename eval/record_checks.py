"""What is wrong with one labelled record: schema, labels, times and verbatim evidence.

A *fault* makes a record unusable as a yardstick: a set with one is refused.  A *doubt* is what a
careful author would still mend, such as tests that contradict the label or "Thursday 12 March" in
a year where it is a Friday; outside sets are measured in spite of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from auditor.domain.labelling import MAX_QUOTES
from auditor.domain.labels import REASONS_OF
from auditor.domain.records import ActivityKind, TextFormat

REASONS: dict[str, list[str]] = {
    label.value: [r.value for r in reasons] for label, reasons in REASONS_OF.items()
}
"""The reasons that each label may carry, by their names in files."""
KINDS = {k.value for k in ActivityKind}
FORMATS = {f.value for f in TextFormat}
TESTS = ("what", "when", "why_then", "agreed", "advances", "loss")
_NO_TESTS_NEEDED = ("contract_in_motion", "won")
"""Reasons that are meaningful even undated (codebook, "Agreed")."""
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAY_DATE = re.compile(
    r"\b(?!sat\s+the\b)(mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day|s)?,?\s+"
    r"(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?\b(?![:./]\d|\s?(?:am|pm|o'clock|%|mins?\b))"
    r"(?:\s+(?:of\s+)?(jan|feb|mar|apr|may(?!\s+[a-z])|jun|jul"
    r"|aug|sept?|oct|nov|dec)[a-z]*)?",
    re.IGNORECASE,
)


def record_errors(record: Mapping[str, Any]) -> list[str]:
    """Every way in which one record breaks the codebook's form; empty when it is sound."""
    faults = record_faults(record)
    return faults + (record_doubts(record) if not schema_faults(record) else [])


def record_faults(record: Mapping[str, Any], *, bare: bool = False) -> list[str]:
    """Why a record can't be measured against; empty when it can.

    Args:
        record: in the codebook's format.
        bare: True where reason and evidence may be absent, as in a table of texts and labels.
    """
    faults = schema_faults(record, bare=bare)
    if faults:
        return faults
    return _label_faults(record) + _evidence_faults(record, bare=bare) + _time_faults(record)


def schema_faults(record: Mapping[str, Any], *, bare: bool = False) -> list[str]:
    """Keys that are missing or hold a value of the wrong kind."""
    wanted = [("id", str), ("label", str), ("opportunity", Mapping), ("activity", Mapping)]
    if not bare:
        wanted += [("reason", str), ("evidence", list)]
    faults = _missing(record, wanted, "")
    for key in ("reasons_ok", "tags", "history", "evidence"):
        faults += _wrong(record, key, list, "")
    faults += _wrong(record, "reason", str, "") if bare else []
    faults += _wrong(record, "tests", Mapping, "")
    faults += _not_strings(record, ("reasons_ok", "tags", "evidence"))
    if isinstance(record.get("activity"), Mapping):
        faults += _activity_faults(record["activity"])
    if isinstance(record.get("opportunity"), Mapping) and not bare:
        faults += _missing(record["opportunity"], [("stage", str)], "opportunity.")
    for index, past in enumerate(_items(record.get("history"))):
        where = f"history[{index}]"
        if not isinstance(past, Mapping):
            faults.append(f"{where} is {past!r}; an object is wanted")
            continue
        faults += _missing(past, [("occurred_at", str), ("text", str), ("kind", str)], f"{where}.")
        if isinstance(past.get("kind"), str) and past["kind"] not in KINDS:
            faults.append(f"{where}: unknown kind {past['kind']!r}")
    return list(dict.fromkeys(faults)) + _test_faults(record.get("tests"))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _missing(
    holder: Mapping[str, Any], wanted: Iterable[tuple[str, type[object]]], at: str
) -> list[str]:
    faults = []
    for key, kind in wanted:
        if key not in holder or holder[key] is None:
            faults.append(f"lacks {at}{key}")
        else:
            faults += _wrong(holder, key, kind, at)
    return faults


def _wrong(holder: Mapping[str, Any], key: str, kind: type[object], at: str) -> list[str]:
    value = holder.get(key)
    if value is None or isinstance(value, kind):
        return []
    name = "text" if kind is str else "a list" if kind is list else "an object"
    return [f"{at}{key} is {value!r:.60}; {name} is wanted"]


def _not_strings(record: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    return [
        f"{key} holds {value!r:.60}; text is wanted"
        for key in keys
        for value in _items(record.get(key))
        if not isinstance(value, str)
    ]


def _activity_faults(activity: Mapping[str, Any]) -> list[str]:
    keys = ("kind", "format", "occurred_at", "text")
    faults = _missing(activity, [(k, str) for k in keys], "activity.")
    faults += _wrong(activity, "next_activity", Mapping, "activity.")
    faults += _wrong(activity, "participants", list, "activity.")
    for key, known in (("kind", KINDS), ("format", FORMATS)):
        if isinstance(activity.get(key), str) and activity[key] not in known:
            faults.append(
                f"unknown {key} {activity[key]!r}; write one of {', '.join(sorted(known))}"
            )
    pending = activity.get("next_activity")
    if isinstance(pending, Mapping):
        faults += [
            f
            for k in ("kind", "subject", "due_on")
            for f in _wrong(pending, k, str, "next_activity.")
        ]
        if isinstance(pending.get("kind"), str) and pending["kind"] not in KINDS:
            faults.append(f"next_activity: unknown kind {pending['kind']!r}")
    for person in _items(activity.get("participants")):
        if not isinstance(person, Mapping) or not isinstance(person.get("name"), str):
            faults.append(f"participant {person!r:.60} lacks a name")
    return faults


def _test_faults(tests: object) -> list[str]:
    if not isinstance(tests, Mapping):
        return []
    missing = [t for t in TESTS if t not in tests]
    faults = [f"tests lack {', '.join(missing)}"] if missing else []
    return faults + [f"unknown test {t!r}" for t in tests if t not in TESTS]


def _label_faults(record: Mapping[str, Any]) -> list[str]:
    label, reason = record["label"], record.get("reason")
    if label not in REASONS:
        return [f"unknown label {label!r}; write one of {', '.join(REASONS)}"]
    faults = []
    if reason is not None and reason not in REASONS[label]:
        faults.append(f"reason {reason!r} does not belong to {label}")
    known = {r for group in REASONS.values() for r in group}
    return faults + [
        f"unknown alternate {r!r}" for r in record.get("reasons_ok") or () if r not in known
    ]


def evidence_sources(record: Mapping[str, Any]) -> list[str]:
    """The texts that a quote may be taken from: own text, pending subject, history."""
    activity = record["activity"]
    pending = activity.get("next_activity") or {}
    past = [h["text"] for h in record.get("history") or ()]
    return [activity["text"], pending.get("subject") or "", *past]


def _evidence_faults(record: Mapping[str, Any], *, bare: bool) -> list[str]:
    quotes = record.get("evidence") or []
    sources = evidence_sources(record)
    faults = []
    if not (bare and not quotes) and not 1 <= len(quotes) <= MAX_QUOTES:
        faults.append(f"{len(quotes)} quotes; one to four are wanted")
    return faults + [
        f"quote not verbatim: {q!r}" for q in quotes if not q.strip() or not _in_any(q, sources)
    ]


def _in_any(quote: str, sources: Iterable[str]) -> bool:
    return any(quote in s for s in sources)


def _time_faults(record: Mapping[str, Any]) -> list[str]:
    activity = record["activity"]
    at = parse_time(activity["occurred_at"])
    faults = [] if at else [f"occurred_at {activity['occurred_at']!r} is no ISO date and time"]
    due = (activity.get("next_activity") or {}).get("due_on")
    if due and parse_day(due) is None:
        faults.append(f"due_on {due!r} is no ISO date")
    for past in record.get("history") or ():
        when = parse_time(past["occurred_at"])
        if when is None:
            faults.append(f"history occurred_at {past['occurred_at']!r} is no ISO date and time")
        elif at and when > at:
            faults.append(f"history out of order: {past['occurred_at']} is after the activity")
    return faults


def parse_time(value: str) -> datetime | None:
    """An ISO date and time without its zone, or None where there is no such time."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return None


def parse_day(value: str) -> date | None:
    """An ISO date (a time after it is dropped), or None where there is no such day."""
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def record_doubts(record: Mapping[str, Any]) -> list[str]:
    """What is odd about a record whose schema is sound: tests, turns, order, weekdays."""
    return _test_doubts(record) + _turn_doubts(record) + _calendar_doubts(record)


def _test_doubts(record: Mapping[str, Any]) -> list[str]:
    label, tests, reason = record["label"], record.get("tests"), record.get("reason")
    if not tests or label not in REASONS:
        return []
    stands = all(tests[t] for t in ("what", "agreed", "advances")) and (
        tests["when"] or tests["why_then"]
    )
    doubts = []
    if label == "meaningful_next_step" and tests["loss"]:
        doubts.append("meaningful, yet the loss sign is set")
    if label == "meaningful_next_step" and not stands and reason not in _NO_TESTS_NEEDED:
        doubts.append("meaningful, yet the five tests do not stand")
    if label == "vague_callback" and (stands or tests["loss"]):
        doubts.append("vague, yet the five tests stand or the loss sign is set")
    if label == "implicit_loss" and not tests["loss"]:
        doubts.append("loss, yet the loss sign is not set")
    return doubts


def _turn_doubts(record: Mapping[str, Any]) -> list[str]:
    if record["activity"]["format"] != TextFormat.TRANSCRIPT:
        return []
    quotes = record.get("evidence") or ()
    return [f"quote crosses a turn: {q!r}" for q in quotes if "\n" in q]


def _calendar_doubts(record: Mapping[str, Any]) -> list[str]:
    activity = record["activity"]
    doubts = []
    last: datetime | None = None
    for past in record.get("history") or ():
        when = parse_time(past["occurred_at"])
        if when and last and when < last:
            doubts.append(f"history out of order at {past['occurred_at']}")
        last = when or last
    at = parse_time(activity["occurred_at"])
    if at and "cal:odd" not in (record.get("tags") or ()):
        doubts += calendar_errors(activity["text"], at.date())
    return doubts


def calendar_errors(text: str, occurred: date) -> list[str]:
    """Weekday-and-day mentions ("Thursday 12 March") that no date near the record satisfies."""
    errors = []
    for found in _WEEKDAY_DATE.finditer(text):
        weekday = _DAYS.index(found.group(1)[:3].lower())
        day = int(found.group(2))
        month = _MONTHS.index(found.group(3)[:3].lower()) + 1 if found.group(3) else None
        explicit = month is not None or re.search(r"(st|nd|rd|th)\b|the\s", found.group(0))
        if not 1 <= day <= 31 or not explicit:
            continue
        near = list(_nearby(month, day, occurred))
        if near and not any(d.weekday() == weekday for d in near):
            right = ", ".join(f"{d:%a %d %b %Y}" for d in near[:3])
            errors.append(f"{found.group(0)!r} is no such weekday (is {right})")
    return errors


def _nearby(month: int | None, day: int, around: date) -> Iterable[date]:
    """Dates with that day (and month) within 200 days of ``around`` (70 without a month)."""
    span = 200 if month else 70
    for offset in range(-span, span + 1):
        day_at = around + timedelta(days=offset)
        if day_at.day == day and (month is None or day_at.month == month):
            yield day_at
