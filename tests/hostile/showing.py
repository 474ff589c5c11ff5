"""What a page, a mail or a terminal would do with an output, read without doing it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that a terminal may obey, or that turn the order of writing."""
_LINKS = ("href", "src", "action", "formaction", "srcset", "poster", "data", "xlink:href")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.dangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not given.get("src"):
            self.dangers.append("a script in the page")
        if tag in ("iframe", "object", "embed", "base", "svg") and tag != "svg":
            self.dangers.append(tag)
        for name, value in attrs:
            plain = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on"):
                self.dangers.append(f"{tag} {name}={value!r}")
            if name in _LINKS and plain.startswith(("javascript:", "data:text", "vbscript:")):
                self.dangers.append(f"{tag} {name}={value!r}")


def dangers_of(page: str) -> list[str]:
    """Scripts, handlers and addresses of scripts in a page of HTML."""
    reader = _Page()
    reader.feed(page)
    reader.close()
    return reader.dangers
