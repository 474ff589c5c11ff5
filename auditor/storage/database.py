"""Opens a database and hands out units of work: the only place where anything is committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from auditor.errors import StorageError
from auditor.storage.address import file_of, read_address, show_address, without_secrets
from auditor.storage.schema import Migrated, SchemaState, migrate, refuse_schema, schema_state
from auditor.storage.turns import Turns, TurnTimeout
from auditor.storage.unit import UnitOfWork
from auditor.storage.work_schema import migrate_work, work_schema_is_current

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one."""
CONNECT_SECONDS = 10
"""How long PostgreSQL may take to answer."""
_BEGIN = "sqlite_begin"


class Database:
    """An open database; ``begin`` to write, ``read`` to read, ``close`` when done."""

    def __init__(self, url: URL, engine: Engine) -> None:
        self._url = url
        self._engine = engine
        # Two writers that begin by reading would deadlock on SQLite: writers queue at once.
        self._writing = engine.execution_options(**{_BEGIN: "IMMEDIATE"})
        self._turns = Turns(BUSY_SECONDS)

    @property
    def shown(self) -> str:
        """The URL without its secrets."""
        return show_address(self._url)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None for another."""
        return file_of(self._url)

    @contextmanager
    def begin(self, *, is_urgent: bool = False) -> Iterator[UnitOfWork]:
        """A unit of work that is committed as a whole, or not at all.

        Args:
            is_urgent: on SQLite, go before what else waits to be written by this process.

        Raises:
            StorageError: the database failed; nothing of the unit is kept.
        """
        with (
            self._plain_errors(),
            self._turn(is_urgent),
            Session(self._writing) as session,
            session.begin(),
        ):
            yield UnitOfWork(session)

    def was_urgent(self, seconds: float) -> bool:
        """Whether something urgent was written within the last seconds: let it go first."""
        return self._turns.was_urgent(seconds)

    @contextmanager
    def _turn(self, is_urgent: bool) -> Iterator[None]:
        """On SQLite, waits until no other thread of this process writes."""
        if self.dialect != "sqlite":
            yield
            return
        try:
            with self._turns.turn(is_urgent=is_urgent):
                yield
        except TurnTimeout:
            raise StorageError(
                f"database {self.shown}: another part of this process has been writing for more "
                f"than {BUSY_SECONDS} s; try again"
            ) from None

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A unit of work that is never committed.

        Raises:
            StorageError: the database failed.
        """
        with self._plain_errors(), Session(self._engine) as session:
            yield UnitOfWork(session)

    def schema_state(self) -> SchemaState:
        """How the database's schema relates to this version's.

        Raises:
            StorageError: the database can't be reached.
        """
        with self._plain_errors(), self._engine.connect() as connection:
            return schema_state(connection)

    def require_schema(self) -> None:
        """Makes sure that the schema is this version's.

        Raises:
            StorageError: it is not; the message says what to do.
        """
        refuse_schema(self.schema_state(), self.shown)

    def migrate(self) -> Migrated:
        """Brings the schema up to this version's, in one transaction.

        Raises:
            StorageError: the tables are of a newer version, or not the auditor's.
        """
        with self._plain_errors(), self._writing.begin() as connection:
            state = schema_state(connection)
            if state in (SchemaState.NEWER, SchemaState.FOREIGN):
                refuse_schema(state, self.shown)
            return migrate(connection)

    def migrate_work(self) -> bool:
        """Makes or updates the tables of jobs, on PostgreSQL where the extra ``work`` is installed.

        Returns:
            Whether anything was to do.

        Raises:
            StorageError: the database failed.
        """
        with self._plain_errors(), self._writing.begin() as connection:
            return migrate_work(connection)

    def require_work_schema(self) -> None:
        """Makes sure that the tables of jobs are there, of the installed version.

        Raises:
            StorageError: they are not; the message says what to do.
        """
        with self._plain_errors(), self._engine.connect() as connection:
            if not work_schema_is_current(connection):
                raise StorageError(
                    f"database {self.shown} lacks the tables of jobs, or has those of another "
                    "version; run `auditor migrate`"
                )

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Turns what drivers raise into one line without note text, values and secrets."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as exc:
            raise StorageError(
                f"database {self.shown}: {self._reason(exc)}; check that it is up, reachable and "
                "not full, then run the command again"
            ) from None

    def _reason(self, exc: SQLAlchemyError | sqlite3.Error) -> str:
        told = exc.orig if isinstance(exc, DBAPIError) and exc.orig is not None else exc
        if isinstance(told, SQLAlchemyError):
            return type(told).__name__
        # PostgreSQL's second line (DETAIL) quotes values of the row.
        first = str(told).split("\nDETAIL", 1)[0]
        return without_secrets(first, self._url) or type(told).__name__


def open_database(url: str, *, create: bool = True) -> Database:
    """Opens a database and makes sure that it answers; a SQLite file is made where there is none.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``.
        create: make a SQLite file and its folder where there is none.

    Raises:
        StorageError: the URL can't be used, or the database can't be reached.
    """
    address = read_address(url)
    file = file_of(address)
    if file is not None and not create and not file.exists():
        raise StorageError(
            f"there is no database {show_address(address)}; import first: auditor import PATH..."
        )
    if file is not None:
        _make_file(file, show_address(address))
    database = Database(address, _make_engine(address))
    try:
        database.schema_state()
    except StorageError:
        database.close()
        raise
    return database


def _make_file(file: Path, shown: str) -> None:
    """Makes a SQLite file that only its owner can read: it will hold what customers said."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as exc:
        raise StorageError(
            f"database {shown}: the file can't be made ({exc.strerror}); choose another with --db "
            "or AUDITOR_DATABASE_URL"
        ) from exc


def _make_engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, DDL included
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",  # what was committed outlives a power cut
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_BEGIN, "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
