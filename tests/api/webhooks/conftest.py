"""A service that takes every sender's webhooks, on an empty database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.settings import Settings
from auditor.storage import Database, open_database
from auditor.storage.events import StoredEvent
from auditor.webhook_settings import WebhookSettings
from tests.api.conftest import SECRET
from tests.api.webhooks.sending import SETTINGS


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Nothing is handled behind a test's back."""
    url = f"sqlite:///{tmp_path / 'auditor.db'}"
    with open_database(url) as database:
        database.migrate()
    return Settings(
        classifier="rules",
        database_url=url,
        secret_key=SECRET,  # type: ignore[arg-type]
        background=False,
        llm_store=tmp_path / "llm.db",
        webhooks=WebhookSettings.model_validate(SETTINGS),
    )


@pytest.fixture
def kept(database: Database) -> Callable[[], list[StoredEvent]]:
    """What lies in the database, in order of arrival."""

    def read() -> list[StoredEvent]:
        with database.read() as unit:
            return unit.events.listed(state=None, limit=1000)[::-1]

    return read
