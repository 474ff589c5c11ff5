"""The references of commands and routes, as ``python -m tests.docs.reference`` makes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS, ROUTES = DOCS / "commands.md", DOCS / "routes.md"
_MADE = (
    "This page is made of the program by `python -m tests.docs.reference`; a test compares it.\n"
)


def commands_page() -> str:
    """Every command with its arguments and options."""
    from auditor.cli import app
    from eval.cli import app as evaluation

    commands = [
        *_commands(typer.main.get_command(app), "auditor"),
        *_commands(typer.main.get_command(evaluation), "auditor eval"),
    ]
    lines = ["# Commands\n", _MADE, "Exit codes and output: [verdicts.md](verdicts.md).\n"]
    for name, command in sorted(dict(commands).items()):
        lines += [f"## `{name}`\n", f"{_first(command.help)}\n"]
        rows = [row for parameter in command.params if (row := _row(parameter))]
        if rows:
            lines += ["| argument or option | means | default |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    if command.params:
        yield name, command
    for each in sorted(inner):
        if not inner[each].hidden:
            yield from _commands(inner[each], f"{name} {each}")


def _row(parameter: Any) -> str | None:
    if getattr(parameter, "hidden", False) or parameter.name in ("install_completion", "help"):
        return None
    names = [*parameter.opts, *parameter.secondary_opts]
    if not any(n.startswith("-") for n in names):
        told = [str(parameter.name).upper() + ("…" if parameter.nargs != 1 else "")]
    else:
        told = [n for n in names if n.startswith("-")]
    if "--show-completion" in told:
        return None
    default = parameter.default
    shown = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    help_text = _cell(getattr(parameter, "help", None) or "")
    return f"| {', '.join(f'`{each}`' for each in told)} | {help_text} | {_cell(shown)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _first(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def routes_page() -> str:
    """Every route of the service."""
    from fastapi.routing import iter_route_contexts

    from api.app import create_app
    from auditor.settings import Settings
    from auditor.storage import open_database

    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/auditor.db"
        settings = Settings(
            classifier="rules",
            database_url=url,
            secret_key="0" * 64,  # type: ignore[arg-type]
            background=False,
            llm_store=Path(folder) / "llm.db",
        )
        with open_database(url) as database:
            database.migrate()
            app = create_app(settings, database)
            told = app.openapi()["paths"]
            rows, pages = [], []
            for path, operations in told.items():
                for method, about in operations.items():
                    rows.append(_route(method.upper(), path, about))
            for route in iter_route_contexts(app.routes):
                for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                    if method.lower() not in told.get(route.path, {}):
                        pages.append(f"| `{method}` | `{route.path}` |")
    head = "| method | path | does | who |\n|---|---|---|---|"
    return "\n".join(
        [
            "# Routes\n", _MADE,
            "How they are used: [api.md](api.md), [webhooks.md](webhooks.md). "
            "With their shapes: `/openapi.json` and `/docs` of a running service.\n",
            "## For programs\n", head, *sorted(set(rows)), "",
            "## Pages, and what a browser asks for beside them\n",
            "| method | path |\n|---|---|", *sorted(set(pages)), "",
        ]
    )  # fmt: skip


def _route(method: str, path: str, about: dict[str, Any]) -> str:
    scopes = {
        scope for each in about.get("security", []) for held in each.values() for scope in held
    }
    who = ", ".join(f"`{scope}`" for scope in sorted(scopes))
    if not who:
        who = "signed in" if about.get("security") else "anyone"
    if "/webhooks/" in path:
        who = "the sender, by its signature or secret"
    does = _first(about.get("description")).split(". ")[0].rstrip(".")
    if "/webhooks/" in path or not does:
        does = about.get("summary") or ""
    return f"| `{method}` | `{path}` | {_cell(does)} | {who} |"


if __name__ == "__main__":
    COMMANDS.write_text(commands_page(), encoding="utf-8")
    ROUTES.write_text(routes_page(), encoding="utf-8")
