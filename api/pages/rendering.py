"""Sets a page: templates with everything escaped, the frame round it, and what all pages share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.context import current
from api.pages.statics import static_url
from api.pages.words import label_words, reason_words
from api.security import Principal, csrf_token
from auditor.access.roles import Scope
from auditor.domain.recommendation import say_date


@dataclass(frozen=True)
class NavLink:
    """A link of the frame."""

    href: str
    """Where to."""
    words: str
    """What it says."""
    is_here: bool
    """Whether it is the page that is shown."""


async def form_fields(request: Request) -> dict[str, str]:
    """Dependency: the fields of a form; of several of one name the last counts, files don't."""
    sent = await request.form()
    return {name: value for name, value in sent.items() if isinstance(value, str)}


async def form_lists(request: Request) -> dict[str, list[str]]:
    """Dependency: the fields of a form with all values of each name."""
    sent = await request.form()
    return {n: [v for v in sent.getlist(n) if isinstance(v, str)] for n in sent}


Fields = Annotated[dict[str, str], Depends(form_fields)]
"""Fields of a form."""
FieldLists = Annotated[dict[str, list[str]], Depends(form_lists)]
"""The same, with all values of each."""


def render(
    request: Request, who: Principal | None, template: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Sets a page.

    Args:
        request: what is answered.
        who: whose page it is; None where nobody is signed in.
        template: name of the template, without its ending.
        status: of the answer.
        values: what the template shows.
    """
    zone = current(request).settings.time_zone
    frame = {
        "nav": _nav(who, request.url.path) if who else (),
        "who": who,
        "actor": who.actor.partition(":")[2] if who else "",
        "csrf": csrf_token(request),
        "static": static_url,
        "once": lambda: secrets.token_urlsafe(9),
        "flash": None,
        "moment": lambda at: _moment(at, zone),
    }
    page = _environment().get_template(f"{template}.html.j2").render(frame | values)
    return HTMLResponse(page, status)


def go(path: str, anchor: str | None = None, **query: object) -> RedirectResponse:
    """Sends the browser to a page after a form was done."""
    told = {k: v for k, v in query.items() if v not in (None, "")}
    where = path + (f"?{urlencode(told)}" if told else "") + (f"#{anchor}" if anchor else "")
    return RedirectResponse(where, HTTPStatus.SEE_OTHER)


def rep_path(name: str) -> str:
    """The page of a rep's queue."""
    return f"/reps/{quote(name, safe='')}"


def _nav(who: Principal, path: str) -> tuple[NavLink, ...]:
    rows = [("/", "My items" if who.owner is not None else "Docket")]
    if Scope.READ not in who.scopes:
        rows = []
    elif who.owner is not None:
        rows += [(rep_path(who.owner), "My queue"), ("/search", "Search")]
    else:
        rows += [("/team", "Team"), ("/search", "Search"), ("/corrections", "Corrections")]
    if who.may_label:
        rows.append(("/labels", "Label"))
    rows.append(("/settings", "Settings"))
    if Scope.ADMIN in who.scopes:
        rows += [("/people", "People"), ("/keys", "Keys"), ("/failures", "Failures")]
    return tuple(NavLink(href, words, _is_here(href, path)) for href, words in rows)


def _is_here(href: str, path: str) -> bool:
    if href == "/":
        return path == "/" or path.startswith(("/dockets/", "/opportunities/"))
    if href == "/team":
        return path.startswith(("/team", "/reps/"))
    return quote(path) == href or path == href or path.startswith(f"{href}/")


def _moment(at: datetime, zone: str | None) -> str:
    local = at.astimezone(ZoneInfo(zone) if zone else None) if at.tzinfo else at
    return f"{local.day} {local:%B %Y}, {local:%H:%M}"


def _long_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("api.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": say_date,
        "long_day": _long_day,
        "label": label_words,
        "reason": reason_words,
        "rep_path": rep_path,
    }
    return environment
