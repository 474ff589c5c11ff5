"""The answer that a model must give, its JSON schema, and reading one out of what came back."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.classify.llm.failures import AnswerUnusable
from auditor.domain.labels import Label, Reason

MAX_ANSWER_CHARS = 20_000
"""A longer answer is no answer by this schema."""
_LIMITS = frozenset(
    {"minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "default", "title"}
)
_SHOWN_DEFECTS = 6


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Quote(_Closed):
    """Words that the model says it read."""

    text: Annotated[str, Field(min_length=1, max_length=600)]
    """Copied from the record."""
    speaker: Annotated[str, Field(max_length=120)] | None = None
    """Who said them, in a transcript."""


class Tests(_Closed):
    """The five tests of the pending next step."""

    what: bool
    """A named event."""
    when: bool
    """A day for a diary."""
    why_then: bool
    """The date comes from an event."""
    agreed: bool
    """The buyer said yes to it or set it."""
    advances: bool
    """A yes or no can come out of it."""


class Answer(_Closed):
    """What a model says of one record."""

    label: Label
    """What the record shows."""
    reason: Reason
    """The deciding reason, one of the label's."""
    tests: Tests
    """The five tests."""
    quotes: Annotated[tuple[Quote, ...], Field(min_length=1, max_length=4)]
    """The deciding quote first."""
    question: Annotated[str, Field(max_length=400)]
    """What the supervisor asks the rep."""
    step: Annotated[str, Field(max_length=400)] | None = None
    """The step to get, for a vague callback."""
    confidence: Annotated[float, Field(ge=0, le=1)]
    """The model's own chance that it is right."""


def answer_schema() -> dict[str, Any]:
    """JSON schema in the strict dialect of OpenAI-compatible servers.

    Every key is required and no other allowed; bounds, which not all servers take, are left to the
    check on this side.
    """
    schema: dict[str, Any] = _strict(Answer.model_json_schema())
    return {
        "title": "answer",
        "description": "The audit's answer",
        **{k: v for k, v in schema.items() if k != "description"},
    }


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(n) for n in node]
    if not isinstance(node, dict):
        return node
    out = {k: _strict(v) for k, v in node.items() if k not in _LIMITS or isinstance(v, dict)}
    if isinstance(out.get("properties"), dict):
        out["required"] = list(out["properties"])
        out["additionalProperties"] = False
    return out


def parse_answer(text: str) -> Answer:
    """Reads an answer; a code fence round the JSON is forgiven, nothing else is.

    Raises:
        AnswerUnusable: with the defects in words that a model can mend by.
    """
    if len(text) > MAX_ANSWER_CHARS:
        raise AnswerUnusable([f"the answer is longer than {MAX_ANSWER_CHARS} characters"])
    try:
        found = json.loads(_without_fence(text))
    except (ValueError, RecursionError):
        raise AnswerUnusable(["the answer is not one JSON object"]) from None
    try:
        return Answer.model_validate(found)
    except ValidationError as exc:
        defects = [
            f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}"
            for e in exc.errors(include_input=False, include_url=False)
        ]
        raise AnswerUnusable(defects[:_SHOWN_DEFECTS]) from None


def _without_fence(text: str) -> str:
    """The text inside a code fence round the whole; any other text as it is."""
    bare = text.strip()
    if len(bare) < 6 or not (bare.startswith("```") and bare.endswith("```")):
        return text
    first, _, rest = bare[3:-3].partition("\n")
    return rest if first.strip() in ("", "json") else text
