"""Keys of machines: made and shown once, withdrawn, by an administrator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.flashes import Flash
from api.pages.rendering import FieldLists, go, render
from api.security import Principal
from api.v1.reading import Administrator, App
from auditor.access.machines import issue_key, revoke_key
from auditor.access.roles import Scope
from auditor.errors import InputError

router = APIRouter()
_SCOPES = {
    Scope.INGEST: "hand in records",
    Scope.READ: "read opportunities and digests",
    Scope.DECIDE: "decide and correct",
    Scope.EVALUATE: "have records judged that are not kept",
    Scope.ADMIN: "everything, erasure too",
}
_LONGEST_DAYS = 3_650


@router.get("/keys")
def keys(
    request: Request,
    context: App,
    who: Administrator,
    revoked: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The page of keys."""
    flash = Flash(f"Key {revoked} counts no more.") if revoked else None
    return _show(request, context, who, flash=flash)


@router.post("/keys")
def add(request: Request, context: App, who: Administrator, fields: FieldLists) -> Response:
    """Makes a key and shows it, this once."""
    try:
        shown = issue_key(
            context.database,
            context.secret,
            _one(fields, "name"),
            [Scope(s) for s in fields.get("scope", ()) if s in set(Scope)],
            teams=[t.strip() for t in _one(fields, "teams").split(",") if t.strip()] or None,
            lifetime=_lifetime(_one(fields, "days")),
            actor=who.actor,
        )
    except InputError as exc:
        return _show(request, context, who, problem=str(exc))
    return _show(request, context, who, shown=shown)


@router.post("/keys/{public_id}/revoke")
def revoke(
    request: Request,
    context: App,
    who: Administrator,
    public_id: Annotated[str, Path(max_length=40)],
) -> Response:
    """Withdraws a key at once."""
    try:
        revoke_key(context.database, public_id, actor=who.actor)
    except InputError as exc:
        return _show(request, context, who, problem=str(exc))
    return go("/keys", revoked=public_id)


def _one(fields: dict[str, list[str]], name: str) -> str:
    return (fields.get(name) or [""])[-1].strip()


def _lifetime(text: str) -> timedelta | None:
    """How long a key counts; None for ever.

    Raises:
        InputError: the number does not fit.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 5) or not (
        0 < int(text) <= _LONGEST_DAYS
    ):
        raise InputError(f"days must be 1 to {_LONGEST_DAYS}, or empty for ever")
    return timedelta(days=int(text))


def _show(
    request: Request,
    context: Context,
    who: Principal,
    *,
    flash: Flash | None = None,
    problem: str = "",
    shown: str = "",
) -> Response:
    with context.database.read() as unit:
        found = unit.api_keys.all()
    return render(
        request,
        who,
        "keys",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        flash=flash,
        problem=problem[:1].upper() + problem[1:],
        keys=found,
        now=datetime.now(UTC),
        scopes=_SCOPES,
        shown=shown,
    )
