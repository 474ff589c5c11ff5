"""Sheets, scripted keys and sessions for the tests of labelling."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from eval.labelling.dialogue import Dialogue
from eval.labelling.keys import StreamKeys
from eval.labelling.screen import Screen
from eval.labelling.session import LabelSession
from eval.labelling.sheets import LABEL_KEYS, Sheet, make_sheet
from eval.labelling.store import LabelStore
from tests.eval.making import raw_record


def bare(record_id: str, **changes: Any) -> dict[str, Any]:
    """An unlabelled record."""
    return {k: v for k, v in raw_record(record_id, **changes).items() if k not in LABEL_KEYS}


def sheets(*ids: str) -> list[Sheet]:
    """Unlabelled sheets: "Nice chat. Call back in three months." with a pending call."""
    return [make_sheet(bare(i)) for i in ids]


def a_session(to_label: list[Sheet], path: Path, **options: Any) -> LabelSession:
    """A session over a file."""
    return LabelSession(to_label, LabelStore(path), **options)


def type_keys(session: LabelSession, typed: str) -> str:
    """Runs a session on scripted keys; returns what the screen showed."""
    shown = io.StringIO()
    screen = Screen(Console(file=shown, width=120, highlight=False))
    Dialogue(session, StreamKeys(io.StringIO(typed)), screen).run()
    return shown.getvalue()
