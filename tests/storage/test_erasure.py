"""An erased person is nowhere any more, and does not come back with the next import."""

from __future__ import annotations

from datetime import date, timedelta

from auditor.domain.decisions import Choice
from auditor.domain.labelling import GivenLabel
from auditor.domain.labels import Label, Reason
from auditor.domain.records import Participant, Side
from auditor.jobs.deciding import Caller, Judging, RightLabel, correct, decide
from auditor.jobs.docketing import view_opportunity
from auditor.jobs.erasing import erase
from auditor.jobs.labelling import keep_label, read_for_label
from auditor.jobs.searching import text_hash
from auditor.storage import Database
from tests.builders import a_pending, an_activity, an_opportunity
from tests.storage.making import DAY, POLICY, RULES, contents, import_all, judge_all, rows, run_sql

SAM = Caller("user:sam@example.com")
JUDGING = Judging(POLICY.fingerprint, DAY, RULES)
LEE = Participant(name="Lee O'Brien-Marsh", role=Side.BUYER, email="Lee.Marsh@Example.com")
PAST = DAY - timedelta(10)
_WORDS = ("lee.marsh", "brien", "secret word", "lee likes")


def _items(dana_only: bool = False) -> list[object]:
    talk = an_activity(PAST, "The secret word is plum. Call back in three months.", id="a1")
    mention = "Ann says Lee likes it, mail Lee.Marsh@example.com. Call back next quarter, maybe."
    return [
        an_opportunity(next_activity=a_pending(DAY + timedelta(90), "Call Lee O'Brien-Marsh")),
        an_opportunity(id="o2", account="Other"),
        talk.model_copy(update={"participants": () if dana_only else (LEE,)}),
        an_activity(PAST + timedelta(2), mention, id="a2"),
        an_activity(
            PAST, "Lee, another one, likes it. Call back in May.", id="b1", opportunity_id="o2"
        ),
    ]


def _everything(url: str) -> str:
    held = contents(url)
    held |= {
        t: rows(url, f"SELECT * FROM {t}")  # noqa: S608 - ours
        for t in ("decisions", "corrections", "labels", "note_vectors", "erasures", "audit_log")
    }
    return repr(held).casefold()


def _key(url: str, name: str) -> int:
    found = rows(url, f"SELECT key FROM opportunities WHERE id = '{name}'")  # noqa: S608 - ours
    return int(found[0]["key"])


def _decided(database: Database, url: str) -> int:
    """An opportunity with verdicts, a correction, a decision, and a vector."""
    import_all(database, _items(), on=DAY)  # type: ignore[arg-type]
    judge_all(database)
    key = _key(url, "o1")
    view = view_opportunity(database, POLICY, key, as_of=DAY)
    assert view is not None
    for each in view.activities:
        assert each.verdict is not None
        said = RightLabel(each.verdict.finding.verdict.label, comment="Lee O'Brien-Marsh said so")
        try:
            correct(database, each.verdict.key, said, SAM, JUDGING)
        except ValueError:
            continue
    event = {"action": "park", "event_quote": "The secret word is plum", "due_on": date(2027, 1, 4)}
    assert decide(database, key, Choice.model_validate(event), SAM, JUDGING)
    step = {"action": "advance", "step": "Demo with Lee", "due_on": date(2027, 1, 4)}
    assert decide(database, key, Choice.model_validate(step), SAM, JUDGING)
    for each in view.activities:
        due = read_for_label(database, each.found.key)
        assert due is not None
        words = due.record.activity.text.split(". ")[0]
        given = GivenLabel(
            Label.VAGUE_CALLBACK, Reason.NO_DATE, (words,), comment="about Lee.Marsh"
        )
        assert keep_label(database, each.found.key, given, due.input_hash, SAM)
    with database.begin() as unit:
        for number in (1, 2, 3):
            unit.note_vectors.add("m", [(number, text_hash(str(number)), b"\0\0")])
    return key


def test_erasure_reaches_every_table(database: Database, url: str) -> None:
    _decided(database, url)
    assert all(word in _everything(url) for word in _WORDS)
    done = erase(database, "lee.marsh@example.com", SAM)
    left = _everything(url)
    assert not [word for word in _WORDS if word in left]
    assert "another one, likes it" in left  # somebody else of the same first name, elsewhere
    assert "ann says [erased] likes it" in left
    assert done.counts["activities"] == 2
    assert done.counts["embeddings"] == 2
    assert done.counts["labels"] == 2
    assert done.counts["verdicts"] >= 2
    assert done.counts["inbound"] >= 2
    assert done.first_erased_at is None
    assert judge_all(database) == 2  # what is left is judged anew
    [entry] = rows(url, "SELECT * FROM audit_log WHERE action = 'contact.erased'")
    assert entry["actor"] == SAM.actor
    assert entry["subject"] is None


def test_the_next_import_does_not_bring_them_back(database: Database, url: str) -> None:
    """Neither the same export, nor one that is new to the database, nor their name alone."""
    _decided(database, url)
    erase(database, "Lee O'Brien-Marsh", SAM)
    before = contents(url)["activities"]
    import_all(database, _items(), on=DAY + timedelta(1))  # type: ignore[arg-type]
    assert contents(url)["activities"] == before
    fresh = an_activity(DAY, "Lee rang. lee o’brien marsh wants plums.", id="a9")
    import_all(database, [an_opportunity(), fresh], on=DAY + timedelta(1))
    talk = an_activity(DAY, "plums", id="b9", opportunity_id="o2", participants=(LEE,))
    import_all(database, [an_opportunity(id="o2"), talk], on=DAY + timedelta(1))
    left = _everything(url)
    assert not [word for word in _WORDS if word in left]
    texts = {r["id"]: r["text"] for r in rows(url, "SELECT id, text FROM activities")}
    assert texts["a9"] == "[erased] rang. [erased] wants plums."
    assert texts["b9"] == ""


def test_a_second_erasure_tells_of_the_first(database: Database, url: str) -> None:
    _decided(database, url)
    erase(database, "lee.marsh@example.com", SAM)
    again = erase(database, "lee.marsh@example.com", SAM)
    assert again.first_erased_at is not None
    assert again.counts["activities"] == 0


def test_nobody_of_that_name_changes_nothing(database: Database, url: str) -> None:
    import_all(database, _items(), on=DAY)  # type: ignore[arg-type]
    before = contents(url)
    done = erase(database, "nobody@example.com", SAM)
    assert set(done.counts.values()) == {0}
    assert contents(url) == before


def test_reps_are_no_contacts(database: Database, url: str) -> None:
    rep = Participant(name="Dana Field", role=Side.REP)
    import_all(database, [an_opportunity(), an_activity(DAY, "spoke", participants=(rep,))])
    assert erase(database, "Dana Field", SAM).counts["activities"] == 0


def test_raw_payloads_that_still_wait_are_set_aside(database: Database, url: str) -> None:
    import_all(database, _items(), on=DAY)  # type: ignore[arg-type]
    run_sql(url, "UPDATE inbound SET state = 'pending' WHERE external_id = 'a1'")
    erase(database, "lee.marsh@example.com", SAM)
    states = rows(url, "SELECT state, payload FROM inbound WHERE external_id = 'a1'")
    assert states == [{"state": "ignored", "payload": ""}]
