"""OpenAI Batch API files: questions out as requests, answers in as a client that is free to ask.

A request's ``custom_id`` ends in the hash of its question, so an answer is found by what was asked:
another record, prompt or schema finds none.  Any model can answer such a file offline.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.classify.llm.answer import answer_schema
from auditor.classify.llm.client import Reply, Usage, request_key
from auditor.classify.llm.failures import CallFailed, Failure
from auditor.classify.llm.making import check_model_is_set
from auditor.classify.llm.questions import Questions
from auditor.errors import InputError
from auditor.reading.prepared import PreparedRecord
from auditor.settings import Settings
from prompts import Message

_ID_CHARS, _KEY_CHARS = 40, 20
_OK = 200


@dataclass(frozen=True)
class BatchOptions:
    """What each request asks for."""

    model: str
    """The model's name as the server knows it."""
    temperature: float = 0.0
    """Of sampling."""
    max_answer_tokens: int = 2_000
    """Most tokens of an answer."""

    @classmethod
    def of(cls, settings: Settings) -> BatchOptions:
        """The options by the settings.

        Raises:
            ConfigurationError: where no model is set.
        """
        return cls(
            model=check_model_is_set(settings).removeprefix("openai:"),
            temperature=settings.llm_temperature,
            max_answer_tokens=settings.llm_max_answer_tokens,
        )


def request_lines(
    records: Iterable[PreparedRecord],
    questions: Questions,
    options: BatchOptions,
    *,
    named: bool = False,
) -> Iterator[str]:
    """A request for each different question, as lines of the file.

    Args:
        records: what is asked about.
        questions: puts records into words.
        options: model and parameters.
        named: whether ids of records go into the requests; a CRM's or a file's may be personal.
    """
    seen: set[str] = set()
    for prepared in records:
        messages = questions.first(prepared)
        key = request_key(messages)[:_KEY_CHARS]
        if key not in seen:
            seen.add(key)
            name = prepared.record.activity.id[:_ID_CHARS] if named else str(len(seen))
            yield json.dumps(_request(f"{name}.{key}", messages, options), ensure_ascii=False)


def _request(known: str, messages: Sequence[Message], options: BatchOptions) -> dict[str, Any]:
    schema = answer_schema()
    name = schema.pop("title")
    return {
        "custom_id": known,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": options.model,
            "messages": [m._asdict() for m in messages],
            "temperature": options.temperature,
            "max_completion_tokens": options.max_answer_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": name, "strict": True, "schema": schema},
            },
        },
    }


class NoResults:
    """Stands for the model before a batch is answered; it is never asked."""

    model = "batch"

    def complete(self, messages: Sequence[Message]) -> Reply:
        """Has no answer; see the protocol."""
        raise CallFailed(Failure.NOT_IN_BATCH, "the batch has no results yet")


class BatchResults:
    """The answers of a batch, behind the client's protocol."""

    def __init__(self, path: Path) -> None:
        """Reads the results.

        Raises:
            InputError: where the file can't be read, or a line is no result.
        """
        self._path = path
        self._found: dict[str, Mapping[str, Any]] = {}
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise InputError(f"{str(path)!r} can't be read ({exc}); check the path") from exc
        for number, line in enumerate(lines, start=1):
            if line.strip():
                self._take(line, number)
        if not self._found:
            raise InputError(f"{str(path)!r} holds no results; give the batch's output file")

    def _take(self, line: str, number: int) -> None:
        try:
            entry = json.loads(line)
            key = str(entry["custom_id"]).rpartition(".")[2]
        except (ValueError, KeyError, TypeError) as exc:
            raise InputError(
                f"{self._path}:{number}: no result of a batch ({exc!r}); give the output file"
            ) from exc
        self._found[key] = entry

    @property
    def model(self) -> str:
        """The model that answered, as the first result names it."""
        for entry in self._found.values():
            model = _body(entry).get("model")
            if model:
                return str(model)
        return "unknown"

    def holds(self, messages: Sequence[Message]) -> bool:
        """Whether there is a result for a question."""
        return request_key(messages)[:_KEY_CHARS] in self._found

    def complete(self, messages: Sequence[Message]) -> Reply:
        """The answer to a question; see the protocol."""
        entry = self._found.get(request_key(messages)[:_KEY_CHARS])
        if entry is None:
            raise CallFailed(Failure.NOT_IN_BATCH, "the batch's results hold no answer to this")
        status = (entry.get("response") or {}).get("status_code", _OK)
        if entry.get("error") or status != _OK:
            raise CallFailed(Failure.SERVER_ERROR, f"the batch failed here (status {status})")
        return _reply(_body(entry), self.model)


def _body(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    body = (entry.get("response") or {}).get("body")
    return body if isinstance(body, dict) else {}


def _reply(body: Mapping[str, Any], model: str) -> Reply:
    """The reply in a completion.

    Raises:
        CallFailed: where the model refused, was cut off, or said nothing.
    """
    try:
        choice = body["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        used = body.get("usage") or {}
        usage = Usage(int(used.get("prompt_tokens") or 0), int(used.get("completion_tokens") or 0))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
        raise CallFailed(Failure.GARBLED, "the batch's result is no completion") from exc
    if message.get("refusal") or choice.get("finish_reason") == "content_filter":
        raise CallFailed(Failure.REFUSED, "the model refused to answer")
    if choice.get("finish_reason") == "length":
        raise CallFailed(Failure.TRUNCATED, "the answer was cut off at its token limit")
    if not isinstance(text, str) or not text.strip():
        raise CallFailed(Failure.GARBLED, "the model's answer is empty")
    return Reply(text, str(body.get("model") or model), usage)
