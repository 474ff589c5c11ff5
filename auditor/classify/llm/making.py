"""Makes the classifiers that ask a language model, from settings."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.resources import files

from auditor.classify.llm.asking import Asker
from auditor.classify.llm.breaker import CircuitBreaker
from auditor.classify.llm.classifier import CascadeClassifier, CascadePolicy, LLMClassifier
from auditor.classify.llm.client import ChatClient
from auditor.classify.llm.examples import ExampleCounts, Examples, JudgedSources
from auditor.classify.llm.metering import Meter, UseTally
from auditor.classify.llm.questions import AskOptions, Questions, with_parameters
from auditor.classify.llm.store import CallStore, Limits, Price
from auditor.classify.protocol import Classifier
from auditor.errors import ConfigurationError
from auditor.settings import Settings, default_llm_store
from prompts import PromptError

PUBLIC_PROVIDER = "openai"
"""The provider that can't be asked without a key, unless a base URL names another server."""


def make_llm(
    settings: Settings,
    *,
    base: Classifier | None,
    client: ChatClient | None = None,
    judged: JudgedSources | None = None,
) -> LLMClassifier:
    """The classifier that asks about every record.

    Args:
        settings: model, prompt, weight and limits.
        base: the local classifier that answers are combined with.
        client: asked in place of the set model, free of charge (the results of a batch).
        judged: where the examples in questions come from.

    Raises:
        ConfigurationError: where no model is set, or what asking needs is missing.
    """
    asker, tally = _asker(settings, client, make_questions(settings, base=base, judged=judged))
    return LLMClassifier(
        asker,
        tally=tally,
        base=base,
        concurrency=settings.llm_concurrency,
    )


def make_cascade(
    settings: Settings,
    *,
    base: Classifier,
    client: ChatClient | None = None,
    judged: JudgedSources | None = None,
) -> CascadeClassifier:
    """The classifier that asks about what the local one leaves undecided; see ``make_llm``.

    Raises:
        ConfigurationError: where no model is set, or what asking needs is missing.
    """
    asker, tally = _asker(settings, client, make_questions(settings, base=base, judged=judged))
    policy = CascadePolicy(
        ask_below=max(settings.llm_ask_below, settings.review_below),
        control_share=settings.llm_control_share,
    )
    return CascadeClassifier(
        asker,
        tally=tally,
        base=base,
        policy=policy,
        concurrency=settings.llm_concurrency,
    )


def make_questions(
    settings: Settings, *, base: Classifier | None = None, judged: JudgedSources | None = None
) -> Questions:
    """What puts records into words, by the settings.

    Args:
        settings: prompt, redaction, number of examples.
        base: the local classifier, whose embeddings tell which examples are like a record.
        judged: where examples come from; none go with a question without it.

    Raises:
        ConfigurationError: where the prompt's name is unknown.
    """
    counts = ExampleCounts(settings.llm_precedents, settings.llm_shipped_precedents)
    find = Examples(base, judged, counts) if base is not None and judged is not None else None
    try:
        return Questions(ask_options(settings), precedents=find)
    except PromptError as exc:
        raise ConfigurationError(f"llm_prompt: {exc}; mend AUDITOR_LLM_PROMPT") from exc


def ask_options(settings: Settings) -> AskOptions:
    """How records are put to the model."""
    options = AskOptions(
        prompt=settings.llm_prompt,
        redact_names=settings.llm_redact_names,
        max_record_chars=settings.llm_max_record_chars,
        max_answer_tokens=settings.llm_max_answer_tokens,
    )
    options = replace(options, examples=_examples(settings))
    return with_parameters(options, temperature=settings.llm_temperature)


def _examples(settings: Settings) -> str:
    """How many examples there may be, and which ones are shipped, for the fingerprint.

    A correction is not part of it: it would put every verdict ever given out of date.  The ids of
    those that went with a question stand in the verdict's provenance.
    """
    shipped = min(settings.llm_shipped_precedents, settings.llm_precedents)
    held = (files("auditor") / "models" / "precedents.jsonl").read_bytes() if shipped else b""
    digest = f" {hashlib.sha256(held).hexdigest()[:16]}" if shipped else ""
    return f"most={settings.llm_precedents} shipped={shipped}{digest}"


def price_of(settings: Settings, model: str) -> Price | None:
    """A model's price by the settings, with or without its provider's name; None where unknown."""
    for name in (model, model.partition(":")[2], settings.llm_model or ""):
        if name in settings.llm_prices:
            return Price(*settings.llm_prices[name])
    return None


def _asker(
    settings: Settings, given: ChatClient | None, questions: Questions
) -> tuple[Asker, UseTally]:
    tally = UseTally()
    if given is not None:
        meter = Meter(given, tally=tally, price=price_of(settings, given.model))
        return Asker(meter, questions, tally=tally, weight=settings.llm_weight), tally
    meter = make_meter(settings, make_client(settings), tally=tally)
    return Asker(meter, questions, tally=tally, weight=settings.llm_weight), tally


def make_meter(settings: Settings, client: ChatClient, *, tally: UseTally) -> Meter:
    """What books each call of a client in the ledger, within the day's limits.

    Args:
        settings: ledger, price and limits.
        client: what is asked; each of its calls goes through the meter.
        tally: where calls are counted.

    Raises:
        ConfigurationError: where the ledger can't be used.
    """
    return Meter(
        client,
        tally=tally,
        store=CallStore(
            settings.llm_store or default_llm_store(), cache_days=settings.llm_cache_days
        ),
        price=price_of(settings, client.model),
        limits=Limits(settings.llm_daily_budget, settings.llm_daily_tokens),
        breaker=CircuitBreaker(),
    )


def check_model_is_set(settings: Settings) -> str:
    """The model's name.

    Raises:
        ConfigurationError: where none is set.
    """
    if not settings.llm_model:
        raise ConfigurationError(
            "no language model is set; set AUDITOR_LLM_MODEL, such as openai:gpt-4.1-mini, for the "
            "classifiers 'llm' and 'cascade', or use 'local', which needs none"
        )
    return settings.llm_model


def make_client(settings: Settings) -> ChatClient:
    """The chat client.

    Raises:
        ConfigurationError: where the model, its key or its packages are missing.
    """
    model = check_model_is_set(settings)
    try:
        from auditor.classify.llm.chat_model import ChatOptions, LangChainClient
    except ImportError as exc:
        raise ConfigurationError(
            f"asking a language model needs packages that are not installed ({exc.name}); run "
            'pip install "call-notes-auditor[llm]", or pip install ".[llm]" in the source folder'
        ) from exc
    key = settings.llm_api_key
    options = ChatOptions(
        model=model,
        base_url=settings.llm_base_url,
        api_key=key.get_secret_value() if key else None,
        temperature=settings.llm_temperature,
        timeout_seconds=settings.llm_timeout,
        retries=settings.llm_retries,
        max_answer_tokens=settings.llm_max_answer_tokens,
    )
    if options.provider_and_name[0] == PUBLIC_PROVIDER and not (key or settings.llm_base_url):
        raise ConfigurationError(
            "the language model's key is not set; set AUDITOR_LLM_API_KEY (or OPENAI_API_KEY), or "
            "AUDITOR_LLM_BASE_URL where a server of your own needs none"
        )
    try:
        return LangChainClient(options)
    except (ImportError, ValueError) as exc:
        raise ConfigurationError(
            f"llm_model {model!r} can't be asked ({type(exc).__name__}); write it as "
            "provider:name, such as openai:gpt-4.1-mini, and install langchain's package for the "
            "provider"
        ) from exc
