"""Supervisors' corrections come out of the database as a set that ``eval run`` reads."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from auditor.domain.labels import Label, Reason
from auditor.jobs.deciding import Caller, Judging, RightLabel, correct
from auditor.jobs.due import judge_due
from auditor.storage import open_database
from eval.cli import app
from eval.labelled import load_labelled
from tests.builders import an_activity, an_opportunity
from tests.storage.making import POLICY, RULES, tell

DAY = date(2026, 3, 2)


def test_corrections_flow_in_as_a_set(tmp_path: Path) -> None:
    url, out = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "corrections.jsonl"
    with open_database(url) as database:
        database.migrate()
        empty = CliRunner().invoke(app, ["corrections", "--db", url, "--out", str(out)])
        assert empty.exit_code == 2
        assert "holds no correction" in empty.stderr
        for number, text in enumerate(("They said yes to nothing", "Call back in three months")):
            name = f"o{number}"
            note = an_activity(DAY, text, id=f"a{number}", opportunity_id=name)
            tell(database, an_opportunity(id=name), note)
        judge_due(database, RULES, POLICY)
        with database.read() as unit:
            stored = unit.browsing.verdicts(limit=9)
            verdicts = {v.finding.verdict.activity_id: v.key for v in stored}
        judging = Judging(POLICY.fingerprint, DAY, RULES)
        who = Caller("user:boss@example.com")
        brush_off = RightLabel(Label.IMPLICIT_LOSS, Reason.BRUSH_OFF, "yes to nothing")
        correct(database, verdicts["a0"], brush_off, who, judging)
        correct(database, verdicts["a1"], RightLabel(Label.MEANINGFUL_NEXT_STEP), who, judging)
    done = CliRunner().invoke(app, ["corrections", "--db", url, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "2 corrections: 2 changed the label" in done.stderr
    told, bare = load_labelled(out)
    assert (told.label, told.reason) == (Label.IMPLICIT_LOSS, Reason.BRUSH_OFF)
    assert told.evidence == ("yes to nothing",)
    assert (bare.label, bare.reason, bare.evidence) == (Label.MEANINGFUL_NEXT_STEP, None, ())
    assert json.loads(out.read_text().splitlines()[0])["tags"] == ["corrected"]


def test_a_database_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["corrections", "--db", f"sqlite:///{tmp_path / 'no.db'}"])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
