"""The terminal: progress, notices and results, apart from what is computed.

Results go to standard output, everything else to standard error, so that output can be piped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from auditor.digest.view import DigestView
from auditor.domain.verdict import Action

out = Console(soft_wrap=True, highlight=False)
"""Results."""
err = Console(stderr=True, highlight=False)
"""Progress, notices, errors."""

_COLOURS = {
    Action.CLOSE: "red",
    Action.ADVANCE: "yellow",
    Action.REVIEW: "cyan",
}


class Tick(Protocol):
    """Called with the number of things done since the last call."""

    def __call__(self, done: int) -> None:
        """Moves the bar."""


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Tick]:
    """A bar on standard error (a spinner where the total is unknown); silent when piped."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    if total is not None:
        columns.append(TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def tick(done: int) -> None:
            bar.advance(task, done)

        yield tick


def notice(text: str) -> None:
    """Says something on standard error."""
    err.print(text, markup=False, soft_wrap=True)


def print_docket(view: DigestView) -> None:
    """Prints the docket for a person at a terminal."""
    out.print()
    out.print(f"[bold]{escape(view.title)}[/]  [dim]{escape(view.subtitle)}[/]")
    out.print(escape(view.empty or view.summary))
    for item in view.items:
        colour = _COLOURS.get(item.action, "white")
        out.print()
        out.print(
            f"[bold]{item.number:>2}. [{colour}]{item.action.value.upper()}[/{colour}]  "
            f"{escape(item.title)}[/]"
        )
        out.print(f"    [dim]{escape(item.facts)} · {item.confidence}[/]")
        for quote in item.quotes:
            out.print(f'    "{escape(quote.words)}" [dim]({escape(quote.source)})[/]')
        if item.trouble:
            out.print(f"    [dim]{escape(item.trouble)}.[/]")
        out.print(f"    [bold]{escape(item.question)}[/]")
        if item.step:
            out.print(f"    {escape(item.step)}")
    if view.items:
        out.print()
    out.print(escape(view.certainty))
