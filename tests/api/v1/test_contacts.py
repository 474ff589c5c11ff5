"""Erasing a person over HTTP: from the database and from what this machine keeps of answers."""

from __future__ import annotations

import json
from collections.abc import Callable

from fastapi.testclient import TestClient

from auditor.classify.llm.client import Reply
from auditor.classify.llm.store import CallStore
from auditor.settings import Settings
from auditor.storage import Database
from tests.storage.making import rows


def _name(url: str) -> str:
    """Somebody whose name stands in notes."""
    told = rows(url, "SELECT participants FROM activities WHERE participants LIKE '%\"buyer\"%'")
    held = told[0]["participants"]
    people = json.loads(held) if isinstance(held, str) else held
    return str(next(p["name"] for p in people if p.get("role") == "buyer" and p.get("name")))


def test_an_erasure_reaches_the_kept_answers_and_stands_in_the_log(
    machine: TestClient, database: Database, settings: Settings
) -> None:
    name = _name(settings.database_url)
    assert settings.llm_store is not None
    kept = CallStore(settings.llm_store)
    kept.keep("k", Reply(f"{name} said so", "m"))
    answer = machine.delete(f"/v1/contacts/{name}")
    assert answer.status_code == 200
    erased = answer.json()["erased"]
    assert erased["activities"] > 0
    assert erased["cached_answers"] == 1
    assert kept.recall("k") is None
    held = rows(settings.database_url, "SELECT text, participants FROM activities")
    assert name.casefold() not in repr(held).casefold()
    with database.read() as unit:
        [entry] = [e for e in unit.audit_log.latest(limit=5) if e.action == "contact.erased"]
    assert entry.actor.startswith("key:")


def test_an_erasure_is_an_administrator_s(client: TestClient, make_key: Callable[..., str]) -> None:
    header = {"Authorization": f"Bearer {make_key('read', 'decide', 'evaluate')}"}
    assert client.delete("/v1/contacts/lee@example.com", headers=header).status_code == 403
