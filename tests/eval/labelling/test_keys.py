"""Keys of a real terminal come singly, and none is lost when typed ahead."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator

import pytest

from eval.labelling.keys import ENTER, ESCAPE, TerminalKeys


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pseudo-terminal in place of standard input; the end that types."""
    typing, reading = pty.openpty()
    with os.fdopen(reading, "r") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        yield typing
    os.close(typing)


def test_keys_typed_fast_are_held_for_the_next_call(terminal: int) -> None:
    os.write(terminal, b"va4 5\n")
    keys = TerminalKeys()
    assert [keys.key(), keys.key(), keys.line()] == ["v", "a", "4 5"]


def test_enter_escape_and_arrows_are_told_apart(terminal: int) -> None:
    keys = TerminalKeys()
    for typed, told in ((b"\n", ENTER), (b"\x1b", ESCAPE), (b"\x1b[A", "?"), (b"z", "z")):
        os.write(terminal, typed)
        assert keys.key() == told


def test_ctrl_d_ends_the_input(terminal: int) -> None:
    keys = TerminalKeys()
    os.write(terminal, b"z\x04")  # behind a key, so that the line is not empty
    assert keys.key() == "z"
    with pytest.raises(EOFError):
        keys.key()
