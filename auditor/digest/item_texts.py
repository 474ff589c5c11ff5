"""What is written of each open opportunity, made while a docket is built and set when it is ranked.

The text of an item takes a few kilobytes where the item itself takes ten times that, so a company's
docket holds these.
"""

from __future__ import annotations

from collections.abc import Callable

from auditor.domain.docket import FullDocket
from auditor.domain.docket_items import DocketItem
from auditor.domain.docket_lines import DocketLine


class ItemTexts:
    """Texts of a docket's items."""

    def __init__(self, write: Callable[[DocketItem], str]) -> None:
        """Holds none yet.

        Args:
            write: gives the text of an item that is not ranked yet.
        """
        self._write = write
        self._held: list[bytes] = []

    @classmethod
    def of(cls, docket: FullDocket, write: Callable[[DocketItem], str]) -> ItemTexts:
        """Those of a docket whose items are at hand."""
        made = cls(write)
        made._held = [b""] * len(docket.items)
        for line, item in zip(docket.lines, docket.items, strict=True):
            made._held[line.at] = made._text(item)
        return made

    def add(self, item: DocketItem) -> None:
        """Writes the next item."""
        self._held.append(self._text(item))

    def __getitem__(self, line: DocketLine) -> str:
        """The text of a line's item."""
        return self._held[line.at].decode("utf-8", "surrogatepass")

    def _text(self, item: DocketItem) -> bytes:
        return self._write(item).encode("utf-8", "surrogatepass")
