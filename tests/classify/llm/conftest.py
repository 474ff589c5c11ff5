"""A scripted server, and classifiers that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.settings import Settings
from tests.classify.llm.server import ScriptedServer, answers


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server that gives a sound answer until it is told otherwise."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    with ScriptedServer([answers()]).running() as running:
        yield running


@pytest.fixture
def make_settings(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Settings]:
    """Settings for the scripted server, with a ledger of the test's own."""
    monkeypatch.chdir(tmp_path)

    def make(**changes: object) -> Settings:
        given = {
            "llm_model": "openai:scripted",
            "llm_base_url": server.url,
            "llm_store": tmp_path / "llm.db",
            "llm_retries": 0,
            "llm_timeout": 5.0,
            "llm_prices": {"openai:scripted": (1.0, 10.0)},
            **changes,
        }
        return Settings(**given)  # type: ignore[arg-type]

    return make
