"""The docket ranks by value and certainty, keeps a mix of actions, and counts each queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from auditor.domain.docket import FullDocket, build_docket
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.domain.verdict import Action
from auditor.domain.week import Week
from tests.builders import LOSS, MEANINGFUL, VAGUE, a_finding, an_opportunity

WEEK = Week(2026, 10)
LOGGED = WEEK.monday + timedelta(2)


def _docket(*rows: tuple[Opportunity, Sequence[Finding]], shown: int = 12) -> FullDocket:
    return build_docket(rows, week=WEEK, policy=Policy(classifier="test"), shown=shown)


def _row(
    name: str, label: object, value: int, **finding: object
) -> tuple[Opportunity, list[Finding]]:
    opportunity = an_opportunity(id=name, name=name, value=Decimal(value))
    return opportunity, [a_finding(LOGGED, label, **finding)]  # type: ignore[arg-type]


def test_decisions_are_ranked_by_value_times_certainty() -> None:
    docket = _docket(
        _row("small", LOSS, 10),
        _row("big", VAGUE, 1000),
        _row("unsure", LOSS, 1000, confidence=0.75),
    )
    assert [i.opportunity.id for i in docket.decisions] == ["big", "unsure", "small"]


def test_one_action_does_not_crowd_out_the_others() -> None:
    rows = [_row(f"v{n}", VAGUE, 10_000 + n) for n in range(20)]
    docket = _docket(*rows, _row("dead", LOSS, 10), shown=6)
    actions = [i.recommendation.action for i in docket.decisions]
    assert len(actions) == 6
    assert Action.CLOSE in actions


def test_what_stands_needs_no_decision() -> None:
    docket = _docket(_row("fine", MEANINGFUL, 9999, commits=(WEEK.reading_day + timedelta(3),)))
    assert docket.decisions == ()
    assert docket.counts()[Action.LEAVE] == 1


def test_closed_opportunities_are_left_out() -> None:
    closed = an_opportunity(status=OpportunityStatus.LOST)
    assert _docket((closed, [a_finding(LOGGED)])).items == ()


def test_queues_count_parked_ones_apart() -> None:
    far = WEEK.reading_day + timedelta(80)
    docket = _docket(
        _row("parked", MEANINGFUL, 5, commits=(far,)),
        _row("vague", VAGUE, 7),
        _row("lost", LOSS, 11),
    )
    queue = docket.queues[0]
    assert (queue.open_count, queue.parked) == (2, 1)
    assert (queue.by_label[VAGUE], queue.by_label[LOSS]) == (1, 1)
    assert queue.value_at_risk == 18


def test_a_change_since_the_week_before_is_named() -> None:
    before = a_finding(WEEK.monday - timedelta(9), MEANINGFUL)
    docket = _docket((an_opportunity(), [before, a_finding(LOGGED, LOSS)]))
    assert docket.items[0].changed == "was a real step, is a loss"


def test_mixed_currencies_are_not_named_as_one() -> None:
    docket = _docket(
        (an_opportunity(id="a", currency="GBP"), [a_finding(LOGGED)]),
        (an_opportunity(id="b", currency="EUR"), [a_finding(LOGGED)]),
    )
    assert docket.currency is None


def test_certainty_counts_only_what_was_decided() -> None:
    docket = _docket(_row("a", VAGUE, 1), _row("b", LOSS, 1, confidence=0.5, quoted=False))
    assert (docket.certainty.judged, docket.certainty.decided) == (2, 1)
    assert docket.certainty.mean_confidence == 0.9


def test_an_empty_floor_gives_an_empty_docket() -> None:
    docket = _docket()
    assert docket.items == ()
    assert docket.certainty.mean_confidence is None
    assert docket.as_of == date(2026, 3, 9)
