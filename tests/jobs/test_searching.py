"""Search by meaning: found, highlighted, within what may be seen; copies are found too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.jobs.search_words import matched_share, query_terms, sentences, word_marks
from auditor.jobs.searching import FloatArray, Searcher
from auditor.storage import Database, open_database
from auditor.storage.browsing import Wanted
from tests.builders import an_activity, an_opportunity
from tests.storage.making import import_all, run_sql

DAY = date(2026, 3, 2)
NOTES = {
    "budget": "Nice chat on skiing. No money until July, she waits for the budget to be approved.",
    "gone": "Spoke to the switchboard. Mr Reinders is no longer with the company.",
    "voicemail": "Left a voicemail. Will try again on Friday.",
}


class ByTopic:
    """An encoder that knows three topics by their words."""

    version = "test"
    _topics = (
        ("budget", "money", "funds"),
        ("gone", "longer", "left the"),
        ("voicemail", "answer"),
    )

    def __init__(self) -> None:
        self.made = 0

    def text_vectors(self, texts: Sequence[str]) -> FloatArray:
        self.made += len(texts)
        found = [[0.05 + sum(w in t.casefold() for w in ws) for ws in self._topics] for t in texts]
        rows = np.array(found, np.float32).reshape(-1, 3)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'auditor.db'}") as opened:
        opened.migrate()
        for number, (name, text) in enumerate(NOTES.items()):
            team = "North" if number % 2 else "South"
            deal = an_opportunity(id=f"o-{name}", team=team, owner=f"rep {number}")
            note = an_activity(DAY, text, id=f"a-{name}", opportunity_id=deal.id)
            import_all(opened, [deal, note])
        yield opened


def test_the_nearest_note_comes_first_with_its_sentence(database: Database) -> None:
    found = Searcher(database, ByTopic()).search("who lacks funds?", Wanted())
    first = found.hits[0]
    text = first.found.activity.text
    assert first.found.activity.id == "a-budget"
    assert text[slice(*first.best)].startswith("No money until July")
    assert found.waiting == 0


def test_words_are_marked_where_they_stand(database: Database) -> None:
    first = Searcher(database, ByTopic()).search("waiting for budgets", Wanted()).hits[0]
    text = first.found.activity.text
    assert [text[a:b] for a, b in first.marks] == ["waits", "budget"]


def test_only_what_may_be_seen_is_found(database: Database) -> None:
    searcher = Searcher(database, ByTopic())
    assert searcher.search("budget", Wanted(seen_teams={"north"})).hits == ()
    assert len(searcher.search("budget", Wanted(seen_teams={"south"})).hits) >= 1
    assert searcher.search("budget", Wanted(seen_owner="REP 0")).hits
    assert searcher.search("budget", Wanted(seen_owner="rep 1")).hits == ()


def test_vectors_are_made_once_and_again_when_a_text_changes(database: Database) -> None:
    encoder = ByTopic()
    searcher = Searcher(database, encoder)
    assert searcher.embed_missing() == 3
    assert Searcher(database, encoder).embed_missing() == 0
    deal = an_opportunity(id="o-gone", team="North", owner="rep 1")
    changed = an_activity(DAY, "She now has funds, and money.", id="a-gone", opportunity_id=deal.id)
    searcher.search("budget", Wanted())
    import_all(database, [deal, changed], on=DAY + timedelta(1))
    ids = [h.found.activity.id for h in searcher.search("which funds", Wanted()).hits]
    assert ids[0] == "a-gone"
    assert ids.count("a-gone") == 1


def test_what_is_removed_is_not_found_though_the_index_holds_it(
    database: Database, tmp_path: Path
) -> None:
    searcher = Searcher(database, ByTopic())
    assert searcher.search("budget", Wanted()).hits
    with database.begin() as unit:
        unit.note_vectors.forget([1, 2, 3])
    run_sql(f"sqlite:///{tmp_path / 'auditor.db'}", "UPDATE activities SET text = ''")
    assert searcher.search("budget", Wanted()).hits == ()


def test_a_copied_note_is_found_on_every_opportunity(database: Database) -> None:
    """Also where case, spaces or a word differ; a note of its own is no copy."""
    pasted = "Great call, they love it, will sign soon. Call back in three months with a coffee."
    for number, text in enumerate(
        [pasted, pasted.upper(), f"  {pasted}\n", pasted.replace("coffee", "tea")]
    ):
        deal = an_opportunity(id=f"p{number}", team="South")
        import_all(
            database, [deal, an_activity(DAY, text, id=f"p{number}", opportunity_id=deal.id)]
        )
    searcher = Searcher(database, ByTopic())
    searcher.embed_missing()
    [copied] = searcher.copied_notes(at_least=3)
    assert copied.opportunities == 3
    copies = searcher.copies(copied.first_activity, Wanted())
    assert copies.opportunities == 4
    assert {a.activity.id for a in copies.activities} == {"p0", "p1", "p2", "p3"}
    assert searcher.copies(1, Wanted()).opportunities == 1
    assert searcher.copies(copied.first_activity, Wanted(seen_teams={"north"})).opportunities == 0


def test_telling_words_are_taken_and_stemmed() -> None:
    assert query_terms("Who is waiting for the budgets?") == ["wait", "budget"]
    assert query_terms("who is it") == ["who", "is", "it"]
    assert query_terms("") == []
    assert matched_share("they wait", {"wait": 1.0, "budget": 3.0}) == 0.25
    assert word_marks("Budgets, a budget", ["budget"]) == [(0, 7), (11, 17)]


@given(st.text(max_size=200))
def test_sentences_are_spans_in_order_without_blanks_at_their_ends(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert at <= start < end <= len(text)
        at = end


def test_rare_words_are_found_among_all_notes_though_only_the_newest_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.storage.notes.NEWEST", 0)
    with database.read() as unit:
        assert unit.notes.holding(["voicemail", "reinders"])[1]["reinders"] == 0
        assert len(unit.notes.with_words(["reinders", "switchboard"], limit=5)) == 1
        assert len(unit.notes.with_words(["a"], limit=2)) == 3


def test_where_one_word_is_too_common_notes_with_all_words_are_found(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.storage.notes.NEWEST", 0)
    with database.read() as unit:
        found = unit.notes.with_words(["e", "budget"], limit=1)
        texts = {a.activity.text for a in unit.browsing.activities(found)}
    assert NOTES["budget"] in texts


def test_a_note_that_came_since_is_found_at_once(database: Database) -> None:
    searcher = Searcher(database, ByTopic())
    assert len(searcher.search("who lacks funds?", Wanted()).hits) == 1
    deal = an_opportunity(id="o-late")
    import_all(
        database, [deal, an_activity(DAY, "No money.", id="a-late", opportunity_id="o-late")]
    )
    found = searcher.search("who lacks funds?", Wanted())
    assert len(found.hits) == 2
    assert found.waiting == 0
