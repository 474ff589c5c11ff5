"""The terminal: progress, notices and results, apart from what is computed.

Results go to standard output, everything else to standard error, so that output can be piped.
What is printed may hold words from outside, so control characters in it are shown as signs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console, ConsoleOptions, RenderableType
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
from rich.segment import Segment

from auditor.digest.view import DigestView
from auditor.digest.words import visible
from auditor.domain.verdict import Action


class _Screen(Console):
    """A console on which words from outside stay words."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Renders, with the control characters of texts as signs; the console's own are kept."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


out = _Screen(soft_wrap=True, highlight=False)
"""Results."""
err = _Screen(stderr=True, highlight=False)
"""Progress, notices, errors."""

_COLOURS = {
    Action.CLOSE: "red",
    Action.ADVANCE: "yellow",
    Action.REVIEW: "cyan",
}


_ESCAPES = {
    code: f"\\u{code:04x}"
    for code in [0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
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


def as_json(value: Any, *, indent: int | None = None) -> str:
    """JSON for standard output: readable, and a terminal that shows it obeys nothing in it."""
    return escaped(json.dumps(value, ensure_ascii=False, indent=indent, default=str))


def escaped(text: str) -> str:
    """JSON with the characters that terminals may obey as escapes; it means the same."""
    return text.translate(_ESCAPES)


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Writes a value to standard output as JSON."""
    sys.stdout.write(as_json(value, indent=indent) + "\n")


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
