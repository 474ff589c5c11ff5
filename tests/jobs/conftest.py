"""Jobs are tested on both databases, as storage is."""

from __future__ import annotations

from tests.storage.conftest import bare, database, postgres, url

__all__ = ["bare", "database", "postgres", "url"]
