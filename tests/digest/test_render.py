"""The three twins: HTML is escaped, inlined and small; text fits its columns; JSON is whole."""

from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from auditor.digest.render import render_html, render_json, render_text
from auditor.digest.view import make_view
from auditor.domain.docket import FullDocket, build_docket
from auditor.domain.policy import Policy
from tests.builders import LOSS, VAGUE, a_finding, an_opportunity
from tests.digest.test_view import LOGGED, WEEK, make, row

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href"))


def _docket() -> FullDocket:
    rows = [
        (an_opportunity(id=f"o{n}", name=f"Deal {n}"), [a_finding(LOGGED, label)])
        for n, label in enumerate([LOSS, VAGUE])
    ]
    return build_docket(rows, week=WEEK, policy=Policy(classifier="t"))


def test_text_from_notes_and_crms_is_escaped_and_never_a_template() -> None:
    opportunity = an_opportunity(name=HOSTILE, owner=HOSTILE, stage=HOSTILE, account=HOSTILE)
    page = render_html(make((opportunity, [a_finding(LOGGED, LOSS, owner=HOSTILE)])))
    found = _Tags()
    found.feed(page)
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert "49" not in page.replace("{{ 7*7 }}", "")
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x.example", None])
def test_only_web_addresses_become_links(url: str | None) -> None:
    page = render_html(make((an_opportunity(url=url), [a_finding(LOGGED, LOSS)])))
    found = _Tags()
    found.feed(page)
    assert found.links == []


def test_a_web_address_is_linked() -> None:
    address = "https://crm.example.com/o/1"
    found = _Tags()
    found.feed(render_html(make((an_opportunity(url=address), [a_finding(LOGGED, LOSS)]))))
    assert found.links == [address]


def test_styles_are_inlined_and_dark_mode_is_kept() -> None:
    page = render_html(make(row("a", LOSS)))
    assert 'style="' in page
    assert "prefers-color-scheme: dark" in page
    assert "<link" not in page
    assert "http" not in page.split("</head>")[0]


def test_a_full_docket_stays_under_what_gmail_clips() -> None:
    long = "We like it, the board meets on the 14th and he wants us in the room. " * 3
    rows = [
        (
            an_opportunity(id=f"o{n}", name=long[:90], owner=f"Rep {n % 12}"),
            [a_finding(LOGGED, VAGUE if n % 2 else LOSS, due=LOGGED + timedelta(9))],
        )
        for n in range(400)
    ]
    assert len(render_html(make(*rows)).encode()) < 102_000


def test_plain_text_fits_its_columns_and_holds_the_questions() -> None:
    view = make(row("a", LOSS), row("b", VAGUE))
    text = render_text(view)
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    assert all(i.question in flat for i in view.items)
    assert "&" not in text


def test_json_holds_every_item_and_is_parsed_back() -> None:
    docket = _docket()
    view = make_view(docket, classifier="t", policy="p")
    data = json.loads(render_json(docket, view, classifier="t", policy="p"))
    assert data["week"] == "2026-W10"
    assert {i["opportunity_id"] for i in data["items"]} == {"o0", "o1"}
    assert data["decisions"][0]["quotes"][0]["evidence"]["quote"] == "spoke to Lee"
    assert data["counts"]["close"] == 1


def test_an_empty_digest_is_a_whole_page() -> None:
    view = make()
    assert view.empty in render_html(view)
    assert view.empty in render_text(view)
