"""``auditor work``, ``auditor failures`` and ``auditor digest --send`` as they are used."""

from __future__ import annotations

import json
from datetime import date
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.storage import open_database
from tests.jobs.mailing import add_supervisor, fill, mail_server

WEEK = ("--week", "2026-W10")


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'auditor.db'}"
    for name, value in {
        "AUDITOR_DATABASE_URL": url,
        "AUDITOR_CLASSIFIER": "rules",
        "AUDITOR_SECRET_KEY": "k" * 64,
        "AUDITOR_MAIL_FROM": "Call notes <auditor@example.com>",
        "AUDITOR_PUBLIC_URL": "https://auditor.example.com",
        "AUDITOR_TIME_ZONE": "UTC",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with open_database(url) as database:
        database.migrate()
        fill(database)
        add_supervisor(database)
    return url


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_a_dry_run_writes_the_message_and_sends_nothing(
    db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_SMTP_URL", "smtp://127.0.0.1:1")
    code, told = _run("digest", "--send", "--dry-run", "--out", "mails", *WEEK)
    assert code == 0, told
    [file] = (tmp_path / "mails").iterdir()
    assert file.name == "kim@example.com-2026-W10.eml"
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"] == "Kim Vale <kim@example.com>"
    with open_database(db) as database, database.read() as unit:
        assert unit.digests.of_weeks(date(2026, 1, 1)) == []


def test_a_digest_is_sent_once_and_again_only_on_purpose(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as (inbox, port):
        monkeypatch.setenv("AUDITOR_SMTP_URL", f"smtp://127.0.0.1:{port}")
        assert _run("digest", "--send", *WEEK)[0] == 0
        code, told = _run("digest", "--send", *WEEK)
        assert code == 0
        assert "--resend" in told
        assert len(inbox.kept) == 1
        assert _run("digest", "--send", "--resend", "--to", "kim@example.com", *WEEK)[0] == 0
        assert len(inbox.kept) == 2


def test_what_could_not_be_sent_is_listed_and_requeued(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_SMTP_URL", "smtp://127.0.0.1:1")
    code, told = _run("digest", "--send", *WEEK)
    assert code == 1
    assert "NOT SENT" in told
    [failure] = json.loads(_run("failures", "list", "--json")[1])
    assert failure["kind"] == "digest"
    assert _run("failures", "requeue", str(failure["key"]))[0] == 0
    [again] = json.loads(_run("failures", "list", "--json")[1])
    assert not again["is_dead"]
    assert again["attempts"] == 0


def test_work_once_judges_what_is_due_and_ends(db: str) -> None:
    with open_database(db) as database, database.begin() as unit:
        assert unit.verdicts.count() == 3
    code, told = _run("work", "--once")
    assert code == 0, told
    assert "Done" in told
