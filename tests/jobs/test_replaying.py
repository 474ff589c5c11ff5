"""A stored verdict comes out again from what it was made from, and what has changed is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from auditor.classify.corrected import CorrectedClassifier
from auditor.classify.llm.making import make_llm
from auditor.classify.llm.store import CallStore
from auditor.classify.precedents import JudgedRecord
from auditor.classify.registry import make_policy
from auditor.classify.rules import RulesClassifier
from auditor.domain.labels import Label
from auditor.errors import InputError
from auditor.jobs.due import judge_due
from auditor.jobs.learning import judged_sources
from auditor.jobs.replaying import Part, Replay, replay
from auditor.reading.prepared import prepare
from auditor.settings import Settings
from auditor.storage import Database
from tests.builders import a_record, an_activity, an_opportunity
from tests.classify.llm.conftest import make_settings, server
from tests.classify.llm.making import BOOKED
from tests.classify.llm.server import ScriptedServer, answers, fails
from tests.storage.making import tell

__all__ = ["make_settings", "server"]
MakeSettings = Callable[..., Settings]
_WRONG = answers(quotes=[{"text": "board votes on our offer on Friday", "speaker": None}])


def _told(database: Database, text: str = BOOKED) -> None:
    opportunity = an_opportunity(id="o1")
    tell(database, opportunity, an_activity(date(2026, 3, 2), text, id="a1", opportunity_id="o1"))


def _judged(database: Database, settings: Settings) -> int:
    """Judges what is due by a language model; gives the verdict's number."""
    classifier = make_llm(settings, base=RulesClassifier(), judged=judged_sources(database))
    policy = make_policy(classifier, settings)
    assert judge_due(database, classifier, policy, caller="a test") == 1
    with database.read() as unit:
        return max(v.key for v in unit.browsing.verdicts(limit=9))


def _replayed(database: Database, key: int, settings: Settings) -> Replay:
    assert settings.llm_store is not None
    return replay(
        database,
        key,
        base=RulesClassifier(),
        recall=CallStore(settings.llm_store).recall,
        judged=judged_sources(database),
        cache_days=30,
    )


def _parts(done: Replay) -> set[Part]:
    return {c.part for c in done.changes}


