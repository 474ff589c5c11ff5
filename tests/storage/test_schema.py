"""Migrations: from nothing, from every released revision with data in it, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from auditor.errors import StorageError
from auditor.storage import Database, SchemaState, open_database
from auditor.storage.models import Base
from auditor.storage.schema import VERSION_TABLE, migrate, revisions
from tests.storage.making import TABLES, contents, judge_all, only_open, run_sql

_DATA = Path(__file__).parent / "data"


def test_an_empty_database_gets_all_tables(bare: Database, url: str) -> None:
    assert bare.schema_state() is SchemaState.EMPTY
    before, after = bare.migrate()
    assert (before, after) == (None, revisions()[-1])
    assert bare.schema_state() is SchemaState.CURRENT
    assert contents(url) == {table: [] for table in TABLES}


def test_migrating_again_changes_nothing(database: Database) -> None:
    before, after = database.migrate()
    assert before == after


def test_the_models_are_what_the_migrations_make(database: Database, url: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name != VERSION_TABLE},
        )
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []


@pytest.mark.parametrize("revision", revisions())
def test_a_released_revision_is_brought_up_with_its_data(url: str, revision: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    script = (_DATA / f"r{revision}.sql").read_text(encoding="utf-8")
    with engine.begin() as connection:
        migrate(connection, to=revision)
        for statement in filter(str.strip, script.split(";\n")):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with open_database(url) as database:
        database.migrate()
        stored = only_open(database)
        assert stored.opportunity.name == "Marsh racking"
        assert str(stored.opportunity.value) == "1000.50"
        assert [s.pending.due_on for s in stored.seen if s.pending] == [date(2026, 3, 9)]
        with database.read() as unit:
            [finding] = unit.verdicts.current([stored.key], "sha256:released")[stored.key]
        assert finding.activity.text == "Call back in three months"
        assert finding.verdict.evidence[0].quote == "Call back"
        assert judge_all(database) == 1


@pytest.mark.parametrize(
    ("made", "state", "words"),
    [
        ("later", SchemaState.NEWER, "update the auditor"),
        ("foreign", SchemaState.FOREIGN, "another program"),
        ("empty", SchemaState.EMPTY, "auditor migrate"),
    ],
)
def test_another_schema_is_refused_with_what_to_do(
    url: str, made: str, state: SchemaState, words: str
) -> None:
    with open_database(url) as database:
        if made == "later":
            database.migrate()
            run_sql(url, "UPDATE auditor_schema SET version_num = '9999'")
        elif made == "foreign":
            run_sql(url, "CREATE TABLE activities (name TEXT)")
        assert database.schema_state() is state
        with pytest.raises(StorageError, match=words):
            database.require_schema()
        if state is not SchemaState.EMPTY:
            with pytest.raises(StorageError, match=words):
                database.migrate()


def test_tables_of_another_program_may_stand_beside(url: str) -> None:
    with open_database(url) as database:
        run_sql(url, "CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE x (y TEXT)")
        database.migrate()
        assert database.schema_state() is SchemaState.CURRENT
