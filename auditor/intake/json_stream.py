"""Reads JSON in constant memory: a list, or a list under one of the usual keys, item by item.

What is no such list is read whole.  Several values after one another are read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from auditor.errors import InputError, RowError
from auditor.intake.encoding import mend_stray_bytes, sound_value

LIST_KEYS = frozenset(
    "records data results activities opportunities deals calls notes tasks meetings emails events "
    "items rows value values engagements audits".split()
)
"""Keys of a document under which its list of records stands."""
_OWN_KEYS = frozenset({"id", "name", "stage", "title", "callTranscripts", "activity"})
_CHUNK = 2**18
_MOST_BUFFERED = 256 * 2**20


class JsonItem(NamedTuple):
    """One value of a file."""

    line: int
    """Line on which it begins, from 1."""
    value: Any
    """The value."""
    under: str | None
    """Key of the list that it stood in, where there is one."""


class JsonStream:
    """The values of one file."""

    def __init__(self, stream: TextIO, file: str) -> None:
        """Makes a reader of ``stream``; ``file`` is its name for errors."""
        self._stream, self._file = stream, file
        self._decoder = json.JSONDecoder()
        self._buffer, self._place, self._line = "", 0, 1
        self._ended = False

    def __iter__(self) -> Iterator[JsonItem]:
        """Yields the items of lists, and whole documents.

        Raises:
            InputError: what follows is no JSON; the items before it have been yielded.
        """
        while (char := self._peek()) != "":
            if char == "[":
                yield from self._items(None)
            elif char == "{":
                yield from self._document()
            else:
                line = self._line
                yield JsonItem(line, self._value(), None)
            if self._peek() == ",":
                self._place += 1  # lists of objects without their brackets

    def _items(self, under: str | None) -> Iterator[JsonItem]:
        self._expect("[")
        if self._peek() == "]":
            self._place += 1
            return
        while True:
            self._peek()
            line = self._line
            yield JsonItem(line, self._value(), under)
            if self._peek() == "]":
                self._place += 1
                return
            self._expect(",")

    def _document(self) -> Iterator[JsonItem]:
        line = self._line
        document: dict[str, Any] = {}
        streamed = False
        self._expect("{")
        while self._peek() != "}":
            key = self._value()
            self._expect(":")
            is_list = self._peek() == "["
            if is_list and key in LIST_KEYS and not _OWN_KEYS & set(document):
                streamed = True
                yield from self._items(key)
            else:
                document[str(key)] = self._value()
            if self._peek() != "}":
                self._expect(",")
        self._place += 1
        if not streamed:
            yield JsonItem(line, document, None)

    def _peek(self) -> str:
        """Returns the next character that is no space, or nothing at the end."""
        while True:
            while self._place < len(self._buffer):
                char = self._buffer[self._place]
                if char not in " \t\r\n\ufeff":
                    return char
                self._line += char == "\n"
                self._place += 1
            if not self._fill():
                return ""

    def _expect(self, char: str) -> None:
        if self._peek() != char:
            found = self._buffer[self._place : self._place + 20]
            raise self._error(f"{char!r} is missing before {found!r}")
        self._place += 1

    def _value(self) -> Any:
        size = _CHUNK
        while True:
            self._peek()
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._place)
            except RecursionError as exc:
                raise self._error("it is nested too deeply") from exc
            except ValueError as exc:
                if self._is_final(exc) or not self._fill(size):
                    raise self._error(getattr(exc, "msg", str(exc))) from exc
                size *= 2
                continue
            if end == len(self._buffer) and self._fill():
                continue  # a number may go on
            escaped = "\\u" in self._buffer[self._place : end]
            self._line += self._buffer.count("\n", self._place, end)
            self._place = end
            return self._sound(value) if escaped else value

    def _sound(self, value: Any) -> Any:
        try:
            return sound_value(value)
        except RecursionError as exc:
            raise self._error("it is nested too deeply") from exc

    def _is_final(self, exc: ValueError) -> bool:
        """Tells whether more text can't mend an error."""
        if not isinstance(exc, json.JSONDecodeError) or len(self._buffer) > _MOST_BUFFERED:
            return True
        return not exc.msg.startswith("Unterminated") and exc.pos < len(self._buffer) - 64

    def _fill(self, size: int = _CHUNK) -> bool:
        if self._ended:
            return False
        more, _ = mend_stray_bytes(self._stream.read(size))
        self._ended = not more
        self._buffer = self._buffer[self._place :] + more
        self._place = 0
        return bool(more)

    def _error(self, problem: str) -> InputError:
        return RowError(
            file=self._file,
            line=self._line,
            field=None,
            problem=f"this is no JSON: {problem}",
            mend="what follows in the file is not read; export it again or mend this line",
        )


def read_json_lines(stream: TextIO, longest: int) -> Iterator[tuple[int, Any | ValueError]]:
    """Yields each line's number with its value, or the error that it gives."""
    number, line = 0, ""
    while piece := stream.readline(longest):
        line, number = piece, number + 1
        if len(piece) >= longest and not piece.endswith("\n"):
            size = len(piece) + _pass_over_line(stream, longest)
            yield number, ValueError(f"the line holds {size / 1e6:,.1f} MB")
            continue
        text, _ = mend_stray_bytes(line.strip("\ufeff \t\r\n"))
        if not text:
            continue
        try:
            value = json.loads(text)
            yield number, sound_value(value) if "\\u" in text else value
        except RecursionError:
            yield number, ValueError("it is nested too deeply")
        except ValueError as exc:
            yield number, exc


def _pass_over_line(stream: TextIO, longest: int) -> int:
    size = 0
    while piece := stream.readline(longest):
        size += len(piece)
        if piece.endswith("\n"):
            break
    return size
