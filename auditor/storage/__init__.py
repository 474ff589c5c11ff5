"""The database: SQLite for one machine, PostgreSQL for many, through the same code.

``open_database`` gives a ``Database``; its ``begin`` hands out a unit of work whose repositories
own all SQL and speak domain objects.  Services never commit: the end of ``begin`` does::

    with open_database("sqlite:///auditor.db") as database:
        database.require_schema()
        with database.begin() as unit:
            take(unit, told, source="crm", seen_on=today, history_limit=12)
"""

from __future__ import annotations

from auditor.storage.activities import DueActivity
from auditor.storage.api_keys import StoredKey
from auditor.storage.database import Database, open_database
from auditor.storage.digests import StoredDigest
from auditor.storage.failures import StoredFailure
from auditor.storage.gauges import Amounts
from auditor.storage.history import SeenPending
from auditor.storage.idempotency import Remembered
from auditor.storage.inbound import Inbound
from auditor.storage.opportunities import StoredOpportunity
from auditor.storage.schema import Migrated, SchemaState
from auditor.storage.sessions import StoredSession
from auditor.storage.taking import Taken, Told, own_activity, take
from auditor.storage.unit import UnitOfWork
from auditor.storage.users import User

__all__ = [
    "open_database",
    "Database",
    "UnitOfWork",
    "SchemaState",
    "Migrated",
    "Inbound",
    "Told",
    "Taken",
    "take",
    "own_activity",
    "DueActivity",
    "StoredFailure",
    "StoredDigest",
    "StoredOpportunity",
    "SeenPending",
    "User",
    "StoredSession",
    "StoredKey",
    "Remembered",
    "Amounts",
]
