"""Opportunities, activities and digests: filters, pages, tags, and what may be seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from auditor.commands.store import run_stored_digest
from auditor.domain.week import Week
from auditor.settings import Settings
from tests.api.conftest import ADMIN, EVALUATOR, REP, SAMPLE_DAY, SOUTH

DAY = {"as_of": SAMPLE_DAY.isoformat()}
WEEK = str(Week.last_before(SAMPLE_DAY))


def _all(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = DAY | query | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/opportunities", params=asked).json()
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            return rows


def test_pages_give_every_opportunity_once_whatever_their_length(machine: TestClient) -> None:
    whole = _all(machine, limit=200)
    assert len(whole) > 100
    assert [r["key"] for r in _all(machine, limit=7)] == [r["key"] for r in whole]


def test_filters_on_standing_leave_pages_short_and_nothing_out(machine: TestClient) -> None:
    whole = _all(machine, limit=200)
    lost = [r["key"] for r in whole if r["standing"]["label"] == "implicit_loss"]
    found = _all(machine, limit=3, label="implicit_loss")
    assert [r["key"] for r in found] == lost
    assert lost
    advancing = _all(machine, action="advance")
    assert {r["recommendation"]["action"] for r in advancing} == {"advance"}
    assert len(advancing) < len(whole)


def test_filters_on_people_ignore_case(machine: TestClient) -> None:
    whole = _all(machine, limit=200)
    team = whole[0]["opportunity"]["team"]
    own = [r["key"] for r in whole if r["opportunity"]["team"] == team]
    assert [r["key"] for r in _all(machine, team=team.upper())] == own
    assert _all(machine, team="nobody's") == []
    assert {r["opportunity"]["status"] for r in _all(machine, status="lost")} == {"lost"}


def test_a_cursor_of_another_make_is_refused(machine: TestClient) -> None:
    for cursor in ("x", "", "a2", "ké", "a" * 90):
        answer = machine.get("/v1/opportunities", params={"cursor": cursor})
        assert answer.status_code == 422, cursor


def test_what_has_not_changed_is_not_sent_again(machine: TestClient) -> None:
    key = _all(machine, limit=1)[0]["key"]
    for path in (f"/v1/opportunities/{key}", f"/v1/opportunities/{key}/verdicts"):
        first = machine.get(path, params=DAY)
        tag = first.headers["etag"]
        again = machine.get(path, params=DAY, headers={"If-None-Match": f'"x", W/{tag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert machine.get(path, headers={"If-None-Match": '"x"'}, params=DAY).status_code == 200


def test_evidence_stands_in_the_activity_where_it_says(machine: TestClient) -> None:
    key = next(r["key"] for r in _all(machine) if r["standing"]["quotes"])
    detail = machine.get(f"/v1/opportunities/{key}", params=DAY).json()
    judged = [a for a in detail["activities"] if a["verdict"] and a["verdict"]["evidence"]]
    assert judged
    for each in judged:
        page = machine.get(f"/v1/activities/{each['key']}").json()["activity"]
        assert page["verdict"] == each["verdict"]
        for quote in each["verdict"]["evidence"]:
            if quote["field"] == "text":
                text = page["activity"]["text"]
                assert text[quote["start"] : quote["end"]] == quote["quote"]


def test_verdicts_page_from_the_newest(machine: TestClient) -> None:
    key = next(r["key"] for r in _all(machine) if r["standing"]["roll_overs"])
    path = f"/v1/opportunities/{key}/verdicts"
    whole = machine.get(path).json()
    first = machine.get(path, params={"limit": 1}).json()
    rest = machine.get(path, params={"cursor": first["next"]}).json()
    assert [*first["items"], *rest["items"]] == whole["items"]
    assert all(v["is_current"] for v in whole["items"])


def test_each_sees_their_own_and_no_more(
    machine: TestClient, sign_in: Callable[[str], TestClient]
) -> None:
    """What another team holds is not there for a supervisor, in any route."""
    whole = _all(machine, limit=200, status="any")
    supervisor, rep = sign_in(SOUTH), sign_in(REP)
    seen = {r["key"] for r in _all(supervisor, limit=200, status="any")}
    own = {r["key"] for r in _all(rep, limit=200, status="any")}
    assert own < seen < {r["key"] for r in whole}
    other = next(r for r in whole if r["key"] not in seen)
    key, owner = other["key"], other["opportunity"]["owner"]
    detail = machine.get(f"/v1/opportunities/{key}").json()
    activity = detail["activities"][0]
    for path in (
        f"/v1/opportunities/{key}",
        f"/v1/opportunities/{key}/verdicts",
        f"/v1/activities/{activity['key']}",
        f"/v1/reps/{owner}/queue",
        f"/v1/releases?rep={owner}",
        f"/v1/digests/{WEEK}?team={other['opportunity']['team']}",
        f"/v1/health-metrics?team={other['opportunity']['team']}",
        f"/v1/health-metrics?rep={owner}",
    ):
        assert machine.get(path).status_code == 200, path
        for caller in (supervisor, rep):
            answer = caller.get(path)
            hidden = answer.status_code == 404 or ("rep=" in path and answer.status_code == 200)
            assert hidden, (path, answer.status_code)
    body = {"action": "close", "close_reason": "price"}
    headers = {"Idempotency-Key": '"k"'}
    path = f"/v1/opportunities/{key}/decisions"
    assert supervisor.post(path, json=body, headers=headers).status_code == 404
    assert rep.post(path, json=body, headers=headers).status_code == 403
    path = f"/v1/verdicts/{activity['verdict_key']}/corrections"
    assert supervisor.post(path, json={"label": "implicit_loss"}).status_code == 404


def test_an_evaluator_reads_nothing(sign_in: Callable[[str], TestClient]) -> None:
    browser = sign_in(EVALUATOR)
    for path in ("/v1/opportunities", f"/v1/digests/{WEEK}", "/v1/search?q=price"):
        assert browser.get(path).status_code == 403
    assert browser.get("/v1/corrections").status_code == 200


def test_the_digest_is_the_command_s(
    machine: TestClient, settings: Settings, tmp_path: Path
) -> None:
    run_stored_digest(settings, out=tmp_path, week=Week.parse(WEEK), team=None, today=SAMPLE_DAY)
    path = f"/v1/digests/{WEEK}?flow=true"
    as_json = machine.get(path)
    assert as_json.json() == json.loads((tmp_path / "digest.json").read_text())
    for accept, file in (("text/html", "digest.html"), ("text/plain", "digest.txt")):
        answer = machine.get(path, headers={"Accept": f"{accept}, */*;q=0.1"})
        assert answer.headers["content-type"].startswith(accept)
        assert answer.text == (tmp_path / file).read_text()
    assert machine.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert machine.get("/v1/digests/2026-W54").status_code == 422
    assert machine.get("/v1/digests/0001-W01").status_code == 422


def test_flow_is_worked_out_only_where_it_is_asked_for(
    machine: TestClient, sign_in: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.get(f"/v1/digests/{WEEK}?flow=true").json()["flow"]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the whole report was computed")

    monkeypatch.setattr("auditor.jobs.digesting.compute_health", refuse)
    assert machine.get(f"/v1/digests/{WEEK}").json()["flow"] == []
    page = sign_in(SOUTH).get(f"/?week={WEEK}")
    assert page.status_code == 200
    assert "decision" in page.text


def test_a_supervisor_s_digest_holds_their_teams_only(
    sign_in: Callable[[str], TestClient], machine: TestClient
) -> None:
    path = f"/v1/digests/{WEEK}"
    own = sign_in(SOUTH).get(path).json()
    teams = {item["team"] for item in own["items"]}
    assert len(teams) == 1
    assert len(own["items"]) < len(machine.get(path).json()["items"])
    assert {q["rep"] for q in sign_in(REP).get(path).json()["queues"]} < {
        q["rep"] for q in own["queues"]
    }


def test_queue_release_and_health_are_flow_s(machine: TestClient) -> None:
    rep = _all(machine, limit=1)[0]["opportunity"]["owner"]
    queue = machine.get(f"/v1/reps/{rep}/queue", params=DAY).json()
    assert queue["rep"] == rep
    released = machine.get("/v1/releases", params=DAY | {"rep": rep}).json()
    assert released["may_receive"] >= 0
    assert released["reason"]
    health = machine.get("/v1/health-metrics", params=DAY).json()
    assert health["definitions"]
    assert machine.get("/v1/reps/Nobody At All/queue").status_code in (200, 404)


@pytest.mark.parametrize("path", ["/v1/opportunities/0", "/v1/opportunities/9" + "9" * 18])
def test_a_key_out_of_range_is_no_key(machine: TestClient, path: str) -> None:
    assert machine.get(path).status_code == 422


def test_admins_see_all(sign_in: Callable[[str], TestClient], machine: TestClient) -> None:
    assert len(_all(sign_in(ADMIN), limit=200)) == len(_all(machine, limit=200))
