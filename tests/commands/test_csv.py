"""``--csv`` of the digest and of health: files for spreadsheets, one clear line for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.commands.writing import write_tables
from auditor.digest.tables import Table
from auditor.errors import InputError
from tests.commands.test_cli import Run, run
from tests.digest.tables.reading import lines_of

__all__ = ["run"]
_CSV = (
    "Opportunity ID,Account,Owner,Team,Activity Date,Type,Full Comments\n"
    "006A,=1+1,Dana,North,2026-03-09,Call,They signed with another supplier yesterday\n"
    "006B,Birch,Lee,South,2026-03-09,Call,Call back in three months\n"
)
_WEEK = ("--week", "2026-W11")


def exported(folder: Path) -> str:
    path = folder / "tasks.csv"
    path.write_text(_CSV, encoding="utf-8")
    return str(path)


def test_a_digest_of_files_is_written_as_csv_as_well(run: Run, tmp_path: Path) -> None:
    code, out, err = run("digest", exported(tmp_path), *_WEEK, "--csv", "docket.csv")
    assert code == 0
    assert "decision" in out
    assert "docket.csv" in err
    content = (tmp_path / "docket.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 3
    assert {x["account"] for x in lines_of(content)} == {"'=1+1", "Birch"}
    assert (tmp_path / "digest" / "digest.html").exists()
    assert not (tmp_path / "docket.csv.part").exists()


def test_a_dash_prints_nothing_but_the_table(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("digest", exported(tmp_path), *_WEEK, "--csv", "-", "--team", "south")
    assert code == 0
    [line] = lines_of(out.encode())
    assert (line["opportunity_id"], line["team"]) == ("006B", "South")


def test_the_stored_digest_is_written_as_csv(run: Run, tmp_path: Path) -> None:
    run("import", exported(tmp_path), "--db", "sqlite:///auditor.db")
    made = ("digest", *_WEEK, "--db", "sqlite:///auditor.db", "--json", "--csv", "d.csv")
    code, out, _ = run(*made)
    assert code == 0
    told = {item["opportunity_id"] for item in json.loads(out)["items"]}
    assert {x["opportunity_id"] for x in lines_of(Path("d.csv").read_bytes())} == told


def test_health_writes_the_figures_of_its_json(run: Run) -> None:
    code, out, err = run(
        "health", "--sample", "--as-of", "2026-03-02", "--json", "--csv", "out/health"
    )
    assert code == 0
    assert "fallout.csv" in err
    told = json.loads(out)
    rows = lines_of(Path("out/health/fallout.csv").read_bytes())
    for dimension, groups in told["fallout"].items():
        own = [x for x in rows if x["dimension"] == dimension]
        assert [x["records"] for x in own] == [g["rate"]["records"] for g in groups]
        assert [int(x["lost"]) for x in own] == [g["lost"] for g in groups]
        figure = "share_of_losses" if dimension in ("stage", "reason") else "win_rate"
        assert [float(x[figure]) for x in own] == [g["rate"]["value"] for g in groups]
    assert len(lines_of(Path("out/health/clogs.csv").read_bytes())) == told["clogs"]["count"]
    assert {x["key"] for x in lines_of(Path("out/health/definitions.csv").read_bytes())} == set(
        told["definitions"]
    )


def test_mistakes_are_one_line_and_exit_2(run: Run, tmp_path: Path) -> None:
    export = exported(tmp_path)
    for arguments, told in (
        (("digest", export, "--json", "--csv", "-"), "both print"),
        (("digest", "--send", "--csv", "a.csv"), "one after the other"),
        (("digest", export, *_WEEK, "--csv", str(tmp_path)), "is a folder"),
        (("digest", export, *_WEEK, "--csv", "none/a.csv"), "choose another --csv"),
        (("health", "--sample", "--csv", "-"), "name a folder"),
        (("health", "--sample", "--csv", "h", "--records", "clogs"), "give one of them"),
    ):
        code, _, err = run(*arguments)
        assert code == 2, arguments
        assert told in " ".join(err.split()), (arguments, err)
    assert not list(tmp_path.glob("**/*.part"))


def test_a_folder_that_can_t_be_made_is_told(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="taken: can't be written"):
        write_tables([Table("t", ("a",), ())], taken)
