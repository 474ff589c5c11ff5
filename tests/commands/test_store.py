"""``auditor import``, ``auditor migrate`` and the digest of what is stored."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.storage.schema import head

Run = Callable[..., tuple[int, str, str]]
_CSV = (
    "Opportunity ID,Stage,Owner,Team,Activity Date,Type,Full Comments\n"
    '006A,Proposal,Dana,North,2026-03-02,Call,"left vm, will try again in a week"\n'
    "006A,Proposal,Dana,North,2026-03-09,Call,They signed with another supplier yesterday\n"
    "006B,Proposal,Lee,South,2026-03-09,Call,Call back in three months\n"
)
_DB = "sqlite:///data/auditor.db"
_WEEK = ("--week", "2026-W11")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line in this process; returns (exit code, stdout, stderr)."""
    from auditor.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDITOR_CLASSIFIER", "rules")
    monkeypatch.setenv("AUDITOR_DATABASE_URL", _DB)
    (tmp_path / "tasks.csv").write_text(_CSV, encoding="utf-8")

    def go(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["auditor", *arguments])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capfd.readouterr()
        return code, out, re.sub(r"\s+", " ", err)

    return go


def test_import_makes_the_database_and_counts_what_is_new(run: Run, tmp_path: Path) -> None:
    code, out, err = run("import", "tasks.csv", "--source", "salesforce")
    assert (code, out) == (0, "")
    assert "2 opportunities (2 new, 0 changed) and 3 activities (3 new, 0 changed)" in err
    assert "'salesforce'" in err
    assert (tmp_path / "data" / "auditor.db").exists()


def test_a_second_import_says_that_nothing_is_new(run: Run) -> None:
    run("import", "tasks.csv")
    code, _, err = run("import", "tasks.csv")
    assert code == 0
    assert "Nothing new: 2 opportunities and 3 activities" in err


def test_import_tells_machines_its_counts(run: Run) -> None:
    told = json.loads(run("import", "tasks.csv", "--json", "--source", "crm")[1])
    assert told["source"] == "crm"
    assert told["new_activities"] == 3
    assert told["changed_opportunities"] == 0


def test_bad_rows_go_to_a_file_and_the_rest_is_kept(run: Run, tmp_path: Path) -> None:
    bad = "006C,Proposal,Lee,South,not a day,Call,Call back\n"
    (tmp_path / "tasks.csv").write_text(_CSV + bad, encoding="utf-8")
    code, _, err = run("import", "tasks.csv", "--problems", "bad.jsonl", "--report", "all.json")
    assert code == 0
    assert "listed in bad.jsonl" in err
    [line] = (tmp_path / "bad.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["line"] == 5
    assert json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["rejected"] == 1
    assert "3 activities (3 new" in err


def test_a_clean_import_writes_no_problems(run: Run, tmp_path: Path) -> None:
    run("import", "tasks.csv")
    assert not (tmp_path / "import-problems.jsonl").exists()


def test_digest_without_paths_reads_the_database(run: Run, tmp_path: Path) -> None:
    run("import", "tasks.csv")
    code, out, _ = run("digest", *_WEEK, "--out", "stored")
    assert code == 0
    assert "2 decisions for this week" in out
    run("digest", "tasks.csv", *_WEEK, "--out", "files")
    stored, files = (
        json.loads((tmp_path / d / "digest.json").read_text(encoding="utf-8"))
        for d in ("stored", "files")
    )
    assert stored.pop("flow"), "figures of flow and health are of the database"
    assert files.pop("flow") == []
    assert stored == files


def test_digest_of_the_database_can_be_json_for_one_team(run: Run) -> None:
    run("import", "tasks.csv")
    told = json.loads(run("digest", *_WEEK, "--team", "south", "--json")[1])
    assert [i["opportunity_id"] for i in told["items"]] == ["006B"]


def test_digest_judges_only_what_is_due(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.classify.rules import RulesClassifier

    run("import", "tasks.csv")
    run("digest", *_WEEK)

    def fail(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(RulesClassifier, "opine", fail)
        assert run("digest", *_WEEK)[0] == 0
    monkeypatch.setenv("AUDITOR_REVIEW_BELOW", "0.9")
    assert run("digest", *_WEEK)[0] == 0


def test_migrate_says_what_it_did(run: Run) -> None:
    assert f"revision none to {head()}" in run("migrate")[2]
    assert f"up to date, revision {head()}" in run("migrate", "--db", _DB)[2]


def test_an_export_of_an_earlier_day_is_taken_as_of_that_day(run: Run, tmp_path: Path) -> None:
    rows = "Opportunity ID,Opportunity Name,Stage,Next Activity Subject,Next Activity Date\n"
    for day, due in (("2026-03-02", "2026-03-10"), ("2026-03-09", "2026-03-20")):
        path = tmp_path / f"{day}.csv"
        path.write_text(f"{rows}006A,Marsh,Proposal,Call back,{due}\n", encoding="utf-8")
        assert run("import", path.name, "--as-of", day)[0] == 0
    [item] = json.loads(run("digest", *_WEEK, "--json")[1])["items"]
    assert item["roll_overs"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("digest",), "import first"),
        (("digest", "--db", "sqlite:///other.db"), "import first"),
        (("digest", "tasks.csv", "--send"), "import the files first"),
        (("digest", "--dry-run"), "add it"),
        (("digest", "tasks.csv", "--db", _DB), "not both"),
        (("import", "missing.csv"), "missing.csv"),
        (("import", "tasks.csv", "--source", "my crm"), "'my crm'"),
        (("import", "tasks.csv", "--db", "oracle://me:hunter2@host/x"), "'oracle'"),
        (("migrate", "--db", "postgresql://me:hunter2@127.0.0.1:1/x"), "127.0.0.1"),
        (("import", "bad.csv", "--problems", "no/such/folder"), "--problems"),
    ],
)
def test_bad_use_is_one_clear_error_and_exit_code_two(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "bad.csv").write_text(_CSV.replace("2026-03-02", "x"), encoding="utf-8")
    code, _, err = run(*arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert "hunter2" not in err


def test_an_empty_database_asks_to_import_first(run: Run) -> None:
    run("migrate")
    code, _, err = run("digest")
    assert code == 2
    assert "holds nothing yet; import first" in err


def test_a_team_without_opportunities_is_named(run: Run) -> None:
    run("import", "tasks.csv")
    code, _, err = run("digest", *_WEEK, "--team", "West")
    assert code == 2
    assert "North, South" in err
