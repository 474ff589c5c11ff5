"""Sets a digest: HTML that reads well as an e-mail and in a browser, plain text, and JSON.

The HTML is one table of 600 px with its styles inlined (Outlook renders with Word, Gmail clips a
message over 102 KB); a short style sheet stays in the head for phones and for dark mode.
"""

from __future__ import annotations

import textwrap
from functools import cache

import css_inline
import jinja2

from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.view import DigestView
from auditor.digest.words import ACTION_WORDS, visible
from auditor.domain.docket import FullDocket

_WIDTH = 76


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("auditor.digest", "templates"),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fill"] = _fill
    return environment


def _fill(text: str, indent: int = 0, first: str = "") -> str:
    """Wraps a paragraph for plain text; ``first`` opens its first line."""
    pad = " " * indent
    return textwrap.fill(
        text, _WIDTH, initial_indent=first or pad, subsequent_indent=pad, break_long_words=False
    )


def render_html(view: DigestView) -> str:
    """HTML with styles inlined; all text escaped."""
    words = {action.value: word for action, word in ACTION_WORDS.items()}
    page = _environment().get_template("digest.html.j2").render(view=view, words=words)
    inliner = css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
    return inliner.inline(page)


def render_text(view: DigestView) -> str:
    """Plain text of 76 columns, fit for a terminal: control characters are shown as signs."""
    return visible(_environment().get_template("digest.txt.j2").render(view=view))


def render_json(docket: FullDocket, view: DigestView, *, classifier: str, policy: str) -> str:
    """The digest as data; ``json_parts`` gives that of a docket that is not held in full."""
    texts = ItemTexts.of(docket, item_json)
    return "".join(json_parts(docket, view, texts, classifier=classifier, policy=policy))
