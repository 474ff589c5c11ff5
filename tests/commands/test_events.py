"""`auditor events` shows what came in and what is dead, and gives it another try."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import InputError
from auditor.storage import open_database
from auditor.storage.events import EventState, ReceivedEvent

RUNNER = CliRunner()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with one event of each state, and a row of a file."""
    address = f"sqlite:///{tmp_path / 'auditor.db'}"
    with open_database(address) as database:
        database.migrate()
        with database.begin() as unit:
            unit.events.receive(
                [_event(state) for state in EventState],
                received_at=datetime(2026, 3, 2, 10, tzinfo=UTC),
            )
    return address


def _event(state: EventState) -> ReceivedEvent:
    error = "'text' does not \x1b[31mfit" if state is EventState.DEAD else None
    return ReceivedEvent(
        "crm", "deal.change", '{"é": 1}', str(state), "5", "pipedrive", state, error
    )


def run(url: str, *arguments: str) -> str:
    result = RUNNER.invoke(app, ["events", *arguments, "--db", url])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_tells_state_and_reason_and_obeys_no_text(url: str) -> None:
    told = run(url, "list")
    assert "In all: crm dead 1, crm done 1, crm ignored 1, crm pending 1" in told
    assert "\x1b[31m" not in told
    only = json.loads(run(url, "list", "--state", "dead", "--json"))
    assert [(e["state"], e["about"], e["received_at"]) for e in only] == [
        ("dead", "5", "2026-03-02T10:00:00+00:00")
    ]
    assert "payload" not in only[0]


def test_an_event_is_shown_as_it_came(url: str) -> None:
    assert json.loads(run(url, "show", "1"))["payload"] == '{"é": 1}'
    with pytest.raises(InputError, match="no event 99"):
        run(url, "show", "99")


def test_dead_events_are_requeued_by_number_or_all(url: str) -> None:
    assert "1 event will be handled again" in run(url, "requeue", "--all-dead")
    assert "No event is dead" in run(url, "requeue", "--all-dead")
    ignored = json.loads(run(url, "list", "--state", "ignored", "--json"))[0]["event"]
    assert "1 event" in run(url, "requeue", str(ignored))
    assert json.loads(run(url, "list", "--state", "ignored", "--json")) == []
    with pytest.raises(InputError, match="none of these"):
        run(url, "requeue", str(ignored))
    with pytest.raises(InputError, match="--all-dead"):
        run(url, "requeue")


def test_before_the_first_event_it_says_where_to_begin(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'auditor.db'}"
    with open_database(address) as database:
        database.migrate()
    assert "docs/webhooks.md" in run(address, "list")
