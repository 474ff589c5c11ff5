"""``auditor user`` and ``auditor key`` from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor import cli
from tests.access.weak import weak_passwords

Run = Callable[..., tuple[int, str, str]]
PASSWORD = "four words make one"


@pytest.fixture(autouse=True)
def _fast_hashes() -> Iterator[None]:
    with weak_passwords():
        yield


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a database of its own; returns code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDITOR_DATABASE_URL", f"sqlite:///{tmp_path / 'auditor.db'}")
    monkeypatch.setenv("AUDITOR_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["auditor", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = 0
        try:
            cli.main()
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 0
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_the_first_person_is_an_admin_and_later_ones_supervisors(run: Run) -> None:
    assert run("user", "add", "Ada@example.com", stdin=PASSWORD + "\n")[0] == 0
    run("user", "add", "sue@example.com", "--team", "South", "--no-password")
    users = {u["email"]: u for u in json.loads(run("user", "list", "--json")[1])}
    assert users["ada@example.com"]["role"] == "admin"
    assert users["sue@example.com"]["role"] == "supervisor"
    assert users["sue@example.com"]["teams"] == ["South"]
    assert not users["sue@example.com"]["has_password"]
    assert "South" in run("user", "list")[1]


def test_a_person_is_changed_switched_off_and_given_a_password(run: Run) -> None:
    run("user", "add", "sue@example.com", "--role", "supervisor", "--no-password")
    assert "teams South" in run("user", "set", "sue@example.com", "--team", "South")[2]
    assert "sees all" in run("user", "set", "sue@example.com", "--team", "all")[2]
    told = run("user", "set", "sue@example.com", "--role", "rep", "--owner", "Sue M.")[2]
    assert "opportunities of Sue M." in told
    assert run("user", "password", "sue@example.com", stdin=PASSWORD)[0] == 0
    assert "off" in run("user", "disable", "sue@example.com")[2]
    [user] = json.loads(run("user", "list", "--json")[1])
    assert (user["active"], user["has_password"], user["owner"]) == (False, True, "Sue M.")


def test_a_key_is_shown_once_listed_rotated_and_revoked(run: Run) -> None:
    shown = run("key", "add", "HubSpot", "--scope", "ingest", "--expires-in-days", "90")[1].strip()
    public_id = shown.split("_")[1]
    listed = run("key", "list", "--json")[1]
    assert shown.split("_")[2] not in listed
    [key] = json.loads(listed)
    assert (key["id"], key["scopes"], key["state"]) == (public_id, ["ingest"], "counts")
    code, new, err = run("key", "rotate", public_id, "--overlap-hours", "2")
    assert code == 0
    assert new.startswith("cna_")
    assert "counts until" in err
    run("key", "revoke", public_id)
    states = [k["state"] for k in json.loads(run("key", "list", "--json")[1])]
    assert states == ["revoked", "counts"]
    assert public_id in run("key", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("user", "add", "nobody"), "e-mail"),
        (("user", "add", "a@b.c"), "no password on standard input"),
        (("user", "add", "a@b.c", "--role", "rep", "--no-password"), "--owner"),
        (("user", "set", "a@b.c", "--name", "A"), "no user 'a@b.c'"),
        (("user", "set", "a@b.c"), "nothing to change"),
        (("user", "password", "a@b.c"), "no user"),
        (("key", "add", " ", "--scope", "read"), "name"),
        (("key", "add", "x", "--scope", "everything"), "everything"),
        (("key", "rotate", "abc"), "no key 'abc'"),
        (("key", "revoke", "abc"), "auditor key list"),
    ],
)
def test_bad_use_is_one_clear_error(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err


def test_empty_lists_say_what_to_do(run: Run) -> None:
    assert "auditor user add" in run("user", "list")[2]
    assert "auditor key add" in run("key", "list")[2]
