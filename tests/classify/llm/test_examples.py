"""Judged records go with a question: corrections first, like the record, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from auditor.classify.llm.examples import ExampleCounts, Examples, JudgedSources, shown_example
from auditor.classify.llm.making import make_llm, make_questions
from auditor.classify.precedents import JudgedRecord
from auditor.classify.protocol import Opinion
from auditor.classify.registry import make_policy
from auditor.classify.verdicts import judge
from auditor.domain.labels import Label, Reason
from auditor.domain.records import Participant, Side
from auditor.reading.prepared import PreparedRecord, prepare
from auditor.settings import Settings
from tests.builders import LOSS, VAGUE, a_record
from tests.classify.llm.making import POLICY, Local, booked
from tests.classify.llm.server import ScriptedServer

MakeSettings = Callable[..., Settings]
_WORDS = ("board", "months", "invoice")


class Embedding(Local):
    """Places a record by which of three words it holds."""

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        found = super().opine(records)
        return [self._placed(o, r) for o, r in zip(found, records, strict=True)]

    @staticmethod
    def _placed(opinion: Opinion, prepared: PreparedRecord) -> Opinion:
        hits = [float(w in prepared.text) for w in _WORDS]
        size = sum(hits) ** 0.5 or 1.0
        return Opinion(
            opinion.probabilities,
            opinion.reasons,
            evidence=opinion.evidence,
            embedding=tuple(h / size for h in hits),
        )


def _judged(name: str, text: str, label: Label = VAGUE, *people: Participant) -> JudgedRecord:
    return JudgedRecord(name, prepare(a_record(text, participants=people)), label, Reason.NO_DATE)


_OURS = (
    _judged("correction-1", "parked with the board"),
    _judged("correction-2", "months and months"),
    _judged("correction-3", "the board is amber", LOSS),
)
_SHIPPED = (_judged("t1", "the board waits"), _judged("t2", "invoice sent"))


def _ids(counts: ExampleCounts, text: str = "the board meets", ours: object = _OURS) -> list[str]:
    sources = JudgedSources(corrections=lambda: ours, shipped=lambda: _SHIPPED)  # type: ignore[arg-type,return-value]
    return [e.id for e in Examples(Embedding(), sources, counts)(prepare(a_record(text)))]


def test_corrections_like_the_record_come_first_and_shipped_ones_fill_up() -> None:
    assert set(_ids(ExampleCounts(3, 0))) == {"correction-1", "correction-3"}
    assert _ids(ExampleCounts(3, 2))[0] == "shipped-t1"
    assert _ids(ExampleCounts(1, 1))[0].startswith("correction-")
    assert _ids(ExampleCounts(0, 2)) == []
    assert _ids(ExampleCounts(3, 0), "nothing of the kind") == []
    assert _ids(ExampleCounts(3, 0), ours=()) == []


def test_a_new_correction_counts_at_the_next_question() -> None:
    held: list[Sequence[JudgedRecord]] = [_OURS[:1]]
    examples = Examples(
        Embedding(), JudgedSources(corrections=lambda: held[0]), ExampleCounts(3, 0)
    )
    record = prepare(a_record("the board meets"))
    assert [e.id for e in examples(record)] == ["correction-1"]
    held[0] = _OURS
    assert {e.id for e in examples(record)} == {"correction-1", "correction-3"}


def test_nobody_in_an_example_can_be_told() -> None:
    people = (
        Participant(name="Lee Marsh", role=Side.BUYER),
        Participant(name="Dana Wolfe", role=Side.REP),
    )
    text = "Dana Wolfe rang LEE on +44 7700 900123, lee@marsh.example; Lee has no day."
    shown = shown_example("correction", _judged("correction-9", text, VAGUE, *people))
    for secret in ("Dana", "Wolfe", "LEE", "Lee", "7700", "marsh"):
        assert secret not in shown.text
    assert "[the rep] rang [the buyer] on [a number], [a mail address]" in shown.text
    assert (shown.id, shown.label) == ("correction-9", "vague_callback")


def test_an_example_goes_out_with_the_question_and_its_id_stays(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    sources = JudgedSources(corrections=lambda: _OURS)
    settings = make_settings()
    classifier = make_llm(settings, base=Embedding(), judged=sources)
    found = judge([booked()], classifier, POLICY)[0]
    asked = server.requests[0]["messages"][1]["content"]
    assert "<<<parked with the board>>>" in asked
    assert "months and months" not in asked
    assert found.asked is not None
    assert set(found.asked.precedents) == {"correction-1", "correction-3"}


def test_the_number_of_examples_is_part_of_the_policy(make_settings: MakeSettings) -> None:
    changes: list[dict[str, object]] = [
        {},
        {"llm_precedents": 5},
        {"llm_shipped_precedents": 2},
    ]
    found = set()
    for change in changes:
        settings = make_settings(**change)
        found.add(make_policy(make_llm(settings, base=Embedding()), settings).fingerprint)
    assert len(found) == len(changes)


def test_without_judged_records_a_question_is_as_it_was_recorded(
    make_settings: MakeSettings,
) -> None:
    bare = make_questions(make_settings()).first(prepare(booked()))
    none = JudgedSources(shipped=lambda: _SHIPPED)
    asked = make_questions(make_settings(), base=Embedding(), judged=none)
    assert asked.first(prepare(booked())) == bare


@pytest.mark.parametrize("length", [10, 5_000])
def test_a_long_example_is_cut(length: int) -> None:
    shown = shown_example("shipped", _judged("t", "word " * length))
    assert len(shown.text) <= 600
