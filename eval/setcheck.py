"""Checks a labelled set: schema, calendar, verbatim evidence, consistency, and its balance.

Run ``python -m eval.setcheck FILE...`` on family files (``.fam``), record files (``.jsonl``) or
acts files (``acts_*.jsonl``).  It lists every error, then the balance of the labels, and exits 1
when there is an error.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from eval.authoring import ACTS, FamilyError, compile_families

REASONS = {
    "meaningful_next_step": (
        "decision_scheduled working_session_booked proposal_review_booked contract_in_motion "
        "evaluation_in_progress buyer_event_anchored won"
    ).split(),
    "vague_callback": (
        "interval_callback no_date rep_only_intent awaiting_reply send_info availability_only "
        "no_purpose no_next_activity"
    ).split(),
    "implicit_loss": (
        "competitor_chosen incumbent_renewed no_budget price no_need no_fit not_a_priority "
        "project_cancelled contact_gone brush_off no_response do_not_contact"
    ).split(),
}
KINDS = {"call", "email", "meeting", "task", "note"}
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAY_DATE = re.compile(
    r"\b(?!sat\s+the\b)(mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day|s)?,?\s+(?:the\s+)?"
    r"(\d{1,2})(?:st|nd|rd|th)?\b(?![:./]\d|\s?(?:am|pm|o'clock|%|mins?\b))"
    r"(?:\s+(?:of\s+)?(jan|feb|mar|apr|may(?!\s+[a-z])|jun|jul|aug|sept?|oct|nov|dec)[a-z]*)?",
    re.IGNORECASE,
)


def _nearby(month: int | None, day: int, around: date) -> Iterable[date]:
    """Dates with that day (and month) within half a year of ``around`` (two months without)."""
    span = 200 if month else 70
    for offset in range(-span, span + 1):
        day_at = around + timedelta(days=offset)
        if day_at.day == day and (month is None or day_at.month == month):
            yield day_at


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


def _sources(record: dict[str, Any]) -> list[str]:
    activity = record["activity"]
    pending = activity.get("next_activity") or {}
    past = [h["text"] for h in record.get("history", [])]
    return [activity["text"], pending.get("subject") or "", *past]


def _evidence_errors(record: dict[str, Any]) -> list[str]:
    errors = []
    quotes = record["evidence"]
    if not 1 <= len(quotes) <= 4:
        errors.append(f"{len(quotes)} quotes; one to four are wanted")
    for quote in quotes:
        if not quote.strip() or not any(quote in s for s in _sources(record)):
            errors.append(f"quote not verbatim: {quote!r}")
        if record["activity"]["format"] == "transcript" and "\n" in quote:
            errors.append(f"quote crosses a turn: {quote!r}")
    return errors


def _label_errors(record: dict[str, Any]) -> list[str]:
    label, tests = record["label"], record.get("tests")
    if label not in REASONS:
        return [f"unknown label {label!r}"]
    errors = []
    if record["reason"] not in REASONS[label]:
        errors.append(f"reason {record['reason']!r} does not belong to {label}")
    known = {r for group in REASONS.values() for r in group}
    errors += [f"unknown alternate {r!r}" for r in record.get("reasons_ok", []) if r not in known]
    if tests:
        stands = all(tests[t] for t in ("what", "agreed", "advances")) and (
            tests["when"] or tests["why_then"]
        )
        if label == "meaningful_next_step" and tests["loss"]:
            errors.append("meaningful, yet the loss sign is set")
        if (
            label == "meaningful_next_step"
            and not stands
            and record["reason"]
            not in (
                "contract_in_motion",
                "won",
            )
        ):
            errors.append("meaningful, yet the five tests do not stand")
        if label == "vague_callback" and (stands or tests["loss"]):
            errors.append("vague, yet the five tests stand or the loss sign is set")
        if label == "implicit_loss" and not tests["loss"]:
            errors.append("loss, yet the loss sign is not set")
    return errors


def _time_errors(record: dict[str, Any]) -> list[str]:
    activity = record["activity"]
    try:
        at = datetime.fromisoformat(activity["occurred_at"])
    except ValueError:
        return [f"occurred_at {activity['occurred_at']!r} is no ISO date and time"]
    errors = []
    pending = activity.get("next_activity") or {}
    if pending.get("due_on"):
        try:
            date.fromisoformat(pending["due_on"])
        except ValueError:
            errors.append(f"due_on {pending['due_on']!r} is no ISO date")
    last = None
    for past in record.get("history", []):
        try:
            when = datetime.fromisoformat(past["occurred_at"])
        except ValueError:
            errors.append(f"history occurred_at {past['occurred_at']!r} is no ISO date and time")
            continue
        if when > at or (last and when < last):
            errors.append(f"history out of order at {past['occurred_at']}")
        last = when
    if "cal:odd" not in record.get("tags", []):
        errors += calendar_errors(activity["text"], at.date())
    return errors


def record_errors(record: dict[str, Any]) -> list[str]:
    """Every way in which one record breaks the codebook's form; empty when it is sound."""
    try:
        activity = record["activity"]
        errors = []
        if activity["kind"] not in KINDS:
            errors.append(f"unknown kind {activity['kind']!r}")
        if activity["format"] not in ("note", "transcript"):
            errors.append(f"unknown format {activity['format']!r}")
        if "stage" not in record["opportunity"]:
            errors.append("no stage")
        return errors + _label_errors(record) + _evidence_errors(record) + _time_errors(record)
    except KeyError as exc:
        return [f"lacks {exc}"]


