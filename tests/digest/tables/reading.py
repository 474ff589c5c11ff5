"""Reads a CSV file as a spreadsheet and as a program does."""

from __future__ import annotations

import csv
import io
import re

FORMULA = tuple("=+-@＝＋－＠﹦﹢﹣﹫\t\r\n")
"""What opens a formula, or is thrown away before one."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_LEADING = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\x00\"]*")


def lines_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a file, by heading."""
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def computed(content: bytes) -> list[str]:
    """Cells that a spreadsheet would compute, whichever sign it takes to separate them."""
    text = content.decode("utf-8-sig")
    found = []
    for sign in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
            for cell in row:
                bare = _LEADING.sub("", cell, count=1)
                opens = cell.startswith(FORMULA) or bare.startswith(FORMULA)
                if opens and not _NUMBER.fullmatch(cell):
                    found.append(cell)
    return found
