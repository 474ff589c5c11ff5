"""The pages that people use: server-rendered, without a build step, usable without scripts.

Every page is a GET that changes nothing; every change is a POST of a form that carries the CSRF
token and ends in a redirect, so that reloading repeats nothing.
"""

from __future__ import annotations

from fastapi import FastAPI

from api.pages import (
    correcting,
    deciding,
    docket,
    entering,
    errors,
    failures,
    keys,
    labelling,
    opportunity,
    people,
    precedents,
    queues,
    search,
    settings,
    statics,
    team,
    unsubscribing,
)

_PARTS = (
    statics,
    entering,
    docket,
    opportunity,
    precedents,
    deciding,
    correcting,
    queues,
    team,
    search,
    labelling,
    settings,
    people,
    keys,
    failures,
    unsubscribing,
)


def install(app: FastAPI) -> None:
    """Adds the pages to the app, and shows problems as pages to people."""
    for part in _PARTS:
        app.include_router(part.router, include_in_schema=False)
    app.state.problem_page = errors.problem_page
