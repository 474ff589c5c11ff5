"""One activity that can't be judged holds up nothing, and a person can see and requeue it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from auditor.classify.protocol import Opinion
from auditor.classify.rules import RulesClassifier
from auditor.domain.policy import Policy
from auditor.errors import InputError, ModelError
from auditor.jobs import due as due_jobs
from auditor.jobs.due import count_due, due_blocks, judge_due
from auditor.jobs.failures import WAITS, list_failures, note_failure, requeue
from auditor.reading.prepared import PreparedRecord
from auditor.storage import Database
from tests.builders import an_activity, an_opportunity
from tests.storage.making import POLICY, RULES, rows, run_sql, tell

POISON = "poison in the middle of this note"


class Picky(RulesClassifier):
    """Refuses records that hold the poison, and counts what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        self.asked += [r.record.activity.id for r in records]
        if any(POISON in r.text for r in records):
            raise ValueError(f"can't read {POISON}")
        return super().opine(records)


def _fill(database: Database, *, poison: bool = True) -> None:
    for number in range(6):
        text = POISON if poison and number == 2 else f"Spoke to Lee, call back in {number} months"
        day = date(2026, 2, 1 + number)
        tell(
            database,
            an_opportunity(id=f"o{number}"),
            an_activity(day, text, id=f"a{number}", opportunity_id=f"o{number}"),
        )


def _later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + by

    monkeypatch.setattr(due_jobs, "datetime", Later)


def test_a_poison_activity_does_not_keep_the_others_from_being_judged(database: Database) -> None:
    _fill(database)
    assert judge_due(database, Picky(), POLICY) == 5
    [failure] = list_failures(database)
    assert failure.kind == "judge"
    assert failure.subject.startswith("3:")
    assert not failure.is_dead
    assert count_due(database, POLICY) == 0


def test_what_failed_tells_where_in_the_code_and_no_note_text(database: Database) -> None:
    _fill(database)
    judge_due(database, Picky(), POLICY)
    [failure] = list_failures(database)
    assert failure.error.startswith("ValueError at ")
    assert POISON not in failure.error


def test_a_failure_is_tried_again_later_each_time_and_then_waits_for_a_person(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(database)
    judge_due(database, Picky(), POLICY)
    judge_due(database, Picky(), POLICY)
    assert list_failures(database)[0].attempts == 1, "not before its time"
    for wait in WAITS:
        [failure] = list_failures(database)
        assert timedelta() < failure.next_at - failure.failed_at <= wait
        with monkeypatch.context() as later:
            _later(later, failure.next_at - datetime.now(UTC) + timedelta(seconds=1))
            judge_due(database, Picky(), POLICY)
    [failure] = list_failures(database)
    assert failure.is_dead
    assert failure.attempts == len(WAITS) + 1


def test_a_dead_letter_is_judged_once_it_is_mended_and_requeued(database: Database) -> None:
    _fill(database)
    picky = Picky()
    judge_due(database, picky, POLICY)
    [failure] = list_failures(database)
    requeue(database, [failure.key], at=datetime.now(UTC), actor="cli")
    assert judge_due(database, RULES, POLICY) == 1
    assert list_failures(database) == []
    with database.read() as unit:
        assert unit.audit_log.latest()[0].action == "failure.requeued"


def test_requeueing_what_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(InputError, match="no failure 7"):
        requeue(database, [7], at=datetime.now(UTC), actor="cli")


def test_another_text_or_policy_is_another_try(database: Database) -> None:
    _fill(database)
    judge_due(database, Picky(), POLICY)
    tell(
        database,
        an_opportunity(id="o2"),
        an_activity(date(2026, 2, 3), "They signed with Brandt.", id="a2", opportunity_id="o2"),
        on=date(2026, 3, 3),
    )
    assert judge_due(database, Picky(), POLICY) == 1
    with database.begin() as unit:
        unit.failures.drop_overtaken()
    assert list_failures(database) == []
    assert judge_due(database, Picky(), Policy(classifier="rules", review_below=0.1)) == 6


def test_a_failure_of_what_is_still_so_is_kept(database: Database) -> None:
    _fill(database)
    judge_due(database, Picky(), POLICY)
    with database.begin() as unit:
        assert unit.failures.drop_overtaken() == 0
    assert len(list_failures(database)) == 1


def test_a_row_that_can_not_be_read_is_left_out_alone(database: Database, url: str) -> None:
    _fill(database, poison=False)
    run_sql(url, "UPDATE activities SET kind = 'seance' WHERE id = 'a4'")
    assert judge_due(database, RULES, POLICY) == 5
    assert [f.subject.split(":")[0] for f in list_failures(database)] == ["5"]


def test_a_broken_model_is_no_fault_of_the_activities(database: Database) -> None:
    class Broken(RulesClassifier):
        def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
            raise ModelError("the model's files do not fit")

    _fill(database)
    with pytest.raises(ModelError):
        judge_due(database, Broken(), POLICY)
    assert list_failures(database) == []
    assert count_due(database, POLICY) == 6


def test_an_activity_that_kills_the_process_is_left_out_the_next_time(
    database: Database, url: str
) -> None:
    _fill(database, poison=False)
    with database.begin() as unit:  # what a killed process leaves
        note_failure(unit, "batch", "1-6", "under way", before=0, at=datetime.now(UTC))

    class Killed(BaseException):
        pass

    class Deadly(RulesClassifier):
        def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
            if any(r.record.activity.id == "a3" for r in records):
                raise Killed
            return super().opine(records)

    with pytest.raises(Killed):
        judge_due(database, Deadly(), POLICY)
    assert judge_due(database, Deadly(), POLICY) == 2
    held = rows(url, "SELECT activity_key FROM verdicts ORDER BY activity_key")
    assert [r["activity_key"] for r in held] == [1, 2, 3, 5, 6]
    [failure] = list_failures(database)
    assert failure.error == "the process ended while it was judged"


def test_a_batch_that_went_well_leaves_no_mark(database: Database, url: str) -> None:
    _fill(database, poison=False)
    judge_due(database, RULES, POLICY)
    assert rows(url, "SELECT * FROM failures") == []


def test_a_block_holds_its_own_keys_only(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_jobs, "BATCH", 3)
    _fill(database, poison=False)
    assert due_blocks(database, POLICY) == [0, 1, 2]
    picky = Picky()
    assert judge_due(database, picky, POLICY, block=1) == 3
    assert picky.asked == ["a2", "a3", "a4"]
    assert due_blocks(database, POLICY) == [0, 2]


def test_a_run_stops_between_batches_when_it_is_asked_to(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_jobs, "BATCH", 2)
    _fill(database, poison=False)
    done: list[int] = []
    judge_due(database, RULES, POLICY, on_judged=done.append, should_stop=lambda: bool(done))
    assert done == [2]
    assert count_due(database, POLICY) == 4
