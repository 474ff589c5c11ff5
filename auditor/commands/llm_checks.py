"""What ``auditor doctor`` looks at where a language model is set."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from auditor.classify.llm.client import ChatClient
from auditor.classify.llm.failures import CallFailed, Failure
from auditor.classify.llm.making import make_client, make_meter, make_questions, price_of
from auditor.classify.llm.metering import UseTally
from auditor.classify.llm.store import CallStore, Spent
from auditor.errors import AuditorError, ConfigurationError
from auditor.settings import Settings, default_llm_store
from prompts import Message

_CONNECT_SECONDS = 5.0
_LOOKS_BACK = timedelta(days=7)
_PORTS = {"http": 80, "https": 443}
_ANSWERED = frozenset({Failure.TRUNCATED, Failure.REFUSED})
_NOT_ASKED = frozenset({Failure.BUDGET, Failure.LEDGER})
_DEFAULT_SERVER = "https://api.openai.com/v1"


def check_language_model(settings: Settings, *, ping: bool) -> Iterator[tuple[str, str, str]]:
    """Looks at model, key, server, price, prompt and ledger.

    Args:
        settings: with a model set.
        ping: also ask the model for one word.

    Yields:
        What was looked at; ``ok``, ``note`` or ``broken``; what was seen, with the mend.
    """
    try:
        client = make_client(settings)
    except AuditorError as exc:
        yield "language model", "broken", str(exc)
        return
    key = "key set" if settings.llm_api_key else "no key, as a server of your own needs none"
    yield "language model", "ok", f"{client.model}, {key}"
    yield from _server(settings, client)
    yield _price(settings, client)
    try:
        made = make_questions(settings)
        yield "prompt", "ok", f"{made.prompt.name}, {made.prompt.sha256[:23]}"
    except AuditorError as exc:
        yield "prompt", "broken", str(exc)
    if ping:
        yield from _ping(settings)
    yield from _ledger(settings)


def _server(settings: Settings, client: ChatClient) -> Iterator[tuple[str, str, str]]:
    """Whether the server takes connections; nothing is sent."""
    if not client.model.startswith("openai:"):
        return  # another provider's address is its package's own
    address = settings.llm_base_url or _DEFAULT_SERVER
    parts = urlsplit(address)
    port = parts.port or _PORTS.get(parts.scheme)
    if not parts.hostname or port is None:
        told = f"{address!r} is no address; write AUDITOR_LLM_BASE_URL as https://HOST/v1"
        yield "model server", "broken", told
        return
    place = f"{parts.hostname}:{port}"
    try:
        socket.create_connection((parts.hostname, port), _CONNECT_SECONDS).close()
    except OSError as exc:
        told = f"{place} takes no connection ({exc}); start it, or mend AUDITOR_LLM_BASE_URL"
        yield "model server", "broken", told
        return
    yield "model server", "ok", f"{place} takes connections"


def _price(settings: Settings, client: ChatClient) -> tuple[str, str, str]:
    price = price_of(settings, client.model)
    if price is None:
        told = (
            f"unknown for {client.model}: only AUDITOR_LLM_DAILY_TOKENS "
            f"({settings.llm_daily_tokens:,}) limits it; set AUDITOR_LLM_PRICES"
        )
        return "model price", "note", told
    told = f"${price.prompt_usd:g} and ${price.answer_usd:g} a million tokens read and written"
    return "model price", "ok", f"{told}, at most ${settings.llm_daily_budget:.2f} a day"


def _ledger(settings: Settings) -> Iterator[tuple[str, str, str]]:
    path = settings.llm_store or default_llm_store()
    try:
        store = CallStore(path, cache_days=settings.llm_cache_days)
        spent, today = store.spent_today(), datetime.now(UTC).date()
        over = store.exhausted(today - _LOOKS_BACK, today + timedelta(days=1))
    except AuditorError as exc:
        yield "ledger of calls", "broken", str(exc)
        return
    yield "ledger of calls", "ok", f"{path}: {_spent(spent, settings)}"
    if over:
        days = ", ".join(f"{o.day} ({o.times:,} times, {o.limited_by})" for o in over)
        told = f"kept questions from being asked on {days}; raise AUDITOR_LLM_DAILY_BUDGET or"
        yield "limits of a day", "note", f"{told} AUDITOR_LLM_DAILY_TOKENS if that is too often"


def _spent(spent: Spent, settings: Settings) -> str:
    return (
        f"{spent.calls:,} calls today, ${spent.cost_usd:.4f} of ${settings.llm_daily_budget:.2f}, "
        f"{spent.tokens:,} of {settings.llm_daily_tokens:,} tokens"
    )


def _ping(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Asks for one token, with no retries; an answer cut off after it is all that is wanted.

    The call is booked as any other is; without a ledger nothing is asked, and its own check says
    why.
    """
    once = settings.model_copy(update={"llm_max_answer_tokens": 1, "llm_retries": 0})
    try:
        meter = make_meter(once, make_client(once), tally=UseTally())
    except ConfigurationError:
        yield "model's answer", "note", "not asked: the ledger of calls can't be used"
        return
    try:
        meter.complete([Message("user", "Say ok.")], most_answer=1)
    except CallFailed as exc:
        if exc.kind in _NOT_ASKED:
            yield "model's answer", "note", f"not asked: {exc}"
            return
        if exc.kind not in _ANSWERED:
            yield "model's answer", "broken", f"{exc}; check model, key and server"
            return
    yield "model's answer", "ok", f"{meter.model} answers"
