"""A supervisor's digest says how queues, releases, work and pipeline stand, of own teams only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.render import render_html, render_text
from auditor.digest.slack import make_blocks
from auditor.domain.flow import TeamRules
from auditor.domain.records import OpportunityStatus
from auditor.domain.week import Week
from auditor.health import HealthRules, compute_health
from auditor.jobs.digesting import Made, make_digest
from auditor.jobs.due import judge_due
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.builders import an_activity, an_opportunity
from tests.storage.making import POLICY as USUAL
from tests.storage.making import RULES, tell

POLICY = USUAL.model_copy(update={"close_above": 0.0})  # the rules are never sure
WEEK = Week(2026, 9)
DAY = WEEK.reading_day
MONDAY = WEEK.monday
TEAMS = {"North": TeamRules(cap=2, conversations_a_day=1, closed_a_day=0)}
GONE = "They have signed with another supplier, so it is over"
TALK = "Lee said they will decide at the board meeting on 12 March"
HOSTILE = "<img src=x onerror=alert(1)>*_`<!channel>"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'flow.db'}") as opened:
        opened.migrate()
        for n, words in enumerate((GONE, TALK, TALK)):
            deal = an_opportunity(id=f"n{n}", name=f"Deal {n}", opened_on=MONDAY - timedelta(90))
            tell(opened, deal, an_activity(MONDAY, words, id=f"a{n}", duration_seconds=300))
        tell(opened, an_opportunity(id="s", owner=HOSTILE, team="South"))
        lost = OpportunityStatus.LOST
        tell(opened, an_opportunity(id="c", owner="Ada", status=lost, closed_on=MONDAY))
        judge_due(opened, RULES, POLICY)
        yield opened


def _make(database: Database, *, owner: str | None = None, **given: object) -> Made:
    settings = Settings(**({"teams": TEAMS} | given.pop("settings", {})))  # type: ignore[operator]
    shown = {"with_flow": True} | given
    return make_digest(database, settings, POLICY, week=WEEK, owner=owner, **shown)  # type: ignore[arg-type]


def _told(made: Made) -> dict[str, str]:
    return {line.label: line.words for line in made.view.flow}


def test_it_says_who_is_over_the_cap_who_may_receive_and_how_the_days_went(
    database: Database,
) -> None:
    told = _told(_make(database, teams={"north"}))
    assert told["Queues"] == "1 queue is over the cap: Dana 3 of 2."
    assert told["May receive"] == "2 in all: Ada 2. To order of marketing: 2."
    assert told["A day's work"] == "0.3 conversations a rep, at least 1 asked; 2 of 2 under it."
    assert "closing" not in told["A day's work"]  # the team asks for none


def test_the_honest_pipeline_is_that_of_the_report(database: Database) -> None:
    told = _told(_make(database))["Honest pipeline"]
    rules = HealthRules(POLICY, TEAMS)
    health = compute_health(database, rules, as_of=DAY)
    out = health.pipeline.count - health.honest.count
    assert out == 1
    assert told == "3 of the 4 stated, worth £3k of £4k; the docket would close 1."


def test_other_teams_are_not_told_of(database: Database) -> None:
    page = render_text(_make(database, teams={"north"}).view)
    assert "onerror" not in page
    assert "onerror" in render_text(_make(database).view)


@pytest.mark.parametrize("given", [{"settings": {"digest_flow": False}}, {"owner": "Dana"}])
def test_it_is_left_out_by_setting_and_in_reps_own(
    database: Database, given: dict[str, object]
) -> None:
    made = _make(database, **given)  # type: ignore[arg-type]
    assert made.view.flow == ()
    assert "Flow and health" not in render_html(made.view) + render_text(made.view)


def test_each_twin_and_slack_have_it_and_names_are_escaped(database: Database) -> None:
    texts = ItemTexts(item_json)
    made = _make(database, texts=[texts])
    page, blocks = render_html(made.view), json.dumps(make_blocks(made.view))
    twin = json_parts(made.docket, made.view, texts, classifier="c", policy="p")
    data = json.loads("".join(twin))
    assert [line["label"] for line in data["flow"]] == list(_told(made))
    assert "<strong>Honest pipeline.</strong>" in page
    assert "*Honest pipeline.*" in blocks
    assert "<img" not in page
    assert "<!channel>" not in blocks


def test_nothing_is_said_of_an_empty_database(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'empty.db'}") as empty:
        empty.migrate()
        assert _make(empty).view.flow == ()
