"""Where a verdict comes from: what a replay needs beyond the policy and the activity itself."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from auditor.domain.labels import Label


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Frozen):
    """What a language model was asked about a record, and what came of it.

    Hashes are tagged with their algorithm.  The answer's words are not held here: they stand in the
    cache of answers for as long as that keeps them.
    """

    prompt: str
    """Name of the prompt."""
    prompt_sha256: str
    """Hash of its file."""
    model: str
    """The model as it is set, with its provider."""
    parameters: str
    """Temperature and the like."""
    redact_names: bool
    """Whether participants' names were replaced."""
    max_record_chars: int
    """Longest text that was sent."""
    weight: float
    """Of the language model in the pool of opinions."""
    question_sha256: str
    """Hash of the messages with the answer's schema."""
    precedents: tuple[str, ...] = ()
    """Ids of the judged records that were given as examples."""
    answer_sha256: str | None = None
    """Hash of the answer as it was written; None where none could be used."""
    label: Label | None = None
    """The label that the answer gave, whether or not it became the verdict's."""
    served_by: str | None = None
    """The model as the server named it."""
    repaired: bool = False
    """Whether the answer is the second, after the first had defects."""
    calls: tuple[int, ...] = ()
    """Numbers of the calls in the ledger; empty where the answer was kept from before."""
    failure: str | None = None
    """Why no answer could be used, as the verdict's warning has it."""
    question: str | None = None
    """What the supervisor asks the rep, in the model's words, where the record bears them out."""
    step: str | None = None
    """The step to get, in the model's words, where the record bears them out."""


class Provenance(_Frozen):
    """What a verdict was made with and from."""

    auditor: str
    """Version of the package."""
    caller: str
    """Who had it judged: a command or a part of the service."""
    local_model: str | None = None
    """Hash of the local model's files; None where none judged."""
    corrections: str | None = None
    """Count and hash of the corrections that shifted the local model; None for none."""
    stage: str = ""
    """The opportunity's stage, which is not part of the input's hash."""
    account: str | None = None
    """The opportunity's account, which is not part of it either."""
    asked: Asked | None = None
    """None where no language model was asked."""
