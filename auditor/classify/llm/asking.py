"""One record's question: rendered, sent, read and verified, and put once more where it failed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from auditor.classify.llm.answer import Answer, Quote, parse_answer
from auditor.classify.llm.client import Reply, request_key
from auditor.classify.llm.failures import AnswerUnusable, CallFailed
from auditor.classify.llm.metering import Meter, UseTally
from auditor.classify.llm.questions import Questions
from auditor.classify.llm.verification import Verified, verify
from auditor.classify.protocol import ClauseAct
from auditor.classify.redaction import Redactor
from auditor.domain.provenance import Asked
from auditor.reading.prepared import PreparedRecord
from prompts import Message
from prompts.fence import restore_marks


@dataclass(frozen=True)
class Heard:
    """What came of asking about one record."""

    asked: Asked
    """What was asked, with why there is no answer where there is none."""
    verified: Verified | None = None
    """The answer that can be believed, if any."""


@dataclass
class _Round:
    """One record being asked about."""

    prepared: PreparedRecord
    redactor: Redactor
    clauses: Sequence[ClauseAct]
    calls: list[int]


class Asker:
    """Puts records to a model and gives back what can be believed."""

    def __init__(
        self, meter: Meter, questions: Questions, *, tally: UseTally, weight: float = 0.7
    ) -> None:
        """Puts the parts together.

        Args:
            meter: stands before the server.
            questions: puts records into words.
            tally: counts what is asked; the meter's own.
            weight: of answers against local opinions, 0 to 1; noted with each.
        """
        self._meter, self._questions, self._tally = meter, questions, tally
        self._weight = weight

    @property
    def fingerprint(self) -> str:
        """Of prompts, parameters and weight."""
        return f"{self._questions.fingerprint} weight={self._weight:g}"

    @property
    def model(self) -> str:
        """The model asked."""
        return self._meter.model

    def ask(self, prepared: PreparedRecord, clauses: Sequence[ClauseAct] = ()) -> Heard:
        """Asks of one record; whatever fails is told in what is given back.

        Args:
            prepared: the record.
            clauses: the local model's, for words that address the auditor.
        """
        redactor = self._questions.redactor(prepared)
        examples = self._questions.examples(prepared)
        messages = self._questions.first(prepared, redactor, examples)
        asked = self._asked(messages, tuple(e.id for e in examples))
        way = _Round(prepared, redactor, clauses, [])
        try:
            reply, found = self._believed(way, messages)
        except CallFailed as exc:
            return self._failed(asked, way, f"the language model was not heard: {exc}")
        except AnswerUnusable as exc:
            told = f"the language model's answer was refused: {exc}"
            return self._failed(asked, way, told)
        self._meter.keep(answer_key(asked), reply)
        return heard(with_calls(asked, way.calls), reply, found)

    def _asked(self, messages: Sequence[Message], examples: tuple[str, ...]) -> Asked:
        options, prompt = self._questions.options, self._questions.prompt
        return Asked(
            prompt=prompt.name,
            prompt_sha256=prompt.sha256,
            model=self.model,
            parameters=options.parameters,
            redact_names=options.redact_names,
            max_record_chars=options.max_record_chars,
            weight=self._weight,
            question_sha256=f"sha256:{request_key(messages)}",
            precedents=examples,
        )

    def _failed(self, asked: Asked, way: _Round, told: str) -> Heard:
        self._tally.add("fell_back")
        return Heard(with_calls(asked, way.calls).model_copy(update={"failure": told}))

    def _believed(self, way: _Round, messages: Sequence[Message]) -> tuple[Reply, Verified]:
        """The reply that can be believed, after a repair round where the first one can't.

        Raises:
            CallFailed: where there is no answer.
            AnswerUnusable: where the answer still has defects after the repair round.
        """
        reply = self._reply(way, messages)
        try:
            return reply, read_reply(way.prepared, reply, way.redactor, way.clauses)
        except AnswerUnusable as exc:
            self._tally.add("repair_rounds")
            again = self._questions.again(messages, reply.text, exc.defects, way.redactor)
            second = replace(self._repair(way, again, exc), repaired=True)
            return second, read_reply(way.prepared, second, way.redactor, way.clauses)

    def _repair(self, way: _Round, messages: Sequence[Message], problem: AnswerUnusable) -> Reply:
        """The second answer; where none can be had the first one's defects are what is told."""
        try:
            return self._reply(way, messages)
        except CallFailed as exc:
            raise problem from exc

    def _reply(self, way: _Round, messages: Sequence[Message]) -> Reply:
        key = _key(self.model, self._questions.options.parameters, request_key(messages))
        kept = self._meter.recall(key)
        if kept is not None:
            self._tally.add("from_cache")
            return kept
        most = self._questions.options.max_answer_tokens
        reply = self._meter.complete(messages, most_answer=most)
        way.calls += [reply.call] if reply.call is not None else []
        return reply


def heard(asked: Asked, reply: Reply, found: Verified) -> Heard:
    """What was heard, with where it came from."""
    answer = found.answer
    told = {
        "answer_sha256": hash_of_answer(reply),
        "label": answer.label,
        "served_by": reply.model,
        "repaired": reply.repaired,
        "question": answer.question or None,
        "step": answer.step or None,
    }
    return Heard(asked.model_copy(update=told), found)


def with_calls(asked: Asked, calls: Sequence[int]) -> Asked:
    """The same with the calls' numbers."""
    return asked.model_copy(update={"calls": tuple(calls)})


def hash_of_answer(reply: Reply) -> str:
    """Hash of an answer as it was written, tagged with its algorithm."""
    return "sha256:" + hashlib.sha256(reply.text.encode()).hexdigest()


def answer_key(asked: Asked) -> str:
    """Where the answer to a question is kept."""
    return _key(asked.model, asked.parameters, asked.question_sha256.removeprefix("sha256:"))


def _key(model: str, parameters: str, question: str) -> str:
    content = f"{model}\n{parameters}\n{question}"
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def read_reply(
    prepared: PreparedRecord,
    reply: Reply,
    redactor: Redactor,
    clauses: Sequence[ClauseAct] = (),
) -> Verified:
    """An answer held to the record, personal data put back.

    Raises:
        AnswerUnusable: where it can't be believed.
    """
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
