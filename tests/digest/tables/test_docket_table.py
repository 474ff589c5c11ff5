"""The docket's table: this week's decisions first, each item with its words, days and ids."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from auditor.digest.item_texts import ItemTexts
from auditor.digest.tables import docket_csv, item_cells
from auditor.domain.docket import Case, FullDocket, build_docket
from auditor.domain.policy import Policy
from auditor.domain.week import Week
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_finding, an_opportunity
from tests.digest.tables.reading import lines_of

WEEK = Week(2026, 10)
LOGGED = WEEK.monday + timedelta(2)
AHEAD = (WEEK.reading_day + timedelta(3),)


def docket_of(*cases: Case, shown: int = 12, coaching_days: int = 0) -> FullDocket:
    return build_docket(
        cases,
        week=WEEK,
        policy=Policy(classifier="t"),
        shown=shown,
        coaching_days=coaching_days,
    )


def case(name: str, label: object, value: int = 1000, **more: object) -> Case:
    since = more.pop("trouble_since", None)
    finding = a_finding(LOGGED, label, **more)  # type: ignore[arg-type]
    deal = an_opportunity(id=name, name=name, value=Decimal(value))
    return Case(deal, [finding], trouble_since=since)  # type: ignore[arg-type]


def csv_of(docket: FullDocket) -> bytes:
    return b"".join(docket_csv(docket, ItemTexts.of(docket, item_cells(WEEK))))


def test_an_item_tells_what_its_card_tells() -> None:
    [line] = lines_of(csv_of(docket_of(case("Hall", LOSS, 48_200))))
    assert line["rank"] == "1"
    assert line["this_week"] == "yes"
    assert line["action"] == "close"
    assert line["account"] == "Marsh Tooling"
    assert line["opportunity"] == "Hall"
    assert (line["stage"], line["owner"], line["team"]) == ("Proposal", "Dana", "North")
    assert (line["value"], line["currency"]) == ("48200", "GBP")
    assert line["question"].endswith("?")
    assert line["close_reason"] == "price"
    assert (line["quote"], line["quote_by"]) == ("spoke to Lee", "Dana")
    assert line["quote_on"] == LOGGED.isoformat()
    assert (line["opportunity_id"], line["activity_id"]) == ("Hall", f"a-{LOGGED.isoformat()}")
    assert (line["week"], line["as_of"]) == ("2026-W10", WEEK.reading_day.isoformat())


def test_this_week_s_decisions_come_first_and_all_open_ones_follow() -> None:
    docket = docket_of(
        *(case(f"v{n}", VAGUE, 10_000 + n) for n in range(5)),
        case("dead", LOSS, 10),
        case("fine", MEANINGFUL, 99_000, commits=AHEAD),
        shown=3,
    )
    lines = lines_of(csv_of(docket))
    assert [line["rank"] for line in lines] == [str(n) for n in range(1, 8)]
    assert [line["this_week"] for line in lines] == ["yes"] * 3 + ["no"] * 4
    decided = [item.opportunity.id for item in docket.decisions]
    assert [line["opportunity_id"] for line in lines[:3]] == decided
    assert "dead" in decided
    assert {line["opportunity_id"] for line in lines[3:]} >= {"fine"}


def test_what_a_rep_alone_sees_yet_is_left_out() -> None:
    new = case("new", VAGUE, trouble_since=WEEK.reading_day)
    old = case("old", VAGUE, trouble_since=date(2026, 1, 5))
    docket = docket_of(new, old, coaching_days=5)
    assert len(docket.items) == 2
    assert [x["opportunity_id"] for x in lines_of(csv_of(docket))] == ["old"]


def test_an_empty_docket_has_its_headings() -> None:
    content = csv_of(docket_of())
    assert content.startswith(b'\xef\xbb\xbf"rank","this_week","action","account"')
    assert content.count(b"\r\n") == 1
