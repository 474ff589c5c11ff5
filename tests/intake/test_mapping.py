"""Columns are guessed, the guess is shown, and the user's word goes before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.intake import TableKind, load_mapping_file, parse_map_option

from .reading import read_text


def test_the_guess_is_shown_with_how_sure_it_is(tmp_path: Path) -> None:
    result = read_text(
        tmp_path, "x.csv", "Ref,Notes,Date,Shoe size\n1,some words here,2026-03-04,43\n"
    )
    (mapping,) = result.report.mappings
    assert {c.field: (c.column, c.how) for c in mapping.columns} == {
        "text": ("Notes", "name"),
        "occurred_at": ("Date", "name"),
    }
    assert all(0 < c.confidence < 1 for c in mapping.columns)
    assert mapping.unused == ("Ref", "Shoe size")


def test_the_pending_step_and_its_day_are_known_by_short_names(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "x.csv",
        "Activity ID,Comments,Date,Next Task,Next Due\n1,some words,2026-03-04,Call,2026-04-05\n",
    )
    assert result.mapped()["next_subject"] == "Next Task"
    assert result.mapped()["next_due_on"] == "Next Due"


def test_the_long_free_text_is_the_text(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "x.csv",
        "Ref,Blurb,When,Status\n1,"
        "We spoke for a long while and he will think it over,2026-03-04,done\n",
    )
    assert result.mapped()["text"] == "Blurb"
    text = next(c for c in result.report.mappings[0].columns if c.field == "text")
    assert (text.how, text.confidence) == ("content", 0.5)


def test_an_option_corrects_the_guess(tmp_path: Path) -> None:
    content = "Notes,Remarks,Date\nnever mind,the real words,2026-03-04\n"
    result = read_text(tmp_path, "x.csv", content, mapping=parse_map_option("text=Remarks"))
    assert result.activities[0].text == "the real words"
    given = next(c for c in result.report.mappings[0].columns if c.field == "text")
    assert (given.confidence, given.how) == (1.0, "given")


def test_a_mapping_file_names_columns_by_table(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('[activities]\ntext = "C3"\noccurred_at = "C2"\nopportunity_id = "C1"\n')
    content = "C1,C2,C3\nD9,2026-03-04,words\n"
    result = read_text(tmp_path, "x.csv", content, mapping=load_mapping_file(file))
    assert [(a.opportunity_id, a.text) for a in result.activities] == [("D9", "words")]
    as_json = tmp_path / "map.json"
    as_json.write_text('{"activities": {"text": "C3"}, "owner": "C4"}')
    mapping = load_mapping_file(as_json)
    assert mapping.by_kind == {TableKind.ACTIVITIES: {"text": "C3"}}
    assert mapping.anywhere == {"owner": "C4"}


def test_option_strings_may_name_the_table_and_hold_commas() -> None:
    mapping = parse_map_option("text=Notes, all,opportunities.value=Betrag")
    assert mapping.for_kind(TableKind.ACTIVITIES) == {"text": "Notes, all"}
    assert mapping.for_kind(TableKind.OPPORTUNITIES) == {"value": "Betrag"}


def test_later_options_go_over_earlier_ones() -> None:
    merged = parse_map_option("text=A,owner=B").merged(parse_map_option("text=C"))
    assert merged.for_kind(TableKind.ACTIVITIES) == {"text": "C", "owner": "B"}


@pytest.mark.parametrize(
    ("option", "words"),
    [("text", "FIELD=COLUMN"), ("text=", "names no column"), ("colour=Red", "no field 'colour'"),
     ("shoes.text=A", "no table 'shoes'"), ("opportunities.text=A", "no field 'text'")],
)  # fmt: skip
def test_a_wrong_option_says_how_to_write_it(option: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_map_option(option)


@pytest.mark.parametrize(
    ("content", "words"),
    [("[activities", "can't be read"), ("[activities]\ntext = 3", "must be a column's name"),
     ("[activities]\ncolour = 'x'", "no field 'colour'"), ("x = 'y'", "no field 'x'")],
)  # fmt: skip
def test_a_wrong_mapping_file_says_what_is_wrong(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "map.toml"
    file.write_text(content)
    with pytest.raises(InputError, match=words):
        load_mapping_file(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Shape,Size\nround,3\n", "no column holds the notes"),
        ("Ref,Notes\n1,these are words\n", "no column holds a date"),
        ("Stage,Amount\nOffer,3\n", "no column holds the opportunity's id or name"),
    ],
)
def test_a_missing_column_names_those_found_and_the_option(
    tmp_path: Path, content: str, words: str
) -> None:
    result = read_text(tmp_path, "x.csv", content)
    assert len(result.problems) == 1
    assert words in result.problems[0]
    assert "--map" in result.problems[0]
    assert repr(content.split(",")[0]) in result.problems[0]


def test_a_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    mapping = parse_map_option("activities.text=Nots")
    result = read_text(tmp_path, "x.csv", "Notes,Date\nwords,2026-03-04\n", mapping=mapping)
    assert result.activities[0].text == "words"
    assert "no column 'Nots'" in result.said