def acts_errors(acts: list[list[str]], text: str) -> list[str]:
    """Clauses that do not stand in the text in order, unknown acts, or a poor cover of it."""
    errors, at, covered = [], 0, 0
    for clause, act in acts:
        if act not in ACTS:
            errors.append(f"unknown act {act!r}")
        found = text.find(clause, at)
        if found < 0:
            errors.append(f"clause not in text order: {clause!r}")
        else:
            at, covered = found + len(clause), covered + len(clause)
    if text.strip() and covered < 0.7 * len(text.strip()):
        errors.append(f"acts cover {covered / len(text):.0%} of the text; 70% are wanted")
    if acts and all(a == "noise" for _, a in acts) and len(acts) > 1:
        errors.append("every clause is noise")
    return errors


def _shingles(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}


def lookalikes(records: list[dict[str, Any]], *, limit: float = 0.5) -> list[str]:
    """Records of different families that share over ``limit`` of their three-word runs."""
    index: dict[str, list[int]] = defaultdict(list)
    sets = [_shingles(r["activity"]["text"]) for r in records]
    family = [
        next((t for t in r.get("tags", []) if t.startswith(("fam:", "pair:"))), r["id"])
        for r in records
    ]
    errors = []
    for i, shingles in enumerate(sets):
        shared = Counter(j for s in shingles for j in index[s])
        for j, n in shared.items():
            if family[i] != family[j] and n > limit * min(len(shingles), len(sets[j])) and n > 2:
                errors.append(f"{records[i]['id']} resembles {records[j]['id']} ({n} runs shared)")
        for s in shingles:
            index[s].append(i)
    return errors


def balance(records: list[dict[str, Any]]) -> str:
    """A table by label: records, median words, share with a digit, a pending date, history."""
    rows = []
    for label in REASONS:
        for form in ("note", "transcript"):
            those = [r for r in records if r["label"] == label and r["activity"]["format"] == form]
            if those:
                n = len(those)
                words = statistics.median(len(r["activity"]["text"].split()) for r in those)
                digit = sum(any(c.isdigit() for c in r["activity"]["text"]) for r in those) / n
                due = (
                    sum(
                        bool((r["activity"].get("next_activity") or {}).get("due_on"))
                        for r in those
                    )
                    / n
                )
                past = sum(bool(r.get("history")) for r in those) / n
                rows.append(
                    f"{label:22}{form:11} n {n:5}  words {words:5.0f}  digit {digit:4.0%}  "
                    f"due {due:4.0%}  history {past:4.0%}"
                )
    reasons = Counter(r["reason"] for r in records)
    rows.append("reasons: " + ", ".join(f"{k} {v}" for k, v in reasons.most_common()))
    return "\n".join(rows)


def _load(paths: list[Path]) -> tuple[list[dict[str, Any]], dict[str, list[list[str]]], list[str]]:
    records: list[dict[str, Any]] = []
    acts: dict[str, list[list[str]]] = {}
    errors: list[str] = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".fam":
            try:
                compiled = compile_families(text, name=path.name)
            except FamilyError as exc:
                errors.append(str(exc))
                continue
            records += compiled.records
            acts |= {a["id"]: a["acts"] for a in compiled.acts}
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except json.JSONDecodeError as exc:
                errors.append(f"{path.name}:{number}: not JSON: {exc}")
                continue
            if set(item) == {"id", "acts"}:
                acts[item["id"]] = item["acts"]
            else:
                records.append(item)
    return records, acts, errors


def check(paths: list[Path]) -> tuple[list[dict[str, Any]], list[str]]:
    """Loads files and returns their records with every error found, a line each."""
    records, acts, errors = _load(paths)
    seen: set[str] = set()
    for record in records:
        name = record.get("id", "?")
        if name in seen:
            errors.append(f"{name}: id occurs twice")
        seen.add(name)
        errors += [f"{name}: {e}" for e in record_errors(record)]
        if name in acts:
            errors += [f"{name}: {e}" for e in acts_errors(acts[name], record["activity"]["text"])]
    errors += lookalikes(records)
    return records, errors


def main(argv: list[str]) -> int:
    """Checks the files named; prints errors and the balance."""
    records, errors = check([Path(a) for a in argv])
    sys.stdout.write("".join(f"ERROR {e}\n" for e in errors))
    sys.stdout.write(f"{len(records)} records, {len(errors)} errors\n{balance(records)}\n")
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
