"""What intake tells the user: rows rejected, values left out, warnings, guessed columns, counts.

Details are kept up to a limit, so that a file of a million bad rows stays flat; the counts are
always exact.  ``on_problem`` sees every problem, also past the limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from auditor.errors import InputError, RowError
from auditor.intake.fields import TableKind

KEPT_PROBLEMS = 1_000
"""Problems of each sort whose details are kept."""


@dataclass
class FileTally:
    """Counts for one file."""

    kind: str = ""
    """What it was read as: csv, json, vtt …"""
    encoding: str | None = None
    """Text encoding, where there is one."""
    read: int = 0
    """Records taken from it."""
    rejected: int = 0
    """Rows (or the whole file) that could not be used."""
    skipped: int = 0
    """Rows that hold no record: blank lines, totals, other history fields."""


@dataclass(frozen=True)
class MappedColumn:
    """One line of the mapping table."""

    field: str
    """The auditor's field."""
    column: str
    """The file's column."""
    confidence: float
    """0 to 1; 1.0 where the user named it."""
    how: str
    """``given``, ``name``, ``part of name`` or ``content``."""


@dataclass(frozen=True)
class GuessedMapping:
    """How one table's columns were understood."""

    file: str
    """The file."""
    kind: TableKind
    """What its rows are."""
    columns: tuple[MappedColumn, ...]
    """Columns in use."""
    unused: tuple[str, ...]
    """Columns left aside."""
    date_order: str | None = None
    """``day`` or ``month`` first, where the dates needed it."""


@dataclass(frozen=True)
class IntakeWarning:
    """Something the user should know that lost nothing."""

    file: str
    """The file it is about."""
    text: str
    """In plain words, with how to mend it."""


@dataclass
class IntakeReport:
    """Collects what happened; one report may serve many files."""

    errors: list[InputError] = field(default_factory=list)
    """Rows and files that were rejected (the first ``KEPT_PROBLEMS``)."""
    flaws: list[RowError] = field(default_factory=list)
    """Values that were left out of records that were kept (the first ``KEPT_PROBLEMS``)."""
    warnings: list[IntakeWarning] = field(default_factory=list)
    """Each said once for a file."""
    files: dict[str, FileTally] = field(default_factory=dict)
    """Counts by file."""
    mappings: list[GuessedMapping] = field(default_factory=list)
    """Guessed columns, a table each."""
    error_count: int = 0
    """All rejections."""
    flaw_count: int = 0
    """All values left out."""
    duplicates: int = 0
    """Activities dropped because the same id came with the same content."""
    tells_pending: bool = False
    """True where a source told open tasks from done ones."""
    on_problem: Callable[[InputError], None] | None = None
    """Called with every error and flaw."""
    _said: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def tally(self, file: str) -> FileTally:
        """Returns the counts of a file, to be added to."""
        return self.files.setdefault(file, FileTally())

    def reject(self, problem: InputError, *, file: str) -> None:
        """Notes a row or file that is lost to the audit."""
        self.tally(file).rejected += 1
        self.error_count += 1
        if len(self.errors) < KEPT_PROBLEMS:
            self.errors.append(problem)
        if self.on_problem:
            self.on_problem(problem)

    def flaw(self, problem: RowError) -> None:
        """Notes a value that was left out of a record that is kept."""
        self.flaw_count += 1
        if len(self.flaws) < KEPT_PROBLEMS:
            self.flaws.append(problem)
        if self.on_problem:
            self.on_problem(problem)

    def warn(self, file: str, text: str) -> None:
        """Notes something that lost nothing; the same words are said once for a file."""
        if (file, text) not in self._said and len(self.warnings) < KEPT_PROBLEMS:
            self._said.add((file, text))
            self.warnings.append(IntakeWarning(file, text))

    @property
    def read(self) -> int:
        """Records read from all files."""
        return sum(tally.read for tally in self.files.values())

    def as_dict(self) -> dict[str, Any]:
        """Returns plain types for ``--json``."""
        return {
            "read": self.read,
            "rejected": self.error_count,
            "values_left_out": self.flaw_count,
            "duplicates": self.duplicates,
            "files": {name: asdict(tally) for name, tally in self.files.items()},
            "errors": [problem_as_dict(e) for e in self.errors],
            "flaws": [problem_as_dict(e) for e in self.flaws],
            "warnings": [asdict(w) for w in self.warnings],
            "mappings": [asdict(m) for m in self.mappings],
        }


def problem_as_dict(problem: InputError) -> dict[str, Any]:
    """Returns file, line, field, problem and mend of an error, where it has them."""
    if isinstance(problem, RowError):
        names = ("file", "line", "field", "problem", "mend")
        return {name: getattr(problem, name) for name in names}
    return {"file": None, "line": None, "field": None, "problem": str(problem), "mend": None}
