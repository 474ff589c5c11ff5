"""What a chat client is: messages in, one reply out, or ``CallFailed``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from auditor.classify.llm.answer import answer_schema
from prompts import Message


@dataclass(frozen=True)
class Usage:
    """Tokens of one call."""

    prompt_tokens: int = 0
    """Read by the model."""
    answer_tokens: int = 0
    """Written by it, with hidden reasoning where the server counts it."""


@dataclass(frozen=True)
class Reply:
    """What came back; characters that UTF-8 can't hold are replaced."""

    text: str
    """The answer as it was written."""
    model: str
    """The model as the server names it."""
    usage: Usage = Usage()
    """Tokens, 0 where the server does not tell."""
    call: int | None = None
    """The call's number in the ledger; None where none was made for it."""
    repaired: bool = False
    """Whether it is kept as the answer of a second try."""

    def __post_init__(self) -> None:
        for name in ("text", "model"):
            plain = getattr(self, name).encode("utf-8", "replace").decode("utf-8")
            object.__setattr__(self, name, plain)


class ChatClient(Protocol):
    """Anything that answers messages."""

    @property
    def model(self) -> str:
        """The model's id, as stored on verdicts."""

    def complete(self, messages: Sequence[Message]) -> Reply:
        """Asks once.

        Raises:
            CallFailed: where there is no answer to read.
        """


def request_key(messages: Sequence[Message]) -> str:
    """Content hash of a question: messages and the schema of the answer."""
    content = json.dumps([[m.role, m.content] for m in messages], ensure_ascii=False)
    schema = json.dumps(answer_schema(), sort_keys=True)
    return hashlib.sha256(f"{content}\n{schema}".encode()).hexdigest()
