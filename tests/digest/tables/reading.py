"""Reads a CSV file as a spreadsheet and as a program does."""

from __future__ import annotations

import csv
import io
import re

SIGNS = tuple("=+-@＝＋－＠﹦﹢﹣﹫")
"""What opens a formula."""
_LOST = ("\t", "\r", "\n")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_LEADING = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00\"]*")


def lines_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a file, by heading."""
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def computed(content: bytes) -> list[str]:
    """Cells that a spreadsheet would compute, whichever sign it takes to separate them.

    Where it separates by another sign than ours, a line's end may fall into a cell: what counts
    there is what comes after it.
    """
    text = content.decode("utf-8-sig")
    found = []
    for sign in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
            for cell in row:
                opens = _LEADING.sub("", cell, count=1).startswith(SIGNS)
                opens |= sign == "," and cell.startswith(_LOST)
                if opens and not _NUMBER.fullmatch(cell):
                    found.append(cell)
    return found