def test_the_same_verdict_comes_out_without_a_question(
    database: Database, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    _told(database)
    key = _judged(database, make_settings())
    done = _replayed(database, key, make_settings(llm_weight=0.1, review_below=0.9))
    assert (done.is_same, done.changes, done.differences) == (True, (), ())
    assert len(server.requests) == 1
    made = done.provenance
    assert made is not None
    assert made.caller == "a test"
    asked = made.asked
    assert asked is not None
    assert (asked.prompt, asked.model) == ("classify.v2", "openai:scripted")
    assert (asked.served_by, asked.calls) == ("scripted-1", (1,))
    assert asked.answer_sha256


@pytest.mark.parametrize("replies", [(_WRONG, answers()), (fails(500),), (_WRONG,)])
def test_a_repaired_or_a_failed_answer_comes_out_the_same(
    replies: tuple[object, ...],
    database: Database,
    server: ScriptedServer,
    make_settings: MakeSettings,
) -> None:
    server.script(*replies)  # type: ignore[arg-type]
    _told(database)
    key = _judged(database, make_settings())
    done = _replayed(database, key, make_settings())
    assert (done.is_same, done.changes) == (True, ())


def test_an_answer_that_is_gone_is_told(
    database: Database, server: ScriptedServer, make_settings: MakeSettings, tmp_path: Path
) -> None:
    _told(database)
    key = _judged(database, make_settings())
    done = _replayed(database, key, make_settings(llm_store=tmp_path / "other.db"))
    assert done.rebuilt is None
    assert not done.is_same
    assert _parts(done) == {Part.ANSWER}


def test_another_answer_is_told(
    database: Database, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    _told(database)
    settings = make_settings()
    key = _judged(database, settings)
    assert settings.llm_store is not None
    store = CallStore(settings.llm_store)
    with store._writing() as db:
        db.execute("UPDATE answers SET answer = replace(answer, '0.95', '0.55')")
    done = _replayed(database, key, settings)
    assert _parts(done) == {Part.ANSWER}
    assert "confidence" in {d.field for d in done.differences}


def test_input_that_is_known_otherwise_is_told(
    database: Database, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    _told(database)
    key = _judged(database, make_settings())
    _told(database, BOOKED + " They rang off.")
    assert {Part.INPUT, Part.QUESTION} <= _parts(_replayed(database, key, make_settings()))


def test_a_later_stage_changes_nothing(
    database: Database, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    _told(database)
    key = _judged(database, make_settings())
    with database.begin() as unit:
        known = unit.browsing.opportunity(1)
        assert known is not None
    tell(database, an_opportunity(id="o1", stage="Contract", account="Renamed"))
    assert _replayed(database, key, make_settings()).is_same


def test_a_changed_prompt_is_told_and_the_answer_still_gives_the_verdict(
    database: Database,
    server: ScriptedServer,
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from prompts import load_prompt

    _told(database)
    key = _judged(database, make_settings())
    changed = load_prompt("classify.v1")
    monkeypatch.setattr("auditor.jobs.replaying.load_prompt", lambda _: changed)
    done = _replayed(database, key, make_settings())
    assert _parts(done) == {Part.PROMPT}
    assert done.is_same


def test_another_local_model_is_told(
    database: Database, server: ScriptedServer, make_settings: MakeSettings
) -> None:
    class Other(RulesClassifier):
        name = "other-2"

    _told(database)
    key = _judged(database, make_settings())
    settings = make_settings()
    assert settings.llm_store is not None
    done = replay(
        database,
        key,
        base=Other(),
        recall=CallStore(settings.llm_store).recall,
        judged=judged_sources(database),
        cache_days=30,
    )
    assert _parts(done) == {Part.MODEL}


def test_corrections_made_since_are_told(database: Database) -> None:
    told: list[JudgedRecord] = []
    local = CorrectedClassifier(RulesClassifier(), lambda: told)
    _told(database)
    policy = make_policy(local, Settings())
    assert judge_due(database, local, policy, caller="a test") == 1
    with database.read() as unit:
        [verdict] = unit.browsing.verdicts(limit=9)

    def again() -> Replay:
        return replay(
            database,
            verdict.key,
            base=local,
            recall=lambda _: None,
            judged=judged_sources(database),
            cache_days=30,
        )

    assert (again().is_same, again().changes) == (True, ())
    told = [JudgedRecord("c1", prepare(a_record(BOOKED)), Label.IMPLICIT_LOSS)]
    done = again()
    assert _parts(done) == {Part.CORRECTIONS}
    assert "label" in {d.field for d in done.differences}


def test_a_number_that_is_no_verdicts_is_an_error(
    database: Database, make_settings: MakeSettings
) -> None:
    _told(database)
    with pytest.raises(InputError, match="verdict 99 is not in database"):
        _replayed(database, 99, make_settings())


def test_the_command_tells_by_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from auditor.cli import main

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["auditor", *arguments])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUDITOR_CLASSIFIER", "rules")
    monkeypatch.setenv("AUDITOR_DATABASE_URL", "sqlite:///a.db")
    head = "Opportunity ID,Stage,Owner,Activity Date,Type,Full Comments\n"
    row = "006B,Proposal,Lee,2026-03-09,Call,Call back in {} months\n"
    (tmp_path / "t.csv").write_text(head + row.format("three"), encoding="utf-8")
    run("import", "t.csv")
    run("digest", "--week", "2026-W11")
    code, out, _ = run("replay", "1")
    assert code == 0
    assert "The same verdict comes out." in out
    code, out, _ = run("replay", "1", "--json")
    told = json.loads(out)
    assert (code, told["same"], told["provenance"]["caller"]) == (0, True, "auditor digest")
    assert run("replay", "77")[0] == 2
