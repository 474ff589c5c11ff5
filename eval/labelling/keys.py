"""Keys and lines from a person at a terminal, or from a script on standard input."""

from __future__ import annotations

import os
import sys
from typing import Protocol, TextIO

ENTER = "\n"
ESCAPE = "\x1b"
_ENDS = "\x04\x00"  # Ctrl-D, and what a terminal makes of it between two keys
_MOST = 64


class Keys(Protocol):
    """Where input comes from."""

    def key(self) -> str:
        """One key, ``ENTER`` and ``ESCAPE`` among them.

        Raises:
            EOFError: where there is no more input.
        """

    def line(self) -> str:
        """One line, without its end.

        Raises:
            EOFError: where there is no more input.
        """


class TerminalKeys:
    """Single keys without Enter, and lines with the terminal's own editing."""

    def __init__(self) -> None:
        """Nothing is held back yet."""
        self._held = ""

    def key(self) -> str:
        """One key; of keys typed fast, the rest is held for the next call."""
        typed = self._held or _read_keys()
        if not typed or typed[0] in _ENDS:
            raise EOFError
        if typed.startswith(ESCAPE):  # an arrow or function key comes as one sequence
            self._held = ""
            return ESCAPE if typed == ESCAPE else "?"
        self._held = typed[1:]
        return ENTER if typed[0] == "\r" else typed[0]

    def line(self) -> str:
        """One line; keys held from before open it."""
        held, self._held = self._held.replace("\r", "\n"), ""
        first, end, rest = held.partition("\n")
        if end:
            self._held = rest
            return first
        return first + input()


def _read_keys() -> str:
    """What was typed, at least one key; typed ahead, it is not lost, and Ctrl-C interrupts."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        import typer

        return str(typer.getchar())
    at = sys.stdin.fileno()
    before = termios.tcgetattr(at)
    try:
        tty.setcbreak(at, termios.TCSADRAIN)
        return os.read(at, _MOST).decode(errors="ignore")
    finally:
        termios.tcsetattr(at, termios.TCSADRAIN, before)


class StreamKeys:
    """The same from a stream that is no terminal: a key is one character, Enter a line's end."""

    def __init__(self, stream: TextIO) -> None:
        """Reads from the stream as it is asked."""
        self._stream = stream

    def key(self) -> str:
        """The next character."""
        typed = self._stream.read(1)
        if not typed:
            raise EOFError
        return typed

    def line(self) -> str:
        """The rest of the line."""
        typed = self._stream.readline()
        if not typed:
            raise EOFError
        return typed.rstrip("\r\n")


def standard_keys() -> Keys:
    """Keys of the terminal, or of standard input where that is none."""
    return TerminalKeys() if sys.stdin.isatty() else StreamKeys(sys.stdin)
