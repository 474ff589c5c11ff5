"""What can go wrong between a question and a usable answer."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from auditor.errors import LLMError

if TYPE_CHECKING:
    from auditor.classify.llm.client import Usage


class Failure(StrEnum):
    """Kinds of failure, as they are counted and told."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REJECTED = "rejected"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    GARBLED = "garbled"
    BUDGET = "budget"
    LEDGER = "ledger"
    RESTING = "resting"
    NOT_IN_BATCH = "not_in_batch"


OF_THE_SERVER = frozenset(
    {
        Failure.TIMEOUT,
        Failure.UNREACHABLE,
        Failure.RATE_LIMITED,
        Failure.SERVER_ERROR,
        Failure.REJECTED,
        Failure.TOO_LARGE,
        Failure.GARBLED,
    }
)
"""Failures that say something of the server, not of the one record; the breaker counts these."""


class CallFailed(LLMError):
    """A call that gave no answer; the local opinion stands."""

    def __init__(
        self,
        kind: Failure,
        told: str,
        *,
        retry_after: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        """Keeps the kind apart from the words.

        Args:
            kind: what failed.
            told: in plain words, without the key and without text of a record.
            retry_after: seconds that the server asked to be left alone, where it did.
            usage: tokens that the server counted all the same, where it did.
        """
        super().__init__(told)
        self.kind, self.retry_after, self.usage = kind, retry_after, usage


class AnswerUnusable(LLMError):
    """An answer that can't be believed; ``defects`` lists why, in words for the model."""

    def __init__(self, defects: list[str], told: list[str] | None = None) -> None:
        """Keeps the defects for the repair round.

        Args:
            defects: with the words at fault, for the model.
            told: the same without the model's words, for people; the defects where None.
        """
        super().__init__("; ".join(defects if told is None else told))
        self.defects = defects
