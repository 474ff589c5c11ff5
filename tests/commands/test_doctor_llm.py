"""``auditor doctor`` tells what keeps a language model from being asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.classify.llm.client import Usage
from auditor.classify.llm.failures import CallFailed
from auditor.classify.llm.store import CallStore, Limits, Price
from auditor.commands.llm_checks import check_language_model
from auditor.settings import Settings
from tests.classify.llm.conftest import make_settings, server
from tests.classify.llm.server import Scripted, ScriptedServer, answers, fails, says

__all__ = ["make_settings", "server"]
MakeSettings = Callable[..., Settings]


def _found(settings: Settings, *, ping: bool = False) -> dict[str, tuple[str, str]]:
    found: Iterator[tuple[str, str, str]] = check_language_model(settings, ping=ping)
    return {what: (health, detail) for what, health, detail in found}


def test_all_is_well_without_a_question(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    found = _found(make_settings(llm_api_key="sk-secret-9"))
    assert {health for health, _ in found.values()} == {"ok"}
    assert "0 calls today, $0.0000 of $5.00" in found["ledger of calls"][1]
    assert "sk-secret-9" not in str(found)
    assert server.requests == []


def test_a_missing_key_is_broken(make_settings: MakeSettings) -> None:
    health, told = _found(make_settings(llm_base_url=None))["language model"]
    assert health == "broken"
    assert "AUDITOR_LLM_API_KEY" in told


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/v1", "nonsense"])
def test_a_server_that_is_not_there_is_broken(address: str, make_settings: MakeSettings) -> None:
    health, told = _found(make_settings(llm_base_url=address))["model server"]
    assert health == "broken"
    assert "AUDITOR_LLM_BASE_URL" in told


def test_an_unknown_price_is_noted(server: ScriptedServer, make_settings: MakeSettings) -> None:
    health, told = _found(make_settings(llm_prices={}))["model price"]
    assert health == "note"
    assert "AUDITOR_LLM_PRICES" in told


def test_an_unknown_prompt_is_broken(server: ScriptedServer, make_settings: MakeSettings) -> None:
    assert _found(make_settings(llm_prompt="classify.v99"))["prompt"][0] == "broken"


def test_a_ledger_that_is_none_is_broken(
    server: ScriptedServer, make_settings: MakeSettings, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database at all, and long enough to be read as a header " * 20)
    health, told = _found(make_settings(llm_store=broken))["ledger of calls"]
    assert health == "broken"
    assert "AUDITOR_LLM_STORE" in told


def test_days_over_budget_are_noted(server: ScriptedServer, make_settings: MakeSettings) -> None:
    settings = make_settings()
    assert settings.llm_store is not None
    store = CallStore(settings.llm_store)
    for _ in range(2):
        with pytest.raises(CallFailed):
            store.reserve("m", Usage(10, 10), price=Price(1, 1), limits=Limits(0.0, 100))
    health, told = _found(settings)["limits of a day"]
    assert health == "note"
    assert f"{datetime.now(UTC).date()} (2 times, budget)" in told


@pytest.mark.parametrize(
    ("reply", "health"),
    [
        (says('{"', finish="length"), "ok"),
        (says(None, refusal="no"), "ok"),
        (fails(401), "broken"),
        (fails(404), "broken"),
    ],
)
def test_a_ping_asks_for_one_token(
    reply: object, health: str, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(reply)  # type: ignore[arg-type]
    assert _found(make_settings(), ping=True)["model's answer"][0] == health
    assert [r["max_completion_tokens"] for r in server.requests] == [1]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (says('{"', finish="length"), "1 calls today, $0.0020 of $5.00, 1,100 of"),
        (says(None, refusal="no"), "1 calls today, $0.0020 of $5.00, 1,100 of"),
        (answers(), "1 calls today, $0.0020 of $5.00, 1,100 of"),
        (fails(500), "1 calls today, $0.0000 of $5.00, 0 of"),
    ],
)
def test_a_ping_is_in_the_ledger_with_what_the_server_counted(
    reply: Scripted, told: str, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    server.script(reply)
    assert told in _found(make_settings(), ping=True)["ledger of calls"][1]
    assert told in _found(make_settings())["ledger of calls"][1], "later too"
    assert len(server.requests) == 1


def test_a_ping_over_the_day_s_budget_is_not_made(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    found = _found(make_settings(llm_daily_budget=0.0), ping=True)
    assert found["model's answer"] == ("note", "not asked: the day's budget of $0.00 is used up")
    assert server.requests == []


def test_without_a_ledger_nothing_is_asked(
    server: ScriptedServer, make_settings: MakeSettings, tmp_path: Path
) -> None:
    found = _found(make_settings(llm_store=tmp_path), ping=True)
    assert found["model's answer"][0] == "note"
    assert found["ledger of calls"][0] == "broken"
    assert server.requests == []
