"""Records as questions: the prompt filled in, personal data replaced, and the second try."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from auditor.classify.llm.view import view_record
from auditor.classify.redaction import Redactor, redactor_for
from auditor.reading.prepared import PreparedRecord
from prompts import Message, Prompt, load_prompt

REPAIR = "repair.v1"
"""The prompt of the second try."""
_KEPT_OF_BAD = 4_000


class Precedent(NamedTuple):
    """A record that a supervisor has judged, as an example."""

    text: str
    """Its text."""
    label: str
    """The supervisor's label."""
    reason: str
    """The supervisor's reason."""
    id: str = ""
    """Of the correction or shipped record, for the verdict's provenance."""


FindPrecedents = Callable[[PreparedRecord], Sequence[Precedent]]
"""Gives the examples for a record, the nearest last."""


@dataclass(frozen=True)
class AskOptions:
    """How records are put to a model."""

    prompt: str = "classify.v2"
    """Name of the prompt."""
    redact_names: bool = True
    """Whether participants' names stay here."""
    max_record_chars: int = 24_000
    """Longest text sent; of a longer one the middle is left out."""
    max_answer_tokens: int = 2_000
    """For the estimate of what a call may cost."""
    parameters: str = ""
    """Temperature and the like, as part of the cache's key."""
    examples: str = ""
    """How many examples a question carries and from where, as part of the policy."""


def with_parameters(options: AskOptions, **parameters: object) -> AskOptions:
    """The options with what else changes an answer written into them."""
    told = " ".join(f"{k}={v}" for k, v in sorted(parameters.items()))
    return replace(options, parameters=told)


class Questions:
    """Makes the messages about a record."""

    def __init__(self, options: AskOptions, *, precedents: FindPrecedents | None = None) -> None:
        """Loads the prompts.

        Raises:
            PromptError: where there is no prompt of that name.
        """
        self._options, self._precedents = options, precedents
        self._prompt: Prompt = load_prompt(options.prompt)
        self._repair: Prompt = load_prompt(REPAIR)

    @property
    def options(self) -> AskOptions:
        """How records are put."""
        return self._options

    @property
    def prompt(self) -> Prompt:
        """The prompt that records are put with."""
        return self._prompt

    @property
    def fingerprint(self) -> str:
        """Prompt, repair prompt and parameters, as stored in the policy."""
        hashes = f"{self._prompt.sha256}\n{self._repair.sha256}\n{self._options!r}"
        return f"{self._prompt.name}@sha256:{hashlib.sha256(hashes.encode()).hexdigest()[:16]}"

    def redactor(self, prepared: PreparedRecord) -> Redactor:
        """What takes a record's personal data out."""
        return redactor_for(prepared.record, names=self._options.redact_names)

    def examples(self, prepared: PreparedRecord) -> tuple[Precedent, ...]:
        """The judged records that go with a record's question."""
        return tuple(self._precedents(prepared)) if self._precedents else ()

    def first(
        self,
        prepared: PreparedRecord,
        redactor: Redactor | None = None,
        examples: Sequence[Precedent] | None = None,
    ) -> tuple[Message, ...]:
        """The question for a record, personal data replaced.

        Args:
            prepared: the record.
            redactor: the record's, where one was made already.
            examples: those that go with it, where they were found already.
        """
        redactor = redactor or self.redactor(prepared)
        view = view_record(prepared, redactor, max_chars=self._options.max_record_chars)
        found = self.examples(prepared) if examples is None else examples
        shown = [p._replace(text=redactor.redact(p.text)) for p in found]
        return self._prompt.render(record=view, precedents=shown)

    def again(
        self, messages: Sequence[Message], said: str, defects: Sequence[str], redactor: Redactor
    ) -> tuple[Message, ...]:
        """The conversation so far with the defects named, personal data replaced anew."""
        named = [redactor.redact(d) for d in defects]
        _, asked = self._repair.render(defects=named)
        return (*messages, Message("assistant", redactor.redact(said[:_KEPT_OF_BAD])), asked)
