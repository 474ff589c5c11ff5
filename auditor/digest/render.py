"""Sets a digest: HTML that reads well as an e-mail and in a browser, plain text, and JSON.

The HTML is one table of 600 px with its styles inlined (Outlook renders with Word, Gmail clips a
message over 102 KB); a short style sheet stays in the head for phones and for dark mode.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from functools import cache
from typing import Any

import css_inline
import jinja2

from auditor.digest.view import DigestView
from auditor.digest.words import ACTION_WORDS, visible
from auditor.domain.docket import Docket, DocketItem, RepQueue

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


def render_json(docket: Docket, view: DigestView, *, classifier: str, policy: str) -> str:
    """The digest as data: all open opportunities, queues, and the words shown."""
    data = {
        "week": str(docket.week),
        "as_of": docket.as_of.isoformat(),
        "title": view.title,
        "summary": view.summary,
        "certainty": {"words": view.certainty, **asdict(docket.certainty)},
        "counts": {action.value: n for action, n in docket.counts().items()},
        "currency": docket.currency,
        "decisions": [_item_data(i) for i in docket.decisions],
        "items": [_item_data(i) for i in docket.items],
        "queues": [_queue_data(q) for q in docket.queues],
        "flow": [asdict(line) for line in view.flow],
        "classifier": classifier,
        "policy": policy,
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def _item_data(item: DocketItem) -> dict[str, Any]:
    opportunity, standing = item.opportunity, item.standing
    return {
        "opportunity_id": opportunity.id,
        "name": opportunity.name,
        "account": opportunity.account,
        "rep": opportunity.owner,
        "team": opportunity.team,
        "stage": opportunity.stage,
        "value": float(opportunity.value) if opportunity.value is not None else None,
        "currency": opportunity.currency,
        "url": opportunity.url,
        "label": standing.label,
        "reason": standing.reason,
        "status": standing.status,
        "confidence": round(standing.confidence, 4),
        "clock_days": standing.clock_days,
        "clock_from": standing.clock_from,
        "roll_overs": standing.roll_overs,
        "unanswered": standing.unanswered,
        "no_shows": standing.no_shows,
        "parked_until": standing.parked_until.isoformat() if standing.parked_until else None,
        "next_activity": standing.pending.model_dump(mode="json") if standing.pending else None,
        "next_activity_defects": list(standing.defects),
        "step": {"answers": standing.step_answers, "reason": standing.step_reason},
        "quotes": [q.model_dump(mode="json") for q in standing.quotes],
        "recommendation": item.recommendation.model_dump(mode="json"),
        "if_nothing": item.if_nothing,
        "changed": item.changed,
        "rank": round(item.rank, 2),
    }


def _queue_data(queue: RepQueue) -> dict[str, Any]:
    return {**asdict(queue), "by_label": {k.value: v for k, v in queue.by_label.items()}}
