"""One record's question: rendered, sent, read and verified, and put once more where it failed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.classify.llm.answer import Answer, Quote, parse_answer
from auditor.classify.llm.client import Reply, request_key
from auditor.classify.llm.failures import AnswerUnusable, CallFailed
from auditor.classify.llm.metering import Meter, UseTally
from auditor.classify.llm.questions import Questions
from auditor.classify.llm.verification import Verified, verify
from auditor.classify.protocol import ClauseAct
from auditor.classify.redaction import Redactor
from auditor.reading.prepared import PreparedRecord
from prompts import Message
from prompts.fence import restore_marks


@dataclass(frozen=True)
class Asked:
    """A verified answer with where it came from."""

    verified: Verified
    """The answer and its quotes' places."""
    model: str
    """The model as the server names it."""
    raw_sha256: str
    """Hash of the answer as it was written, tagged with its algorithm."""
    repaired: bool = False
    """True where the first answer had defects."""


class Asker:
    """Puts records to a model and gives back what can be believed."""

    def __init__(self, meter: Meter, questions: Questions, *, tally: UseTally) -> None:
        """Puts the parts together; the tally is the meter's own."""
        self._meter, self._questions, self._tally = meter, questions, tally

    @property
    def fingerprint(self) -> str:
        """Of prompts and parameters."""
        return self._questions.fingerprint

    @property
    def model(self) -> str:
        """The model asked."""
        return self._meter.model

    def ask(self, prepared: PreparedRecord, clauses: Sequence[ClauseAct] = ()) -> Asked:
        """Asks of one record.

        Args:
            prepared: the record.
            clauses: the local model's, for words that address the auditor.

        Raises:
            CallFailed: where there is no answer.
            AnswerUnusable: where the answer still has defects after the repair round.
        """
        redactor = self._questions.redactor(prepared)
        asked = self._questions.first(prepared, redactor)
        reply = self._reply(asked)
        repaired = False
        try:
            found = _read(prepared, reply, redactor, clauses)
        except AnswerUnusable as exc:
            self._tally.add("repair_rounds")
            again = self._questions.again(asked, reply.text, exc.defects, redactor)
            reply = self._repair(again, exc)
            found = _read(prepared, reply, redactor, clauses)
            repaired = True
        self._meter.keep(self._key(asked), reply)
        digest = "sha256:" + hashlib.sha256(reply.text.encode()).hexdigest()
        return Asked(found, reply.model, digest, repaired)

    def _repair(self, messages: Sequence[Message], problem: AnswerUnusable) -> Reply:
        """The second answer; where none can be had the first one's defects are what is told."""
        try:
            return self._reply(messages)
        except CallFailed as exc:
            raise problem from exc

    def _key(self, messages: Sequence[Message]) -> str:
        content = f"{self.model}\n{self._questions.options.parameters}\n{request_key(messages)}"
        return "sha256:" + hashlib.sha256(content.encode()).hexdigest()

    def _reply(self, messages: Sequence[Message]) -> Reply:
        kept = self._meter.recall(self._key(messages))
        if kept is not None:
            self._tally.add("from_cache")
            return kept
        return self._meter.complete(messages, most_answer=self._questions.options.max_answer_tokens)


def _read(
    prepared: PreparedRecord, reply: Reply, redactor: Redactor, clauses: Sequence[ClauseAct]
) -> Verified:
    return verify(prepared, restore_answer(parse_answer(reply.text), redactor), clauses)


def restore_answer(answer: Answer, redactor: Redactor) -> Answer:
    """The answer with the original words put back wherever placeholders stand."""

    def put_back(text: str) -> str:
        return redactor.restore(restore_marks(text))

    quotes = tuple(
        Quote.model_construct(
            text=put_back(q.text), speaker=put_back(q.speaker) if q.speaker else None
        )
        for q in answer.quotes
    )
    step = put_back(answer.step) if answer.step else None
    return answer.model_copy(
        update={"quotes": quotes, "question": put_back(answer.question), "step": step}
    )
