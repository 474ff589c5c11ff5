"""``auditor health``: tables, JSON and records from one computation."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]
_CSV = (
    "Opportunity ID,Name,Stage,Owner,Team,Amount,Created Date,Close Date,Is Closed,Is Won\n"
    "006A,Ash <b>Mill</b>,Proposal,Dana,North,£1000,2026-01-05,2026-03-30,false,false\n"
    "006B,Birch,Proposal,Lee,South,£2000,2026-01-05,2026-02-20,true,true\n"
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line in this process; returns (exit code, stdout, stderr)."""
    from auditor.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDITOR_CLASSIFIER", "rules")
    monkeypatch.setenv("AUDITOR_DATABASE_URL", "sqlite:///auditor.db")
    (tmp_path / "deals.csv").write_text(_CSV, encoding="utf-8")

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


def test_health_prints_tables_and_says_what_it_cannot_know(run: Run) -> None:
    run("import", "deals.csv", "--as-of", "2026-03-02")
    code, out, _ = run("health", "--as-of", "2026-03-02", "--definitions")
    assert code == 0
    assert "1 opportunity is open" in out
    assert "time in stage, odds by stage and clogs can't be known yet" in " ".join(out.split())
    assert "No cap is set" in out
    assert "Kaplan-Meier" in out


def test_json_has_the_same_figures_with_definitions(run: Run, tmp_path: Path) -> None:
    (tmp_path / "auditor.toml").write_text(
        "[teams.north]\ncap = 5\ntarget = 4000\ntarget_currency = 'GBP'\n", encoding="utf-8"
    )
    run("import", "deals.csv", "--as-of", "2026-03-02")
    code, out, _ = run("health", "--as-of", "2026-03-02", "--json", "--team", "NORTH")
    told = json.loads(out)
    assert code == 0
    assert told["flow"]["reps"][0]["ledger"]["may_receive"] == 4
    [pounds] = told["pipeline"]["money"]
    assert pounds["percent_full"]["definition"] in told["definitions"]
    assert pounds["needed"] == 4000.0


def test_records_behind_a_figure_are_listed(run: Run) -> None:
    run("import", "deals.csv", "--as-of", "2026-03-02")
    code, out, _ = run("health", "--as-of", "2026-03-02", "--records", "queue:Dana")
    assert code == 0
    assert "Ash <b>Mill</b>" in out
    _, lines, _ = run("health", "--as-of", "2026-03-02", "--records", "size:GBP", "--json")
    assert json.loads(lines)["id"] == "006B"


def test_mistakes_are_one_line_and_exit_2(run: Run, tmp_path: Path) -> None:
    run("import", "deals.csv", "--as-of", "2026-03-02")
    code, _, err = run("health", "--records", "nonsense")
    assert (code, "no figure 'nonsense'" in err) == (2, True)
    code, _, err = run("health", "--rep", "Nemo")
    assert (code, "stored are Dana, Lee" in err) == (2, True)
    (tmp_path / "stages.toml").write_text("[[stages]]\nkey = 'a'\n", encoding="utf-8")
    (tmp_path / "auditor.toml").write_text("stages_file = 'stages.toml'\n", encoding="utf-8")
    code, _, err = run("health")
    assert (code, "stages.toml: stage 1.names: Field required" in err) == (2, True)
