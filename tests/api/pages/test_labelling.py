"""Labelling blind: what comes, what is kept, what is refused, agreement, and the labelled set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from auditor.storage import Database
from eval import setcheck
from eval.agreement import measure_agreement, read_labelling
from eval.labelled import load_labelled
from tests.api.conftest import ADMIN, EVALUATOR, REP, SOUTH
from tests.api.pages.reading import Form, Page, read
from tests.storage.making import rows

Browser = Callable[[str], TestClient]
VAGUE = {"label": "vague_callback", "reason": "no_date"}


def _form(page: Page) -> Form:
    return next(f for f in page.forms if f.action.removeprefix("/labels/").isdigit())


def _quote(database: Database, key: str) -> str:
    """The first words of an activity, of letters and blanks only."""
    [found] = rows(f"sqlite:///{database.file}", f"SELECT text FROM activities WHERE key = {key}")  # noqa: S608 - ours
    return " ".join(str(found["text"]).split("\n")[0].split()[:4]).strip(".,;")


def _label(browser: TestClient, database: Database, order: str = "unsure", **said: str) -> Page:
    """Labels what comes next; gives the page after it."""
    form = _form(read(browser.get(f"/labels?order={order}")))
    key = form.action.rpartition("/")[2]
    sent = form.fields | VAGUE | {"quote1": _quote(database, key)} | said
    answer = browser.post(form.action, data={k: v for k, v in sent.items() if k != "unsure" or v})
    assert answer.status_code == 303, read(answer, answer.status_code).text
    return read(browser.get(answer.headers["location"]))


@pytest.fixture
def ada(sign_in: Browser) -> TestClient:
    return _html(sign_in(ADMIN))


def _html(browser: TestClient) -> TestClient:
    browser.headers["Accept"] = "text/html"
    return browser


def _labels(database: Database) -> list[dict[str, object]]:
    return rows(f"sqlite:///{database.file}", "SELECT * FROM labels ORDER BY key")


def test_the_least_sure_comes_first_and_nothing_that_was_said_of_it_is_shown(
    ada: TestClient, database: Database
) -> None:
    page = read(ada.get("/labels"))
    key = int(_form(page).action.rpartition("/")[2])
    url = f"sqlite:///{database.file}"
    [least] = rows(
        url,
        "SELECT activity_key, confidence FROM verdicts JOIN activities a ON a.key = activity_key "
        "WHERE trim(a.text) <> '' ORDER BY confidence, activity_key LIMIT 1",
    )
    assert key == least["activity_key"]
    assert not [a for _, a in page.tags if "badge" in a.get("class", "")]
    assert not page.marks
    assert not [x for x in page.links if x.startswith("/opportunities/")]
    assert not [f for f in page.forms if f.fields.get("label") or f.fields.get("reason")]


def test_a_label_is_kept_attributed_and_taken_back(ada: TestClient, database: Database) -> None:
    first = _form(read(ada.get("/labels"))).action
    page = _label(ada, database, comment="odd one")
    assert "Saved. Vague callback: no date." in page.text
    assert "1 of " in page.text
    assert _form(page).action != first
    [kept] = _labels(database)
    assert (kept["label"], kept["reason"], kept["made_by"]) == (*VAGUE.values(), f"user:{ADMIN}")
    entry = "SELECT action, subject FROM audit_log WHERE action LIKE 'label.%' ORDER BY key"
    assert [e["action"] for e in rows(f"sqlite:///{database.file}", entry)] == ["label.made"]

    undo = page.form("/labels/given/1/undo")
    for _ in range(2):
        back = ada.post(undo.action, data=undo.fields)
    page = read(ada.get(back.headers["location"]))
    again = _form(page)
    assert again.action == first
    assert again.fields["comment"] == "odd one", "the form is as it was filled in"
    assert "0 of " in page.text
    assert [e["action"] for e in rows(f"sqlite:///{database.file}", entry)] == [
        "label.made",
        "label.undone",
    ]


def test_a_second_label_by_the_same_person_takes_the_place_of_the_first(
    ada: TestClient, database: Database
) -> None:
    form = _form(read(ada.get("/labels")))
    sent = form.fields | VAGUE | {"quote1": _quote(database, form.action.rpartition("/")[2])}
    for reason in ("no_date", "no_purpose"):
        assert ada.post(form.action, data=sent | {"reason": reason}).status_code == 303
    standing = [r for r in _labels(database) if r["undone_at"] is None]
    assert [r["reason"] for r in standing] == ["no_purpose"]


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"quote1": "nobody ever said this"}, "quote1", "in the record"),
        ({"quote1": ""}, "quote1", "Quote the words"),
        ({"quote2": "nor this, at any time"}, "quote2", "in the record"),
        ({"label": "good"}, "label", "Choose what"),
        ({"reason": ""}, "reason", "Choose the reason"),
        ({"reason": "price"}, "reason", "another label"),
        ({"reasons_ok": "no_date"}, "reasons_ok", "no alternate"),
        ({"reasons_ok": "nonsense"}, "reasons_ok", "of the list"),
        ({"comment": "x" * 2001}, "comment", "2,000"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field_and_the_form_stays_filled(
    ada: TestClient, database: Database, said: dict[str, str], field: str, words: str
) -> None:
    form = _form(read(ada.get("/labels")))
    quote = _quote(database, form.action.rpartition("/")[2])
    page = read(ada.post(form.action, data=form.fields | VAGUE | {"quote1": quote} | said), 422)
    assert words in page.text
    assert f"{field}-problem" in page.ids
    kept = _form(page).fields
    assert kept["quote1"] == said.get("quote1", quote)
    assert _labels(database) == []


def test_a_note_that_changed_meanwhile_is_read_again_first(
    ada: TestClient, database: Database
) -> None:
    form = _form(read(ada.get("/labels")))
    quote = _quote(database, form.action.rpartition("/")[2])
    old = form.fields | VAGUE | {"quote1": quote, "input": "sha256:old"}
    page = read(ada.post(form.action, data=old), 409)
    assert "has changed since you opened it" in page.text
    assert _labels(database) == []


def test_what_was_skipped_comes_again_at_the_end(ada: TestClient) -> None:
    page = read(ada.get("/labels"))
    seen = [_form(page).action]
    for _ in range(2):
        skip = next(x for x in page.links if "after=" in x)
        page = read(ada.get(skip))
        seen.append(_form(page).action)
    assert len(set(seen)) == 3
    assert _form(read(ada.get("/labels"))).action == seen[0]
    assert _form(page).fields["after"] == seen[1].rpartition("/")[2]


def test_the_second_pass_is_blind_and_agreement_is_told(
    ada: TestClient, sign_in: Browser, database: Database, tmp_path: Path
) -> None:
    sue = _html(sign_in(SOUTH))
    assert "Nobody else has labelled" in read(ada.get("/labels?order=second")).text
    for comment in ("secret one", "secret two"):
        _label(sue, database, comment=comment)
    for number, said in enumerate(({}, {"label": "implicit_loss", "reason": "no_need"})):
        page = read(ada.get("/labels?order=second"))
        assert f"{number} of 2" in page.text
        assert "secret" not in page.text
        assert not [a for _, a in page.tags if "badge" in a.get("class", "")] or number
        _label(ada, database, "second", **said)
    assert "All 2 are labelled" in read(ada.get("/labels?order=second")).text

    page = read(ada.get("/labels/agreement"))
    assert "50%" in page.text
    assert "Cohen’s kappa" in page.text
    assert "secret two" in page.text
    files = []
    for link in (x for x in page.links if x.startswith("/labels/set.jsonl")):
        answer = ada.get(link)
        assert "attachment" in answer.headers["content-disposition"]
        files.append(tmp_path / f"{len(files)}.jsonl")
        files[-1].write_bytes(answer.content)
    assert len(files) == 2
    measured = measure_agreement([read_labelling(f) for f in files])
    assert (measured.n, measured.observed) == (2, 0.5)


def test_the_download_is_a_labelled_set(
    ada: TestClient, database: Database, tmp_path: Path
) -> None:
    assert ada.get("/labels/set.jsonl").status_code == 404
    _label(ada, database, reasons_ok="no_purpose")
    _label(ada, database, unsure="yes")
    file = tmp_path / "labels.jsonl"
    file.write_bytes(ada.get("/labels/set.jsonl").content)
    assert setcheck.check([file])[1] == []
    first, second = load_labelled(file)
    assert [r.value for r in first.reasons_ok] == ["no_purpose"]
    assert "unsure" in second.tags
    assert json.loads(file.read_text().split("\n")[0])["annotator"] == ADMIN


def test_corrected_notes_come_once_somebody_corrected_any(
    ada: TestClient, database: Database
) -> None:
    assert "Nobody has corrected" in read(ada.get("/labels?order=corrected")).text
    url = f"sqlite:///{database.file}"
    [verdict] = rows(
        url,
        "SELECT v.key, v.activity_key FROM verdicts v JOIN activities a ON a.key = v.activity_key "
        "WHERE a.opportunity_key IS NOT NULL AND v.verdict LIKE '%\"quote\"%' LIMIT 1",
    )
    told = {"label": "implicit_loss", "csrf": ada.headers["X-CSRF-Token"], "comment": "secret"}
    assert ada.post(f"/verdicts/{verdict['key']}/correct", data=told).status_code == 303
    page = read(ada.get("/labels?order=corrected"))
    assert _form(page).action == f"/labels/{verdict['activity_key']}"
    assert "secret" not in page.text


def test_others_neither_see_nor_label_nor_take_back_what_is_not_theirs(
    ada: TestClient, sign_in: Browser, database: Database
) -> None:
    _label(ada, database)
    url = f"sqlite:///{database.file}"
    [team] = rows(url, "SELECT teams FROM users WHERE email = 'sue@example.com'")
    own = json.loads(str(team["teams"]))[0]
    [foreign] = rows(
        url,
        "SELECT a.key FROM activities a JOIN opportunities o "  # noqa: S608 - ours
        f"ON o.key = a.opportunity_key WHERE o.team <> '{own}' LIMIT 1",
    )
    sue = _html(sign_in(SOUTH))
    form = _form(read(sue.get("/labels")))
    assert sue.get(f"/labels?at={foreign['key']}").status_code == 404
    assert sue.post(f"/labels/{foreign['key']}", data=form.fields | VAGUE).status_code == 404
    assert sue.post("/labels/given/1/undo", data=form.fields).status_code == 404
    assert "odd" not in read(sue.get("/labels?given=1")).text
    assert sign_in(REP).get("/labels", headers={"Accept": "text/html"}).status_code == 403
    del sue.headers["X-CSRF-Token"]
    without = {k: v for k, v in form.fields.items() if k != "csrf"}
    assert sue.post(form.action, data=without).status_code == 403


def test_an_evaluator_labels_and_reads_nothing_else(sign_in: Browser, database: Database) -> None:
    eve = _html(sign_in(EVALUATOR))
    assert eve.get("/").headers["location"] == "/labels"
    page = _label(eve, database)
    assert [x for x in page.links if x in ("/", "/labels", "/search")] == ["/labels"]
    assert [row["made_by"] for row in _labels(database)] == [f"user:{EVALUATOR}"]
    assert eve.get("/labels/agreement").status_code == 200
    [line] = eve.get("/labels/set.jsonl").text.splitlines()
    assert json.loads(line)["label"] == VAGUE["label"]
    for path in ("/dockets/2026-W09", "/search?q=price", "/opportunities/1", "/corrections"):
        assert eve.get(path).status_code == 403, path


def test_an_evaluator_labels_in_the_teams_they_may_see(
    sign_in: Browser, database: Database
) -> None:
    form = _form(read(_html(sign_in(EVALUATOR)).get("/labels")))
    key = form.action.rpartition("/")[2]
    with database.begin() as unit:
        eve = unit.users.by_email(EVALUATOR)
        assert eve is not None
        unit.users.change(eve.key, {"teams": ["no such team"]})
    browser = _html(sign_in(EVALUATOR))
    assert not [f for f in read(browser.get("/labels")).forms if f.action == form.action]
    assert browser.get(f"/labels?at={key}").status_code == 404
    assert browser.post(form.action, data=form.fields | VAGUE).status_code == 404


def test_a_key_for_evaluation_opens_no_stored_note(
    client: TestClient, make_key: Callable[..., str]
) -> None:
    headers = {"Authorization": f"Bearer {make_key('evaluate')}", "Accept": "text/html"}
    assert client.get("/labels", headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 403
