"""The evaluators' commands at the terminal: errors as one line, JSON, tables and files out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_STDOUT = "-"


@contextmanager
def errors_told() -> Iterator[None]:
    """Ends with exit code 2 and the message where the user can mend the input."""
    from auditor.errors import AuditorError

    try:
        yield
    except AuditorError as exc:
        typer.secho(f"auditor: {exc}", err=True, fg=typer.colors.RED)
        raise typer.Exit(2) from exc


def console_beside(json_to: Path | None) -> Console:
    """Where tables go: to stderr where stdout takes the JSON."""
    from rich.console import Console

    return Console(stderr=_to_stdout(json_to), highlight=False, soft_wrap=True)


def progress_bar(what: str) -> Progress:
    """A bar on stderr that is gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _to_stdout(path: Path | None) -> bool:
    return path is not None and str(path) == _STDOUT


def write_json(found: dict[str, Any], path: Path | None) -> None:
    """Writes JSON to a file or, for ``-``, to stdout; nothing where there is no path."""
    if path is None:
        return
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if _to_stdout(path):
        sys.stdout.write(text)
    else:
        write_text(text, path)


def write_lines(records: list[dict[str, Any]], path: Path) -> None:
    """Writes one JSON object a line."""
    write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), path)


def write_text(text: str, path: Path) -> None:
    """Writes a file, put in place when it is whole.

    Raises:
        InputError: where it can't be written.
    """
    from auditor.errors import InputError

    part = path.with_name(path.name + ".part")
    try:
        if not path.exists() or path.is_file():
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        else:
            path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{str(path)!r} can't be written ({exc.strerror}); check it") from exc
