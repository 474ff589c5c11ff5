"""A chat client over langchain and openai; imported only where a model is asked.

The openai client retries by itself: lost connections, 429 with the server's Retry-After, and 5xx
with growing pauses.  What it does not bound is bounded here: the size of an answer and the time
that a server may take to drip it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import openai
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langsmith import tracing_context

from auditor.classify.llm.answer import answer_schema
from auditor.classify.llm.client import Reply, Usage
from auditor.classify.llm.failures import CallFailed, Failure
from prompts import Message

MAX_BYTES = 2_000_000
"""Largest body that is read from a server."""
_MESSAGE_OF: dict[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}
_CODED_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(frozen=True)
class ChatOptions:
    """How a model is asked."""

    model: str
    """``provider:name``; the provider is ``openai`` where none is given or a base URL is."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server."""
    api_key: str | None = None
    """Key; servers that need none get a placeholder."""
    temperature: float = 0.0
    """Of sampling."""
    timeout_seconds: float = 60.0
    """For one attempt, from sending to the last byte."""
    retries: int = 3
    """Further attempts of the client's own."""
    max_answer_tokens: int = 2_000
    """Most tokens that an answer may have."""

    @property
    def provider_and_name(self) -> tuple[str, str]:
        """The provider as langchain names it, and the model's own name."""
        provider, mark, name = self.model.partition(":")
        if not mark or (self.base_url and provider != "openai"):
            return "openai", self.model
        return provider, name


class AnswerTooLarge(openai.OpenAIError):
    """A body over ``MAX_BYTES``; not worth a retry."""


class BoundedClient(openai.DefaultHttpxClient):
    """The openai client's own HTTP client with a bound on size and time of a body."""

    def __init__(self, *, max_bytes: int, seconds: float, clock: Callable[[], float]) -> None:
        """Sets the bounds; redirects are not followed, so that no text goes elsewhere."""
        super().__init__(timeout=seconds, follow_redirects=False)
        self._max_bytes, self._seconds, self._clock = max_bytes, seconds, clock

    def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
        """Sends a request and reads its body within the bounds."""
        started = self._clock()
        response = super().send(request, stream=True, **options)
        if stream:
            return response
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._max_bytes:
                    raise AnswerTooLarge(f"the body is over {self._max_bytes:,} bytes")
                if self._clock() - started > self._seconds:
                    raise openai.APITimeoutError(request)
        finally:
            response.close()
        headers = [(k, v) for k, v in response.headers.items() if k.lower() not in _CODED_HEADERS]
        return type(response)(
            response.status_code, headers=headers, content=bytes(body), request=request
        )


class LangChainClient:
    """Asks a model through langchain, with the answer bound to the JSON schema."""

    def __init__(
        self, options: ChatOptions, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Makes the client; nothing is sent yet.

        Raises:
            ImportError: where the provider's langchain package is not installed.
            ValueError: where langchain does not know the provider.
        """
        provider, name = options.provider_and_name
        given: dict[str, Any] = {
            "temperature": options.temperature,
            "timeout": options.timeout_seconds,
            "max_retries": options.retries,
            "max_tokens": options.max_answer_tokens,
        }
        if options.api_key or provider == "openai":
            given["api_key"] = options.api_key or "not-needed"
        if provider == "openai":
            given |= {"base_url": options.base_url, "use_responses_api": False}
            given["http_client"] = BoundedClient(
                max_bytes=MAX_BYTES, seconds=options.timeout_seconds, clock=clock
            )
        self._model = f"{provider}:{name}"
        asked = init_chat_model(name, model_provider=provider, **given)
        strict = {"strict": True} if provider == "openai" else {}
        self._chain = asked.with_structured_output(
            answer_schema(), method="json_schema", include_raw=True, **strict
        )

    @property
    def model(self) -> str:
        """Provider and name."""
        return self._model

    def complete(self, messages: Sequence[Message]) -> Reply:
        """Asks once; see the protocol."""
        asked = [_MESSAGE_OF[m.role](content=m.content) for m in messages]
        try:
            # a user's tracing variables must not send records to a third party
            with tracing_context(enabled=False):
                found: Any = self._chain.invoke(asked)
        except openai.OpenAIError as exc:
            raise failure_of(exc) from exc
        except Exception as exc:  # other providers' own errors, and bodies that are no completion
            raise CallFailed(
                Failure.GARBLED, f"the server's answer can't be read ({type(exc).__name__})"
            ) from exc
        return _read(found["raw"], self._model)


def _read(raw: Any, model: str) -> Reply:
    """The reply in a raw message.

    Raises:
        CallFailed: where the model refused, was cut off, or said nothing.
    """
    told = getattr(raw, "response_metadata", None) or {}
    used = getattr(raw, "usage_metadata", None) or {}
    usage = Usage(int(used.get("input_tokens", 0)), int(used.get("output_tokens", 0)))
    finish = str(told.get("finish_reason") or "")
    if (getattr(raw, "additional_kwargs", None) or {}).get("refusal") or finish == "content_filter":
        raise CallFailed(Failure.REFUSED, "the model refused to answer", usage=usage)
    if finish == "length":
        problem = "the answer was cut off at its token limit"
        raise CallFailed(Failure.TRUNCATED, problem, usage=usage)
    text = str(getattr(raw, "text", "") or "")
    if not text.strip():
        raise CallFailed(Failure.GARBLED, "the model's answer is empty", usage=usage)
    return Reply(text, str(told.get("model_name") or model), usage)


_KINDS: tuple[tuple[type[Exception], Failure, str], ...] = (
    (AnswerTooLarge, Failure.TOO_LARGE, "the server's answer is too large to be one"),
    (openai.APITimeoutError, Failure.TIMEOUT, "the model did not answer in time"),
    (openai.APIConnectionError, Failure.UNREACHABLE, "the model's server can't be reached"),
    (openai.RateLimitError, Failure.RATE_LIMITED, "the model's server is over its rate limit"),
    (openai.InternalServerError, Failure.SERVER_ERROR, "the model's server has failed"),
    (openai.AuthenticationError, Failure.REJECTED, "the server refuses the key"),
    (openai.LengthFinishReasonError, Failure.TRUNCATED, "the answer was cut off at its limit"),
    (openai.ContentFilterFinishReasonError, Failure.REFUSED, "the model refused to answer"),
    (openai.APIResponseValidationError, Failure.GARBLED, "the server's answer can't be read"),
    (openai.APIStatusError, Failure.REJECTED, "the server rejects the request"),
)


def failure_of(exc: Exception) -> CallFailed:
    """An error of the openai client as ``CallFailed``, told without key or text."""
    for kind, failure, told in _KINDS:
        if isinstance(exc, kind):
            status = getattr(exc, "status_code", None)
            words = f"{told} (status {status})" if status else told
            return CallFailed(failure, words, retry_after=_retry_after(exc), usage=_counted(exc))
    return CallFailed(Failure.GARBLED, f"the call failed ({type(exc).__name__})")


def _counted(exc: Exception) -> Usage | None:
    """Tokens of an answer that was cut off, which the openai client raises with its completion."""
    used = getattr(getattr(exc, "completion", None), "usage", None)
    return Usage(used.prompt_tokens, used.completion_tokens) if used is not None else None


def _retry_after(exc: Exception) -> float | None:
    response = getattr(exc, "response", None)
    given = response.headers.get("retry-after") if response is not None else None
    try:
        return max(0.0, float(given)) if given else None
    except ValueError:
        return None
