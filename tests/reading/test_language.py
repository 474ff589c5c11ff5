"""A text that is plainly not English is named; short or mixed notes are left to the model."""

from __future__ import annotations

import pytest

from auditor.reading.language import foreign_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Kunde hat noch nicht entschieden, wir rufen ihn nach der Messe wieder an.", "German"),
        (
            "Le client n'est pas encore décidé, je le rappelle dans la semaine avec une offre "
            "pour eux.",
            "French",
        ),
        (
            "El cliente no está seguro, lo llamo en marzo para ver si tiene el presupuesto y "
            "los datos.",
            "Spanish",
        ),
        (
            "Klient jeszcze nie jest pewny, że to się uda, będzie dzwonić po urlopie i da nam "
            "znać.",
            "Polish",
        ),
        ("客户说下周三再打电话确认预算", "in Cjk script"),
        ("Клиент просил перезвонить в среду", "in Cyrillic script"),
    ],
)
def test_names_what_is_plainly_foreign(text: str, language: str) -> None:
    assert foreign_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vm",
        "Herr Kessler said ja, call Mittwoch 10 Uhr, board decides then",
        "Spoke to José in Málaga, he signs on Thursday",
        "Mit freundlichen Grüßen\nJ. Kessler",
        "left vm for Lee re quote, will try again Tues",
        "Chatted w/ Siobhán. Café order confirmed, PO Monday 🎉",
    ],
)
def test_leaves_english_and_scraps_alone(text: str) -> None:
    assert foreign_language(text) is None
