"""The command line of people and keys: ``auditor user`` and ``auditor key``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from auditor.cli_options import Database, PrintJson, settings_at

user = typer.Typer(help="People who sign in.", no_args_is_help=True)
key = typer.Typer(help="API keys of machines.", no_args_is_help=True)


class RoleName(StrEnum):
    """Roles of people."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    REP = "rep"
    EVALUATOR = "evaluator"


class ScopeName(StrEnum):
    """What a key may do."""

    INGEST = "ingest"
    READ = "read"
    DECIDE = "decide"
    EVALUATE = "evaluate"
    ADMIN = "admin"


_Email = Annotated[str, typer.Argument(help="Their e-mail address.")]
_Name = Annotated[str | None, typer.Option("--name", help="As shown.")]
_Owner = Annotated[
    str | None, typer.Option("--owner", help="A rep's name in the CRM; they see only their own.")
]
_Id = Annotated[str, typer.Argument(help="The key's id, from `auditor key list`.")]


@user.command("add")
def user_add(
    email: _Email,
    name: _Name = None,
    role: Annotated[
        RoleName | None,
        typer.Option("--role", help="supervisor if unset; admin for the first person."),
    ] = None,
    teams: Annotated[
        list[str], typer.Option("--team", help="Team that they see; may be repeated. All if unset.")
    ] = [],  # noqa: B006 - typer reads the default, nothing changes it
    owner: _Owner = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in with the identity provider.")
    ] = False,
    db: Database = None,
) -> None:
    """Add a person; the password is asked for, or read from standard input."""
    from auditor.commands.people import run_user_add

    run_user_add(
        settings_at(db),
        email,
        name=name,
        role=role and role.value,
        teams=teams,
        owner=owner,
        no_password=no_password,
    )


@user.command("list")
def user_list(as_json: PrintJson = False, db: Database = None) -> None:
    """List people."""
    from auditor.commands.people import run_user_list

    run_user_list(settings_at(db), as_json=as_json)


@user.command("set")
def user_set(
    email: _Email,
    name: _Name = None,
    role: Annotated[RoleName | None, typer.Option("--role", help="What they may do.")] = None,
    teams: Annotated[
        list[str], typer.Option("--team", help="Teams that they see, instead of before; or `all`.")
    ] = [],  # noqa: B006 - same
    owner: _Owner = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether they may sign in.")
    ] = None,
    db: Database = None,
) -> None:
    """Change a person; it holds for their sessions at once."""
    from auditor.commands.people import run_user_set

    run_user_set(
        settings_at(db),
        email,
        name=name,
        role=role and role.value,
        teams=teams,
        owner=owner,
        active=active,
    )


@user.command("disable")
def user_disable(email: _Email, db: Database = None) -> None:
    """Keep a person out and end their sessions; what they did stays in the log."""
    from auditor.commands.people import run_user_set

    run_user_set(settings_at(db), email, name=None, role=None, teams=(), owner=None, active=False)


@user.command("password")
def user_password(email: _Email, db: Database = None) -> None:
    """Set a person's password, from a prompt or standard input; signs them out everywhere."""
    from auditor.commands.people import run_user_password

    run_user_password(settings_at(db), email)


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What it is for, such as 'HubSpot import'.")],
    scopes: Annotated[
        list[ScopeName], typer.Option("--scope", help="What it may do; may be repeated.")
    ],
    teams: Annotated[
        list[str], typer.Option("--team", help="Team that it sees; may be repeated. All if unset.")
    ] = [],  # noqa: B006 - same
    days: Annotated[
        float | None,
        typer.Option("--expires-in-days", min=0.01, help="How long it counts; for ever if unset."),
    ] = None,
    db: Database = None,
) -> None:
    """Make a key; it is printed once and kept as a hash only."""
    from auditor.commands.people import run_key_add

    run_key_add(settings_at(db), name, scopes=[s.value for s in scopes], teams=teams, days=days)


@key.command("list")
def key_list(as_json: PrintJson = False, db: Database = None) -> None:
    """List keys, without their secrets."""
    from auditor.commands.people import run_key_list

    run_key_list(settings_at(db), as_json=as_json)


@key.command("rotate")
def key_rotate(
    public_id: _Id,
    overlap_hours: Annotated[
        float, typer.Option("--overlap-hours", min=0, help="How long the old one still counts.")
    ] = 24.0,
    db: Database = None,
) -> None:
    """Make a successor of a key; both count until the overlap is over."""
    from auditor.commands.people import run_key_rotate

    run_key_rotate(settings_at(db), public_id, overlap_hours=overlap_hours)


@key.command("revoke")
def key_revoke(public_id: _Id, db: Database = None) -> None:
    """Withdraw a key at once."""
    from auditor.commands.people import run_key_revoke

    run_key_revoke(settings_at(db), public_id)
