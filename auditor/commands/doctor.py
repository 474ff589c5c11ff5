"""``auditor doctor``: checks what the auditor needs and says what to mend."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from auditor.classify.registry import make_classifier, make_policy
from auditor.classify.verdicts import judge
from auditor.commands.screen import out
from auditor.domain.labels import Label
from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.errors import AuditorError
from auditor.intake.sample import load_sample
from auditor.settings import Settings, data_folder, default_database_url, load_settings


class Health(StrEnum):
    """How a check went."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    what: str
    """The thing."""
    health: Health
    """How it is."""
    detail: str
    """What was seen, with the mend where it is broken."""


def run_doctor(*, as_json: bool, ping: bool = False) -> int:
    """Checks everything and prints it; returns 1 where something is broken, else 0.

    Args:
        as_json: print the findings as JSON.
        ping: also ask the language model, which may cost a fraction of a cent.
    """
    findings = list(_check_all(ping=ping))
    if as_json:
        sys.stdout.write(json.dumps([asdict(f) for f in findings], indent=1) + "\n")
    else:
        for finding in findings:
            mark = {Health.OK: "ok    ", Health.NOTE: "note  ", Health.BROKEN: "BROKEN"}
            out.print(f"{mark[finding.health]}  {finding.what}: {finding.detail}", markup=False)
    return 1 if any(f.health is Health.BROKEN for f in findings) else 0


def _check_all(*, ping: bool) -> Iterator[Finding]:
    version = sys.version_info
    yield Finding("Python", Health.OK, f"{version.major}.{version.minor}.{version.micro}")
    try:
        settings = load_settings()
    except AuditorError as exc:
        yield Finding("settings", Health.BROKEN, str(exc))
        return
    yield Finding("settings", Health.OK, f"classifier {settings.classifier}")
    yield _guarded("local model", lambda: _judge_one(settings))
    yield _guarded("sample team", _read_sample)
    yield _database(settings)
    yield from _language_model(settings, ping=ping)


def _guarded(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, Health.OK, check())
    except AuditorError as exc:
        return Finding(what, Health.BROKEN, str(exc))


def _judge_one(settings: Settings) -> str:
    """Judges a plain callback; the local model must read it as one."""
    classifier = make_classifier("local", settings)
    note = Activity(
        id="doctor",
        occurred_at=datetime(2026, 3, 2, 10),
        text="Left it with him, he is busy. Call back in three months.",
    )
    record = AuditRecord(opportunity=Opportunity(id="doctor", stage="Proposal"), activity=note)
    verdict = judge([record], classifier, make_policy(classifier, settings))[0].verdict
    if verdict.label is not Label.VAGUE_CALLBACK:
        raise AuditorError(
            f"{classifier.name} reads a plain callback as {verdict.label.value!r}; reinstall the "
            "package, its model files are damaged"
        )
    return f"{classifier.name} judges"


def _read_sample() -> str:
    sample = load_sample(date(2026, 3, 2))
    return f"{len(sample.opportunities)} opportunities, {len(sample.activities)} activities"


def _database(settings: Settings) -> Finding:
    from auditor.storage import open_database

    url = settings.database_url
    if url == default_database_url() and not (data_folder() / "auditor.db").exists():
        return Finding("database", Health.NOTE, "none yet; `auditor import FILES` makes it")
    try:
        with open_database(url, create=False) as database:
            database.require_schema()
            return Finding("database", Health.OK, database.shown)
    except AuditorError as exc:
        return Finding("database", Health.BROKEN, str(exc))


def _language_model(settings: Settings, *, ping: bool) -> Iterator[Finding]:
    if settings.llm_model is None:
        yield Finding("language model", Health.OK, "off; the local model judges alone")
        return
    from auditor.commands.llm_checks import check_language_model

    for what, health, detail in check_language_model(settings, ping=ping):
        yield Finding(what, Health(health), detail)
