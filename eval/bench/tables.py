"""Tables of what was measured, and the document that holds them.

docs/performance.md keeps each table between ``<!-- table NAME -->`` and ``<!-- end NAME -->``; all
words round it are written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table."""

    columns: Sequence[str]
    """Their heads."""
    rows: Sequence[Sequence[object]]
    """Cells, a row each."""
    note: str = ""
    """A line under it."""

    def as_markdown(self) -> str:
        """As it stands in the document."""
        lines = [_row(self.columns), "|" + "---|" * len(self.columns), *map(_row, self.rows)]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(shown(c).replace("|", "\\|") for c in cells) + " |"


def shown(value: object) -> str:
    """A cell: numbers with three telling digits, thousands parted."""
    if value is None:
        return ""
    if isinstance(value, float):
        if value != value:
            return "–"
        size = abs(value)
        places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
        return f"{value:,.{places}f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def fill_in(document: str, tables: Mapping[str, str]) -> str:
    """Puts tables into a document; those that it has no place for are added at its end.

    Args:
        document: as it is.
        tables: Markdown by name.
    """
    for name, text in tables.items():
        whole = f"<!-- table {name} -->\n{text}\n<!-- end {name} -->"
        place = re.compile(
            rf"<!-- table {re.escape(name)} -->.*?<!-- end {re.escape(name)} -->", re.DOTALL
        )
        if place.search(document):
            document = place.sub(lambda _, whole=whole: whole, document)  # type: ignore[misc]
        else:
            document = f"{document.rstrip()}\n\n{whole}\n"
    return document
