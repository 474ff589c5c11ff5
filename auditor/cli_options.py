"""Options that several commands share, each said once, and what is made of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from auditor.commands.audit import FileOptions
    from auditor.settings import Settings


class ClassifierName(StrEnum):
    """Classifiers that can be asked for."""

    LOCAL = "local"
    RULES = "rules"
    LLM = "llm"
    CASCADE = "cascade"


AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of the audit; today by default."),
]
ClassifierOption = Annotated[
    ClassifierName | None, typer.Option("--classifier", help="Who judges; `local` by default.")
]
Database = Annotated[
    str | None,
    typer.Option("--db", help="URL of the database; AUDITOR_DATABASE_URL if unset."),
]
Paths = Annotated[
    list[str],
    typer.Argument(
        help="CSV, JSON or JSONL exports, .vtt, .srt or .txt transcripts, folders; - for stdin."
    ),
]
PrintJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every column guess.")]


@dataclass(frozen=True)
class GivenFiles:
    """How files are to be read, as said on the command line; see ``takes_files``."""

    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="TOML or JSON mapping file.")
    ] = None
    """Mapping file."""
    maps: Annotated[
        list[str], typer.Option("--map", help="Column of a field, FIELD=COLUMN; may be repeated.")
    ] = field(default_factory=list)
    """``FIELD=COLUMN`` strings."""
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--day-first/--month-first", help="How 03/04 is read; told by the file if unset."
        ),
    ] = None
    """Order of day and month."""
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of all files; detected if unset.")
    ] = None
    """Encoding of all files."""
    delimiter: Annotated[
        str | None, typer.Option(help="Delimiter of CSV files; detected if unset.")
    ] = None
    """Delimiter of CSV files."""
    max_text_mb: Annotated[
        float, typer.Option("--max-text-mb", help="Longest text of one field, in MB.")
    ] = 2.0
    """Longest text of one field, in megabytes."""
    undated_as: Annotated[
        datetime | None,
        typer.Option(
            "--undated-as",
            formats=["%Y-%m-%d"],
            help="Day of the activities of files without dates.",
        ),
    ] = None
    """When activities of tables without dates happened."""
    report: Annotated[
        Path | None, typer.Option("--report", help="Write how the files were read, as JSON.")
    ] = None
    """Where to write the intake report."""

    def options(self, settings: Settings, *, verbose: bool) -> FileOptions:
        """The same for the commands; how dates are read is the settings' to say."""
        from auditor.commands.audit import FileOptions

        return FileOptions(
            self.mapping,
            self.maps,
            settings.day_first,
            self.encoding,
            self.delimiter,
            self.max_text_mb,
            self.undated_as,
            self.report,
            verbose,
        )


def takes_files(command: Callable[..., None]) -> Callable[..., None]:
    """Puts the options of ``GivenFiles`` in the place of the command's parameter ``given``.

    Typer knows no groups of options: it is shown a signature with each of them.
    """
    hints = get_type_hints(GivenFiles, include_extras=True)
    options = [
        _parameter(each.name, hints[each.name], _default(each)) for each in fields(GivenFiles)
    ]
    parameters: list[inspect.Parameter] = []
    for each in inspect.signature(command, eval_str=True).parameters.values():
        alone = _parameter(each.name, each.annotation, each.default)
        parameters += options if each.name == "given" else [alone]

    @wraps(command)
    def run(**said: Any) -> None:
        given = GivenFiles(**{each.name: said.pop(each.name) for each in options})
        command(**said, given=given)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )


def _default(option: Field[Any]) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()


def settings_at(db: str | None) -> Settings:
    """The settings, with a database other than theirs where one is named."""
    from auditor.settings import load_settings

    return load_settings(database_url=db)


def day_of(given: datetime | None, settings: Settings) -> date:
    """The day that was given; today where none was."""
    return given.date() if given else settings.today()
