"""Takes markup, entities, struck text and odd characters out of a CRM field.

HubSpot and Pipedrive send notes as HTML, exports double their entities, people paste from chat and
from PDFs.  ``clean`` gives the text that a person would read on the screen, mapped to the raw
field.  What is struck through is withdrawn (codebook, "Agreed") and is left out.
"""

from __future__ import annotations

import html
import re
import unicodedata

from auditor.reading.offsets import Edit, MappedText, apply_edits, unchanged

_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_STYLED = "\uff01-\uff5e\U0001d400-\U0001d7ff"

_SUSPECT = re.compile(
    rf"[<&~\r\t{_INVISIBLE}{_CONTROL}{_SPACES}{_STYLED}]|  |\n\n\n|\u2028|\u2029|\x85"
)
"""A text without any of these is clean as it stands."""

_TAGS = (
    "a abbr address article b big blockquote body br center code col colgroup dd del div dl dt em "
    "figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i img ins li link main mark "
    "meta o:p ol p pre q s script section small span strike strong style sub sup table tbody td "
    "tfoot th thead title tr u ul"
).split()
_BLOCK = frozenset(
    "address article blockquote body br center dd div dl dt footer form h1 h2 h3 h4 h5 h6 head "
    "header hr html li main ol p pre section table tr ul".split()
)
_HIDDEN = frozenset({"script", "style", "head", "title"})
_STRUCK = frozenset({"s", "del", "strike"})
_VOID = frozenset({"br", "hr", "img", "link", "meta", "col"})

_TOKEN = re.compile(
    r"(?P<comment><!--)"
    r"|<(?P<close>/?)(?P<tag>"
    + "|".join(sorted(map(re.escape, _TAGS), key=len, reverse=True))
    + r")"
    r"(?P<attrs>(?:\s[^<>]{0,4000})?)/?>"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)"
    r"|(?P<tilde>~~)"
    rf"|(?P<gone>[{_INVISIBLE}{_CONTROL}]+)"
    rf"|(?P<styled>[{_STYLED}]+)"
    r"|(?P<breaks>(?:[ \t]*(?:\r\n?|\n|\u2028|\u2029|\x85))+)"
    rf"|(?P<space>[ \t{_SPACES}]{{2,}}|[\t{_SPACES}])",
    re.IGNORECASE,
)


def clean(raw: str) -> MappedText:
    """Cleans one field.

    Args:
        raw: the field as received, any length; run time is linear in it.

    Returns:
        The text to judge, mapped to ``raw``.  Line breaks are kept (three or more in a row become
        two), runs of blanks become one.
    """
    if not _SUSPECT.search(raw):
        return unchanged(raw)
    return apply_edits(raw, _Cleaner(raw).edits())


class _Cleaner:
    """One pass over a field that collects edits."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.markup = any(
            m["tag"] and m["tag"].lower() in _BLOCK for m in _TOKEN.finditer(raw[:20_000])
        )
        self.found: list[Edit] = []
        self.unclosed: set[str] = set()

    def edits(self) -> list[Edit]:
        at = 0
        while found := _TOKEN.search(self.raw, at):
            at = self._take(found)
        return self.found

    def _take(self, found: re.Match[str]) -> int:
        """Records the edit for one token; returns where to go on."""
        start, end = found.span()
        if found["comment"]:
            return self._cut_through(start, end, "-->")
        if found["tag"]:
            return self._take_tag(found)
        if found["tilde"]:
            return self._cut_through(start, end, "~~")
        if found["entity"]:
            new = html.unescape(found["entity"])
            new = " " if new.isspace() else ("" if unicodedata.category(new[0]) == "Cf" else new)
        elif found["gone"]:
            new = ""
        elif found["styled"]:
            new = unicodedata.normalize("NFKC", found["styled"])
        elif found["breaks"]:
            new = self._breaks(found["breaks"])
        else:
            new = " "
        if new != found.group(0):
            self.found.append(Edit(start, end, new))
        return end

    def _breaks(self, run: str) -> str:
        if self.markup:
            return " "
        count = run.count("\n") + run.count("\r") - run.count("\r\n")
        count += sum(run.count(c) for c in "\u2028\u2029\x85")
        return "\n" * min(count, 2)

    def _take_tag(self, found: re.Match[str]) -> int:
        tag, closing = found["tag"].lower(), bool(found["close"])
        attrs = found["attrs"].lower().replace(" ", "")
        hidden = tag in _HIDDEN or tag in _STRUCK or "line-through" in attrs
        if hidden and not closing and tag not in _VOID and tag not in self.unclosed:
            cut = self._cut_element(found.start(), found.end(), tag)
            if cut:
                return cut
        self.found.append(
            Edit(found.start(), found.end(), "\n" if tag in _BLOCK else self._gap(tag))
        )
        return found.end()

    @staticmethod
    def _gap(tag: str) -> str:
        return " " if tag in ("td", "th") else ""

    def _cut_element(self, start: int, after: int, tag: str) -> int | None:
        """Drops an element with its content; None where it is never closed."""
        close = re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(self.raw, after)
        if not close:
            self.unclosed.add(tag)
            return None
        return self._drop(start, close.end(), "\n" if tag in _BLOCK else "")

    def _drop(self, start: int, end: int, replacement: str = "") -> int:
        """Drops a stretch, with the blank after it where one stands before it too."""
        blank_before = start == 0 or self.raw[start - 1] == " "
        if blank_before and self.raw[end : end + 1] == " ":
            end += 1
        self.found.append(Edit(start, end, replacement))
        return end

    def _cut_through(self, start: int, after: int, closing: str) -> int:
        """Drops from ``start`` through the next ``closing``; nothing where there is none."""
        if closing in self.unclosed:
            return after
        end = self.raw.find(closing, after)
        if closing == "~~" and end >= 0 and "\n" in self.raw[after:end]:
            return after
        if end < 0:
            self.unclosed.add(closing)
            return after
        return self._drop(start, end + len(closing))
