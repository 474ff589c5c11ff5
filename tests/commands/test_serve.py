"""``auditor serve`` as a process: ready in one command, and gone in order when told to."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from auditor import cli
from auditor.commands.serve import prepare_database
from auditor.errors import StorageError
from auditor.storage import open_database

ROOT = Path(__file__).resolve().parents[2]
_MAIN = "from auditor.cli import main; main()"


class Service:
    """A running ``auditor serve``."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AUDITOR_")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "XDG_DATA_HOME": str(folder / "data"),
            "AUDITOR_CLASSIFIER": "rules",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, "serve", "--port", "0", *arguments],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []

    def wait_for(self, words: str) -> str:
        """Reads what it says up to a line."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError("".join(self.lines))

    def stop(self) -> str:
        """Tells it to stop; returns what it says until it is gone."""
        assert self.process.stderr is not None
        self.process.send_signal(signal.SIGTERM)
        said = self.process.stderr.read()
        self.process.wait(20)
        return said


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service started with nothing set up."""
    made = Service(tmp_path, "--log", "json", "--no-background")
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait()
    assert made.process.stderr is not None
    made.process.stderr.close()


def test_one_command_gives_a_working_service_that_stops_in_order(
    service: Service, tmp_path: Path
) -> None:
    line = service.wait_for("Serving on")
    address = line.split("Serving on ")[1].split()[0]
    service.wait_for("Application startup complete")
    said = "".join(service.lines)
    assert "auditor user add" in said
    assert "revision none to" in said
    with httpx.Client(base_url=address) as client:
        assert client.get("/healthz").status_code == 200
        deadline = time.monotonic() + 20
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
    file = tmp_path / "data" / "call-notes-auditor" / "auditor.db"
    assert file.stat().st_mode & 0o077 == 0
    assert (file.parent / "secret.key").stat().st_mode & 0o077 == 0
    assert sqlite3.connect(file).execute("SELECT count(*) FROM users").fetchone() == (0,)
    ended = service.stop()
    assert "Application shutdown complete" in ended
    logs = [json.loads(line) for line in ended.splitlines() if line.startswith("{")]
    assert {"/healthz", "/readyz"} <= {entry.get("route") for entry in logs}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--port", "70000"), "65535"),
        (("--log", "xml"), "json or plain"),
        (("--host", "192.0.2.1"), "--host"),
        (("--db", "postgresql://me:hunter2@127.0.0.1:1/x"), "127.0.0.1"),
    ],
)
def test_bad_use_is_one_clear_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.setenv("AUDITOR_DATABASE_URL", f"sqlite:///{tmp_path / 'auditor.db'}")
    monkeypatch.setenv("AUDITOR_SECRET_KEY", "s" * 40)
    monkeypatch.setattr("sys.argv", ["auditor", "serve", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert "hunter2" not in said


def test_an_older_sqlite_is_brought_up_to_date_by_itself(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    with open_database(url) as database:
        with database._writing.begin() as connection:
            from auditor.storage.schema import migrate

            migrate(connection, "0001")
        prepare_database(database)
        database.require_schema()


def test_a_later_schema_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with open_database(url) as database:
        prepare_database(database)
        with database._writing.begin() as connection:
            connection.exec_driver_sql("UPDATE auditor_schema SET version_num = '9999'")
        with pytest.raises(StorageError, match="update the auditor"):
            prepare_database(database)
