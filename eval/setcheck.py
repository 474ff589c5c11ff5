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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.authoring import ACTS, FamilyError, compile_families
from eval.record_checks import KINDS, REASONS, calendar_errors, record_errors, schema_faults

__all__ = [
    "KINDS",
    "REASONS",
    "acts_errors",
    "balance",
    "calendar_errors",
    "check",
    "lookalikes",
    "record_errors",
]


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
        for item in _lines(text, path.name, errors):
            if set(item) == {"id", "acts"}:
                acts[item["id"]] = item["acts"]
            else:
                records.append(item)
    return records, acts, errors


def _lines(text: str, name: str, errors: list[str]) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL text; what is none goes into ``errors``."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except json.JSONDecodeError as exc:
            errors.append(f"{name}:{number}: not JSON: {exc}")
            continue
        if isinstance(item, dict):
            yield item
        else:
            errors.append(f"{name}:{number}: {item!r:.40} is no JSON object")


def check(paths: list[Path]) -> tuple[list[dict[str, Any]], list[str]]:
    """Loads files and returns their records with every error found, a line each.

    Records whose schema is broken are told of in the errors and left out of the records.
    """
    found, acts, errors = _load(paths)
    records = []
    seen: set[str] = set()
    for record in found:
        name = str(record.get("id", "?"))
        if name in seen:
            errors.append(f"{name}: id occurs twice")
        seen.add(name)
        errors += [f"{name}: {e}" for e in record_errors(record)]
        if schema_faults(record):
            continue
        records.append(record)
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
