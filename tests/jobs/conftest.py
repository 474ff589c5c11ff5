"""Jobs are tested on both databases, as storage is."""

from __future__ import annotations

from tests.storage.conftest import (
    bare,
    database,
    migrated_database,
    migrated_file,
    postgres,
    url,
)

__all__ = ["bare", "database", "migrated_database", "migrated_file", "postgres", "url"]
