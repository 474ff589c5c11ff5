"""``auditor stages`` writes a stages file of what a CRM has, which settings then read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.commands.stages import as_toml, stages_of
from auditor.domain.stages import DEFAULT_STAGES, find_stage
from auditor.intake.crm.pipelines import CrmStage
from auditor.settings import read_stages
from tests.intake.crm.pipelines_server import HUBSPOT, PipelinesServer, script_pipedrive

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[PipelinesServer]:
    """A CRM on loopback."""
    made = PipelinesServer()
    yield made
    made.close()


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    server: PipelinesServer,
) -> Run:
    """Runs the command line with access to both CRMs; returns (exit code, stdout, stderr)."""
    from auditor.cli import main

    server.give("/crm/v3/pipelines/deals", HUBSPOT)
    script_pipedrive(server)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDITOR_WEBHOOKS__HUBSPOT__TOKEN", "secret-token")
    monkeypatch.setenv("AUDITOR_WEBHOOKS__HUBSPOT__API_URL", server.address)
    monkeypatch.setenv("AUDITOR_WRITE_BACK__PIPEDRIVE__TOKEN", "secret-token")
    monkeypatch.setenv("AUDITOR_WRITE_BACK__PIPEDRIVE__API_URL", server.address)

    def go(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["auditor", *arguments])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as exc:
            code = int(exc.code or 0)
        told = capfd.readouterr()
        assert "secret-token" not in told.out + told.err
        return code, told.out, told.err

    return go


def _stage(name: str, place: int = 0, last: int = 0, pipeline: str = "Sales") -> CrmStage:
    return CrmStage(f"id-{place}", name, pipeline, place, last, None, None)


def test_a_file_of_hubspots_stages_is_one_that_settings_read(run: Run, tmp_path: Path) -> None:
    code, _, err = run("stages", "--from", "hubspot", "--pipeline", "SALES", "--out", "stages.toml")
    assert (code, "2 stages in stages.toml" in err) == (0, True)
    found = read_stages(tmp_path / "stages.toml")
    assert [s.key for s in found] == ["quote-sent", "first-talk"]
    assert find_stage("QUOTE SENT", found).objective == DEFAULT_STAGES[1].objective
    text = (tmp_path / "stages.toml").read_text(encoding="utf-8")
    assert 'id "id-Quote sent", won 60% by the CRM' in text
    assert text.count("its question is a guess") == 1  # "First talk" fits none


def test_pipedrives_patience_goes_before_the_known_stages(run: Run) -> None:
    code, out, _ = run("stages", "--from", "pipedrive", "--json")
    told = json.loads(out)["stages"]
    assert code == 0
    assert [(s["key"], s["patience_days"]) for s in told] == [
        ("proposal-made", 14),
        ("qualified", 30),
    ]
    assert told[0]["crm"][0]["probability"] == 0.6


def test_without_a_crm_the_stages_in_force_are_printed(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("stages")
    (tmp_path / "own.toml").write_text(out, encoding="utf-8")
    assert (code, read_stages(tmp_path / "own.toml")) == (0, DEFAULT_STAGES)


def test_questions_that_were_edited_stay_at_the_next_reading(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first.toml"
    run("stages", "--from", "hubspot", "--out", str(first))
    words = first.read_text(encoding="utf-8")
    old = DEFAULT_STAGES[1].objective
    first.write_text(words.replace(old, "Do they sign?"), encoding="utf-8")
    monkeypatch.setenv("AUDITOR_STAGES_FILE", str(first))
    _, out, _ = run("stages", "--from", "hubspot")
    (tmp_path / "second.toml").write_text(out, encoding="utf-8")
    found = read_stages(tmp_path / "second.toml")
    assert find_stage("Quote sent", found).objective == "Do they sign?"


def test_a_file_that_is_there_is_never_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "stages.toml").write_text("mine", encoding="utf-8")
    code, _, err = run("stages", "--from", "hubspot", "--out", "stages.toml")
    assert (code, "give another name" in err) == (2, True)
    assert (tmp_path / "stages.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "hubspot", "--pipeline", "Nemo"), "there are 'Sales', 'Renewals'"),
        (("--pipeline", "Sales"), "add --from"),
        (("--from", "hubspot", "--out", "no/such/folder.toml"), "can't be written"),
    ],
)
def test_bad_use_is_told_in_a_line(run: Run, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = run("stages", *arguments)
    assert (code, out, says in err) == (2, "", True)


def test_without_a_token_it_says_which_to_set(
    run: Run, monkeypatch: pytest.MonkeyPatch, server: PipelinesServer
) -> None:
    monkeypatch.delenv("AUDITOR_WRITE_BACK__PIPEDRIVE__TOKEN")
    code, _, err = run("stages", "--from", "pipedrive")
    assert (code, "[write_back.pipedrive]" in err, server.asked) == (2, True, [])


def test_stages_of_several_pipelines_stand_by_how_far_along_they_are() -> None:
    told = [
        _stage("Talk", 0, 2),
        _stage("Offer", 1, 2),
        _stage("Sign", 2, 2),
        _stage("Call", 0, 1, "Renewals"),
        _stage("OFFER", 1, 1, "Renewals"),
    ]
    found = stages_of(told, DEFAULT_STAGES)
    assert [each.stage.key for each in found] == ["offer", "sign", "call", "talk"]
    assert [s.pipeline for s in found[0].told] == ["Sales", "Renewals"]


@pytest.mark.parametrize(
    "name",
    ['a"\n[[stages]]\nkey = "x', "\u202e\x7f\x1b[2J", "C++ (R&D) [1].*", "\U0001f600 提案", "---"],
)
def test_a_hostile_name_stays_a_name(tmp_path: Path, name: str) -> None:
    [made] = stages_of([_stage(name)], DEFAULT_STAGES)
    path = tmp_path / "stages.toml"
    path.write_text(as_toml([made]), encoding="utf-8")
    [read] = read_stages(path)
    assert read == made.stage
    assert find_stage(name, (read, DEFAULT_STAGES[3])) is read
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(line.isprintable() for line in lines)


def test_names_that_shorten_to_one_key_get_keys_of_their_own() -> None:
    found = stages_of([_stage("Offer!"), _stage("Offer?")], DEFAULT_STAGES)
    assert [each.stage.key for each in found] == ["offer", "offer-2"]
