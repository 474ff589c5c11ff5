"""Reads pages as a browser without scripts does: links, forms and their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx


@dataclass
class Form:
    """A form with what it would send as it stands."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What a page holds."""

    text: str = ""
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def form(self, address: str, /, **fields: str) -> Form:
        """The first form that goes to an address and holds these fields."""
        for form in self.forms:
            if form.action == address and fields.items() <= form.fields.items():
                return form
        raise AssertionError(f"no form to {address} with {fields} among {self.forms}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._form: Form | None = None
        self._select: str | None = None
        self._in_mark = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {k: v or "" for k, v in attrs}
        self.page.tags.append((tag, told))
        if "id" in told:
            self.page.ids.append(told["id"])
        if tag == "a" and "href" in told:
            self.page.links.append(told["href"])
        elif tag == "form":
            self._form = Form(told.get("action", ""), told.get("method", "get"))
            self.page.forms.append(self._form)
        elif tag == "mark":
            self._in_mark = True
            self.page.marks.append("")
        elif self._form is not None and tag == "input":
            if told.get("type") not in ("radio", "checkbox") or "checked" in told:
                self._form.fields[told.get("name", "")] = told.get("value", "")
        elif tag == "select":
            self._select = told.get("name")
        elif tag == "option" and self._form is not None and self._select and "selected" in told:
            self._form.fields[self._select] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "mark":
            self._in_mark = False

    def handle_data(self, data: str) -> None:
        self.page.text += data
        if self._in_mark:
            self.page.marks[-1] += data


def read(answer: httpx.Response, status: int = 200) -> Page:
    """The page of an answer."""
    assert answer.status_code == status, (answer.status_code, answer.text[:2000])
    assert answer.headers["content-type"].startswith("text/html")
    reader = _Reader()
    reader.feed(answer.text)
    return reader.page
