"""``auditor replay``: a stored verdict rebuilt from its inputs, and what changed if it differs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from auditor.classify.llm.store import CallStore
from auditor.classify.registry import make_classifier
from auditor.commands.screen import out, print_json
from auditor.domain.verdict import Verdict
from auditor.jobs.learning import judged_sources
from auditor.jobs.replaying import Recall, Replay, replay
from auditor.settings import Settings, default_llm_store
from auditor.storage import open_database

_SHOWN_CHARS = 120


def run_replay(settings: Settings, key: int, *, as_json: bool = False) -> int:
    """Rebuilds a verdict and prints what came of it.

    Args:
        settings: database, and where answers are kept.
        key: the verdict's number.
        as_json: print it as JSON.

    Returns:
        0 where the same verdict came out, else 1.

    Raises:
        InputError: there is no such verdict.
        StorageError: the database can't be used.
    """
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        with database.read() as unit:
            found = unit.browsing.verdict(key)
        judged_by = found.finding.verdict.classifier if found else ""
        name = "rules" if judged_by.startswith("rules") else "local"
        judged = judged_sources(database)
        done = replay(
            database,
            key,
            base=make_classifier(name, settings, judged=judged),
            recall=_recall(settings),
            judged=judged,
            cache_days=settings.llm_cache_days,
        )
    if as_json:
        print_json(_as_json(key, done), indent=1)
    else:
        for line in _lines(key, done):
            out.print(line, markup=False, highlight=False)
    return 0 if done.is_same else 1


def _recall(settings: Settings) -> Recall:
    """Looks answers up where they are kept; a machine that never asked keeps none."""
    path = settings.llm_store or default_llm_store()
    if not path.exists():
        return lambda _: None
    return CallStore(path, cache_days=settings.llm_cache_days).recall


def _lines(key: int, done: Replay) -> list[str]:
    head = f"Verdict {key}, {done.stored.activity_id!r}: {_in_short(done.stored)}"
    lines = [head, *_origin(done)]
    if done.is_same:
        lines.append("The same verdict comes out.")
    elif done.rebuilt is None:
        lines.append("It can't be rebuilt.")
    else:
        lines.append(f"Another verdict comes out: {_in_short(done.rebuilt)}")
    lines += [f"  changed, {c.part}: {c.told}" for c in done.changes]
    lines += [f"  {d.field}: {_clip(d.then)} then, {_clip(d.now)} now" for d in done.differences]
    if done.differences and not done.changes:
        lines.append(
            "  nothing that it rests on has changed: the code that judges has; compare the versions"
        )
    return lines


def _origin(done: Replay) -> list[str]:
    made = done.provenance
    if made is None:
        return []
    lines = [f"Given by {done.stored.classifier}, auditor {made.auditor}, for {made.caller}"]
    asked = made.asked
    if asked is not None:
        answer = asked.answer_sha256 or f"no usable answer ({asked.failure})"
        lines.append(f"Asked {asked.model} by {asked.prompt} ({asked.parameters}): {answer}")
        if asked.precedents:
            lines.append(f"Examples: {', '.join(asked.precedents)}")
    return lines


def _in_short(verdict: Verdict) -> str:
    told = f"{verdict.label.value}, {verdict.reason.value}, {verdict.confidence:.2f}"
    return f"{told}, {verdict.status.value}"


def _clip(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False)
    return told if len(told) <= _SHOWN_CHARS else told[: _SHOWN_CHARS - 3] + "..."


def _as_json(key: int, done: Replay) -> dict[str, Any]:
    return {
        "verdict": key,
        "same": done.is_same,
        "changes": [asdict(c) for c in done.changes],
        "differences": [asdict(d) for d in done.differences],
        "stored": done.stored.as_line(),
        "rebuilt": done.rebuilt.as_line() if done.rebuilt else None,
        "provenance": done.provenance.model_dump(mode="json") if done.provenance else None,
    }
