"""The errors that people are meant to read.

The tree::

    AuditorError
    ├── InputError          a file, row, field or argument that can't be used
    │   ├── RowError        one row of an export; the rest goes on
    │   ├── LabelledSetError  a labelled set with errors; each is listed
    │   └── DecisionError   a decision or correction that lacks something
    │       └── DecisionConflict  one that does not fit what has happened meanwhile
    ├── ConfigurationError  a setting that is missing, unknown or contradictory
    ├── ModelError          the local model is missing or does not fit its tokenizer
    ├── LLMError            a language model that could not be asked, or answered badly
    └── StorageError        a database that can't be reached or has another schema

Each message names what, where (file, line, field, id) and how to mend it.
"""

from __future__ import annotations


class AuditorError(Exception):
    """Root of every error that the auditor raises on purpose."""


class InputError(AuditorError):
    """A file, row, field or argument that can't be used."""


class RowError(InputError):
    """One row of an export that can't be read; the rest of the file goes on."""

    def __init__(
        self, *, file: str, line: int | None, field: str | None, problem: str, mend: str
    ) -> None:
        """Names the place of the problem.

        Args:
            file: path or ``-`` as the user gave it.
            line: 1-based line in the file, where known.
            field: column or key, where one is to blame.
            problem: what is wrong, with the value by ``!r``.
            mend: what the user can do about it.
        """
        self.file, self.line, self.field = file, line, field
        self.problem, self.mend = problem, mend
        place = file if line is None else f"{file}:{line}"
        named = f" field {field!r}" if field else ""
        super().__init__(f"{place}:{named} {problem}; {mend}")


class LabelledSetError(InputError):
    """A labelled set with errors; the message lists each, a line apiece."""


class DecisionError(InputError):
    """A decision or correction that lacks something, or whose parts do not fit."""

    def __init__(self, field: str, problem: str) -> None:
        """Names the part of the choice that is to blame, what is wrong and how to mend it."""
        self.field = field
        super().__init__(f"{field}: {problem}")


class DecisionConflict(DecisionError):
    """A decision that would be fine but for what has happened meanwhile."""


class ConfigurationError(AuditorError):
    """A setting that is missing, unknown or contradictory."""


class ModelError(AuditorError):
    """The local model is missing, or its files do not fit one another."""


class LLMError(AuditorError):
    """A language model that could not be asked, or whose answer can't be used."""


class StorageError(AuditorError):
    """A database that can't be reached, or that holds another schema."""
