"""CSV by the API and by the pages' links: whose rows, under which name, and who gets none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.downloads import csv_answer
from auditor.digest.tables import Table
from tests.api.conftest import ADMIN, EVALUATOR, REP, SOUTH, MakeKey
from tests.api.pages.reading import read
from tests.digest.tables.reading import computed, lines_of

Browser = Callable[[str], TestClient]
WEEK = "2026-W09"
PATH = f"/v1/digests/{WEEK}"
AS_CSV = {"Accept": "text/csv"}


def teams(content: bytes) -> set[str]:
    return {line["team"] for line in lines_of(content)}


def test_the_digest_is_csv_for_who_accepts_it(machine: TestClient) -> None:
    answer = machine.get(PATH, headers=AS_CSV)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="docket-{WEEK}.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept"
    lines, told = lines_of(answer.content), machine.get(PATH).json()
    assert [line["rank"] for line in lines] == [str(n + 1) for n in range(len(told["items"]))]
    asked = [line["opportunity_id"] for line in lines if line["this_week"] == "yes"]
    assert asked == [item["opportunity_id"] for item in told["decisions"]]
    by_id = {item["opportunity_id"]: item for item in told["items"]}
    for line in lines:
        item = by_id[line["opportunity_id"]]
        assert float(line["value"]) == item["value"]
        assert line["action"] == item["recommendation"]["action"]
        assert line["owner"] == item["rep"]
    assert computed(answer.content) == []


def test_other_forms_come_as_before_and_a_copy_is_not_sent_again(machine: TestClient) -> None:
    for accept, kind in (
        ("*/*", "application/json"),
        ("text/*", "text/html"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv, application/json;q=0.9", "text/csv"),
    ):
        answer = machine.get(PATH, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(kind), accept
    tag = machine.get(PATH, headers=AS_CSV).headers["etag"]
    assert machine.get(PATH, headers={**AS_CSV, "If-None-Match": tag}).status_code == 304


def test_csv_has_no_lines_on_flow_and_does_not_work_them_out(
    machine: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the whole report was computed")

    monkeypatch.setattr("auditor.jobs.digesting.compute_health", refuse)
    assert machine.get(f"{PATH}?flow=true", headers=AS_CSV).status_code == 200


def test_the_document_tells_csv(app: FastAPI) -> None:
    [told] = [o["get"] for p, o in app.openapi()["paths"].items() if p == "/v1/digests/{week}"]
    assert told["responses"]["200"]["content"]["text/csv"] == {"schema": {"type": "string"}}


@pytest.mark.parametrize("path", [PATH, f"/dockets/{WEEK}/csv"])
def test_each_role_gets_its_own_rows(
    path: str, sign_in: Browser, make_key: MakeKey, app: FastAPI
) -> None:
    everything = lines_of(sign_in(ADMIN).get(path, headers=AS_CSV).content)
    supervisor = lines_of(sign_in(SOUTH).get(path, headers=AS_CSV).content)
    rep = lines_of(sign_in(REP).get(path, headers=AS_CSV).content)
    assert 0 < len(rep) < len(supervisor) < len(everything)
    [own] = {line["team"] for line in supervisor}
    assert len({line["owner"] for line in rep}) == 1
    [other] = {line["team"] for line in everything} - {own}
    for email in (SOUTH, REP):
        answer = sign_in(email).get(f"{path}?team={other}", headers=AS_CSV)
        assert answer.status_code == 404
    assert sign_in(EVALUATOR).get(path, headers=AS_CSV).status_code == 403
    with TestClient(app, "http://localhost", follow_redirects=False) as stranger:
        bound = {**AS_CSV, "Authorization": f"Bearer {make_key('read', teams=[other])}"}
        assert stranger.get(path, headers=AS_CSV).status_code == 401
        assert teams(stranger.get(path, headers=bound).content) == {other}
        bound["Authorization"] = f"Bearer {make_key('ingest')}"
        assert stranger.get(path, headers=bound).status_code == 403


def test_the_docket_page_leads_to_its_file(sign_in: Browser) -> None:
    browser = sign_in(ADMIN)
    page = read(browser.get(f"/dockets/{WEEK}"))
    assert "Download as CSV" in page.text
    [link] = [x for x in page.links if x.endswith("/csv")]
    answer = browser.get(link)
    assert answer.headers["content-disposition"] == f'attachment; filename="docket-{WEEK}.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    cards = [i for i in page.ids if re.fullmatch(r"title-\d+", i)]
    lines = lines_of(answer.content)
    assert sum(line["this_week"] == "yes" for line in lines) == len(cards)
    [team, *_] = sorted(teams(answer.content))
    [link] = [x for x in read(browser.get(f"/dockets/{WEEK}?team={team}")).links if "/csv" in x]
    part = browser.get(link)
    assert teams(part.content) == {team}
    named = part.headers["content-disposition"]
    assert named == f'attachment; filename="docket-{WEEK}-{team}.csv"'
    assert browser.get("/dockets/2026-W54/csv").status_code == 404


def test_a_rep_gets_the_items_of_their_page(sign_in: Browser) -> None:
    browser = sign_in(REP)
    [link] = [x for x in read(browser.get(f"/dockets/{WEEK}")).links if x.endswith("/csv")]
    assert lines_of(browser.get(link).content)


def test_the_team_page_leads_to_a_file_for_each_table(sign_in: Browser) -> None:
    browser = sign_in(SOUTH)
    page = read(browser.get("/team"))
    links = {x for x in page.links if x.startswith("/team/csv/")}
    told = {x.split("?")[0].rsplit("/", 1)[1] for x in links}
    assert told >= {"pipeline", "flow", "work", "cycles", "odds", "fallout", "sizes"}
    assert all("?team=" in x for x in links)
    assert page.text.count("Download as CSV (Fallout by lead source)") == 1
    for link in links:
        answer = browser.get(link)
        assert answer.status_code == 200, link
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(
            r'attachment; filename="[a-z_]+-\d{4}-\d\d-\d\d-[A-Za-z]+\.csv"',
            answer.headers["content-disposition"],
        )
        assert lines_of(answer.content), link
        assert computed(answer.content) == []


def test_health_tables_are_one_s_own_teams(sign_in: Browser) -> None:
    everything = lines_of(sign_in(ADMIN).get("/team/csv/flow").content)
    browser = sign_in(SOUTH)
    own = lines_of(browser.get("/team/csv/flow").content)
    [team] = {line["team"] for line in own}
    [other] = {line["team"] for line in everything} - {team}
    assert len(own) < len(everything)
    assert browser.get(f"/team/csv/flow?team={other}").status_code == 404
    assert browser.get("/team/csv/passwords").status_code == 404
    assert {x["rep"] for x in lines_of(sign_in(REP).get("/team/csv/flow").content)} < {
        x["rep"] for x in everything
    }
    assert sign_in(EVALUATOR).get("/team/csv/flow").status_code == 403


@pytest.mark.parametrize(
    ("team", "name"),
    [
        ("North", "t-North.csv"),
        ('x"; filename="evil.exe', "t-x-filename-evil-exe.csv"),
        ("a\r\nSet-Cookie: b=c", "t-a-Set-Cookie-b-c.csv"),
        ("../../etc/passwd", "t-etc-passwd.csv"),
        ("Überlingen", "t-berlingen.csv"),
        ("東京", "t.csv"),
        ("n" * 300, f"t-{'n' * 78}.csv"),
        (None, "t.csv"),
    ],
)
def test_a_file_s_name_is_ours(team: str | None, name: str) -> None:
    answer = csv_answer(Table("t", ("a",), ()), team)
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
