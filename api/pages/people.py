"""People who sign in: added, changed, switched off by an administrator."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.flashes import Flash
from api.pages.rendering import Fields, go, render
from api.problems import not_found
from api.security import Principal
from api.v1.reading import Administrator, App
from auditor.access.people import add_person, change_person, set_password
from auditor.access.roles import Role
from auditor.errors import InputError

router = APIRouter()
_Key = Annotated[int, Path(ge=1, le=2**62)]
_Name = Annotated[str, Query(max_length=320)]


@router.get("/people")
def people(
    request: Request,
    context: App,
    who: Administrator,
    added: _Name = "",
    changed: _Name = "",
) -> Response:
    """The page of people."""
    flash = Flash(f"{added} can sign in now.") if added else None
    flash = Flash(f"{changed} is changed.") if changed else flash
    return _show(request, context, who, flash=flash)


@router.post("/people")
def add(request: Request, context: App, who: Administrator, fields: Fields) -> Response:
    """Adds a person with a password of their own or a made-up one, shown once."""
    try:
        values = _read(fields)
        user = add_person(
            context.database,
            fields.get("email", ""),
            values["name"],
            values["role"],
            teams=values["teams"],
            owner=values["owner"],
            password=fields.get("password") or None,
            actor=who.actor,
        )
    except InputError as exc:
        return _show(request, context, who, problem=str(exc), filled=fields)
    return go("/people", added=user.email)


@router.post("/people/{key}")
def change(
    request: Request, context: App, who: Administrator, key: _Key, fields: Fields
) -> Response:
    """Changes a person, or switches them off and on."""
    email = _email_of(context, key)
    if "active" in fields:
        values: dict[str, Any] = {"is_active": fields["active"] == "yes"}
        if who.user_key == key:
            told = "you can't switch yourself off; ask another administrator"
            return _show(request, context, who, problem=told)
    else:
        try:
            values = _read(fields)
        except InputError as exc:
            return _show(request, context, who, problem=str(exc))
        if who.user_key == key and values["role"] is not Role.ADMIN:
            told = "you can't take the role of administrator from yourself; ask another one"
            return _show(request, context, who, problem=told)
    try:
        change_person(context.database, email, values, actor=who.actor)
    except InputError as exc:
        return _show(request, context, who, problem=str(exc))
    return go("/people", changed=email)


@router.post("/people/{key}/password")
def new_password(request: Request, context: App, who: Administrator, key: _Key) -> Response:
    """Gives a person a made-up password, shown once, and signs them out everywhere."""
    email, made = _email_of(context, key), secrets.token_urlsafe(15)
    if who.user_key == key:
        return go("/settings")
    set_password(context.database, email, made, actor=who.actor)
    return _show(request, context, who, shown=(email, made))


def _email_of(context: Context, key: int) -> str:
    with context.database.read() as unit:
        user = unit.users.find(key)
    if user is None:
        raise not_found("person")
    return user.email


def _read(fields: Mapping[str, str]) -> dict[str, Any]:
    """The columns that a form sets.

    Raises:
        InputError: the role is none.
    """
    try:
        role = Role(fields.get("role", ""))
    except ValueError:
        raise InputError("choose a role") from None
    teams = [t.strip() for t in fields.get("teams", "").split(",") if t.strip()]
    owner = fields.get("owner", "").strip()
    return {
        "name": fields.get("name", "").strip(),
        "role": role,
        "teams": teams or None,
        "owner": owner or None,
    }


def _show(
    request: Request,
    context: Context,
    who: Principal,
    *,
    flash: Flash | None = None,
    problem: str = "",
    filled: Mapping[str, str] | None = None,
    shown: tuple[str, str] | None = None,
) -> Response:
    with context.database.read() as unit:
        users = unit.users.all()
        owners, teams = unit.health.people()
    return render(
        request,
        who,
        "people",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        flash=flash,
        problem=problem[:1].upper() + problem[1:],
        filled=filled or {},
        users=users,
        roles=list(Role),
        teams=sorted(teams),
        owners=sorted(owners),
        shown=shown,
    )
