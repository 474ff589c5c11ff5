"""A company's docket, read leanly and held in brief, says to the byte what a whole one says."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.render import render_html, render_text
from auditor.digest.tables import docket_csv, item_cells
from auditor.digest.view import make_view
from auditor.domain.docket import Docket, DocketItem, FullDocket
from auditor.domain.findings import Commitment, Contact, Finding
from auditor.domain.labels import REASONS_OF, Label
from auditor.domain.provenance import Asked, Provenance
from auditor.domain.records import Activity, ActivityKind, Participant, Side
from auditor.domain.verdict import Defect, Evidence, EvidenceRole, Status
from auditor.domain.week import Week
from auditor.intake.sample import load_sample
from auditor.jobs.docketing import brief_docket, stored_docket
from auditor.jobs.due import judge_due
from auditor.storage import Database
from auditor.storage.activities import DueActivity
from eval.bench.pipeline_rows import Pipeline, Size
from tests.builders import a_finding, a_pending, an_activity, an_opportunity
from tests.storage.making import POLICY, RULES, import_all, tell

DAY = date(2026, 3, 2)
WEEK = Week.last_before(DAY)
NOON = datetime.combine(DAY, time(12), tzinfo=UTC)


@dataclass(frozen=True)
class _Told:
    """The four forms of a digest."""

    html: str
    text: str
    data: str
    csv: bytes


def _whole(database: Database, week: Week, **more: Any) -> _Told:
    docket, _ = stored_docket(database, POLICY, week=week, shown=12, **more)
    return _told(docket, _plain_json(docket), ItemTexts.of(docket, item_cells(week)))


def _brief(database: Database, week: Week, **more: Any) -> _Told:
    items, cells = ItemTexts(item_json), ItemTexts(item_cells(week))

    def keep(item: DocketItem) -> None:
        items.add(item)
        cells.add(item)

    docket, _ = brief_docket(database, POLICY, week=week, shown=12, on_item=keep, **more)
    view = make_view(docket, classifier="c", policy="p")
    parts = json_parts(docket, view, items, classifier="c", policy="p")
    return _told(docket, "".join(parts), cells)


def _told(docket: Docket, data: str, cells: ItemTexts) -> _Told:
    view = make_view(docket, classifier="c", policy="p")
    csv = b"".join(docket_csv(docket, cells))
    return _Told(render_html(view), render_text(view), data, csv)


def _plain_json(docket: FullDocket) -> str:
    """The contract's document, made in the plainest way."""
    view = make_view(docket, classifier="c", policy="p")
    data = {
        "week": str(docket.week),
        "as_of": docket.as_of.isoformat(),
        "title": view.title,
        "summary": view.summary,
        "certainty": {"words": view.certainty, **asdict(docket.certainty)},
        "counts": {action.value: n for action, n in docket.counts().items()},
        "currency": docket.currency,
        "decisions": [_item_data(i) for i in docket.decisions],
        "items": [_item_data(i) for i in docket.items],
        "queues": [asdict(q) for q in docket.queues],
        "flow": [],
        "classifier": "c",
        "policy": "p",
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def _item_data(item: DocketItem) -> dict[str, Any]:
    deal, standing = item.opportunity, item.standing
    return {
        "opportunity_id": deal.id,
        "name": deal.name,
        "account": deal.account,
        "rep": deal.owner,
        "team": deal.team,
        "stage": deal.stage,
        "value": float(deal.value) if deal.value is not None else None,
        "currency": deal.currency,
        "url": deal.url,
        "label": standing.label,
        "reason": standing.reason,
        "status": standing.status,
        "confidence": round(standing.confidence, 4),
        "clock_days": standing.clock_days,
        "clock_from": standing.clock_from,
        "roll_overs": standing.roll_overs,
        "unanswered": standing.unanswered,
        "no_shows": standing.no_shows,
        "parked_until": standing.parked_until.isoformat() if standing.parked_until else None,
        "next_activity": standing.pending.model_dump(mode="json") if standing.pending else None,
        "next_activity_defects": list(standing.defects),
        "step": {"answers": standing.step_answers, "reason": standing.step_reason},
        "quotes": [q.model_dump(mode="json") for q in standing.quotes],
        "recommendation": item.recommendation.model_dump(mode="json"),
        "if_nothing": item.if_nothing,
        "changed": item.changed,
        "rank": round(item.rank, 2),
    }


class _Chance:
    """Opportunities, activities and findings of every kind, the same at each run."""

    def __init__(self) -> None:
        self.of = random.Random(7)  # noqa: S311 - made-up data

    def fill(self, database: Database, deals: int) -> None:
        for n in range(deals):
            # Each is told twice, with another plan, so that imports see plans move.
            for told in range(self.of.randint(1, 2)):
                self._tell(database, n, DAY - timedelta(7 * (2 - told)))
        with database.begin() as unit:
            due = unit.activities.due(POLICY.fingerprint, after=0, limit=9_999, history_limit=9)
            judged = [(each, self._finding(each)) for each in due]
            for part, days in ((judged[::2], 9), (judged[1::2], 1)):
                unit.verdicts.add(part, POLICY, judged_at=NOON - timedelta(days))
        with database.begin() as unit:
            self._decide(unit, deals)
            self._correct(unit, due)

    def _tell(self, database: Database, n: int, on: date) -> None:
        pick = self.of.choice
        due = pick((None, on + timedelta(self.of.randint(-9, 40))))
        deal = an_opportunity(
            id=f"o{n}",
            name=pick(("", f"Zoë & Söhne <{n}>", f"Deal {n}\u2028\x07")),
            account=pick((None, f"Account {n}")),
            stage=pick(("", "Prospecting", "Proposal", "Negotiation")),
            owner=pick((None, "Dana", "Ada", "Łukasz")),
            team=pick((None, "North", "South")),
            value=pick((None, Decimal(0), Decimal("0.00001"), Decimal("1e17"), Decimal(n * 100))),
            currency=pick(("GBP", "EUR", None)),
            url=pick((None, f"https://crm.example/{n}", "javascript:alert(1)")),
            opened_on=pick((None, on - timedelta(90))),
            next_activity=pick((None, a_pending(due, pick(("Call back", "Contract", ""))))),
            next_activity_known=pick((True, False)),
        )
        logged = [
            self._activity(f"a{n}.{i}", f"o{n}", DAY - timedelta(3 * i + self.of.randint(0, 2)))
            for i in range(self.of.randint(0, 6))
        ]
        tell(database, deal, *logged, on=on)

    def _activity(self, name: str, deal: str, day: date) -> Activity:
        pick = self.of.choice
        people = (Participant(name="Lee Ö", role=Side.BUYER), Participant(name="Dana"))
        return an_activity(
            day,
            f"{name}: spoke to Lee “soon”",
            id=name,
            opportunity_id=deal,
            kind=pick(list(ActivityKind)),
            owner=pick((None, "Dana")),
            participants=pick(((), people[:1], people)),
            next_activity=pick((None, a_pending(day + timedelta(self.of.randint(1, 30))))),
        )

    def _finding(self, due: DueActivity) -> Finding:
        pick, activity = self.of.choice, due.record.activity
        label = pick(list(Label))
        made = a_finding(
            DAY,
            label,
            contact=pick(list(Contact)),
            status=pick((Status.DECIDED, Status.DECIDED, Status.NEEDS_REVIEW)),
            confidence=pick((0.00004, 0.4, 0.97)),
            reason=pick(REASONS_OF[label]),
        )
        verdict = made.verdict.model_copy(
            update={
                "activity_id": activity.id,
                "evidence": tuple(self._evidence(due) for _ in range(self.of.randint(0, 3))),
                "next_activity_defects": pick(((), (Defect.ROUND_INTERVAL, Defect.OVERDUE))),
                "policy": POLICY.fingerprint,
                "warnings": pick(((), ("beware",))),
            }
        )
        days = (DAY + timedelta(self.of.randint(-20, 60)),) * self.of.randint(0, 2)
        return Finding(
            activity,
            verdict,
            made.contact,
            tuple(Commitment(d, d + timedelta(2), self._evidence(due)) for d in days),
            self.of.randint(0, 2),
            pick((None, Provenance(auditor="0", caller="t"), self._asked(label))),
        )

    def _evidence(self, due: DueActivity) -> Evidence:
        texts = {"text": due.record.activity.text}
        texts |= {f"history[{i}].text": past.text for i, past in enumerate(due.record.history)}
        field = self.of.choice(list(texts))
        start = self.of.randint(0, 4)
        quote = texts[field][start : start + 12]
        role = self.of.choice(list(EvidenceRole))
        speaker = self.of.choice((None, "Lee"))
        return Evidence(
            field=field,
            start=start,
            end=start + len(quote),
            quote=quote,
            speaker=speaker,
            role=role,
        )

    def _asked(self, label: Label) -> Provenance:
        asked = Asked(
            prompt="p",
            prompt_sha256="x",
            model="m",
            parameters="t",
            redact_names=True,
            max_record_chars=9,
            weight=0.5,
            question_sha256="q",
            label=label,
            question="What did Lee say?",
            step=self.of.choice((None, "Ask Lee")),
        )
        return Provenance(auditor="0", caller="t", asked=asked)

    def _decide(self, unit: Any, deals: int) -> None:
        kinds = (("advance", 3), ("advance", -3), ("park", 9), ("park", -3), ("close", None))
        for key in range(1, deals, 4):
            action, days = self.of.choice(kinds)
            values = {
                "opportunity_key": key,
                "action": action,
                "step": "A day for the signature" if action == "advance" else None,
                "due_on": None if days is None else DAY + timedelta(days),
                "close_reason": "price" if action == "close" else None,
                "week": WEEK.monday - timedelta(7 * self.of.randint(0, 2)),
                "made_by": "user:sam",
                "made_at": NOON - timedelta(self.of.randint(5, 20)),
            }
            unit.decisions.add(values, None)

    def _correct(self, unit: Any, due: list[DueActivity]) -> None:
        for number, each in enumerate(due[::9]):
            unit.corrections.add(
                {
                    "verdict_key": 9 * number + 1,
                    "activity_key": each.key,
                    "input_hash": each.input_hash,
                    "label": self.of.choice(list(Label)).value,
                    "record": {},
                    "made_by": "user:sam",
                    "made_at": NOON,
                }
            )


@pytest.mark.parametrize(
    "more", [{}, {"coaching_days": 5}, {"team": "NORTH"}, {"seen_teams": {"north"}, "owner": "ada"}]
)
def test_it_says_the_same_of_findings_of_every_kind(
    database: Database, more: dict[str, Any]
) -> None:
    _Chance().fill(database, 60)
    told = _brief(database, WEEK, **more)
    assert told == _whole(database, WEEK, **more)
    assert more or len(json.loads(told.data)["items"]) > 50


def test_it_says_the_same_of_the_sample(database: Database) -> None:
    sample = load_sample(DAY)
    import_all(database, [*sample.opportunities, *sample.activities], on=sample.as_of)
    judge_due(database, RULES, POLICY)
    week = Week.last_before(sample.as_of)
    told = _brief(database, week)
    assert told == _whole(database, week)
    assert len(json.loads(told.data)["items"]) == 128


def test_it_says_the_same_of_a_generated_pipeline(database: Database) -> None:
    for table, columns, rows in Pipeline(Size(90, 30, 500), POLICY, as_of=DAY).tables():
        with database.begin() as unit:
            unit.filler.fill(table, columns, rows())
    assert _brief(database, WEEK) == _whole(database, WEEK)


def test_an_empty_docket_is_told_alike(database: Database) -> None:
    told = _brief(database, WEEK)
    assert told == _whole(database, WEEK)
    assert json.loads(told.data)["items"] == []
