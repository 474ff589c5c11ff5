"""Makes classifiers by name, as settings and the command line ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.classify.protocol import Classifier
from auditor.domain.policy import Policy
from auditor.errors import ConfigurationError
from auditor.settings import Settings

if TYPE_CHECKING:
    from auditor.classify.llm.classifier import LLMClassifier
    from auditor.classify.llm.client import ChatClient
    from auditor.classify.llm.examples import JudgedSources

NAMES = ("local", "rules", "llm", "cascade")
"""Classifiers that can be asked for."""


def make_classifier(
    name: str, settings: Settings, *, judged: JudgedSources | None = None
) -> Classifier:
    """Makes a classifier.

    Args:
        name: one of ``NAMES``.
        settings: model, key, weight and so on.
        judged: judged records; corrections shift the local model and, like shipped ones, serve as
            examples in a language model's questions.

    Raises:
        ConfigurationError: for a name that is unknown, or one that asks a language model where none
            is set up.
    """
    if name == "local":
        from auditor.classify.local import LocalClassifier

        local = LocalClassifier(threads=settings.threads)
        if judged is None:
            return local
        from auditor.classify.corrected import CorrectedClassifier

        return CorrectedClassifier(local, judged.corrections)
    if name == "rules":
        from auditor.classify.rules import RulesClassifier

        return RulesClassifier()
    if name in ("llm", "cascade"):
        return _asking(name, settings, judged=judged)
    raise ConfigurationError(f"unknown classifier {name!r}; choose one of {', '.join(NAMES)}")


def make_from_batch(
    name: str,
    settings: Settings,
    results: Path | None,
    *,
    judged: JudgedSources | None = None,
) -> LLMClassifier:
    """A classifier whose language model has answered already, in a batch's results.

    Args:
        name: ``llm`` or ``cascade``.
        settings: with the prompt that the batch was made with.
        results: the batch's output file; None before there are any, to choose what to ask.
        judged: as the batch was made with.

    Raises:
        ConfigurationError: for another classifier.
        InputError: where the file is no such output.
    """
    if name not in ("llm", "cascade"):
        raise ConfigurationError(
            f"classifier {name!r} asks no language model; batch results go with 'llm' or 'cascade'"
        )
    from auditor.classify.llm.batch import BatchResults, NoResults

    client = BatchResults(results) if results else NoResults()
    return _asking(name, settings, client, judged=judged)


def _asking(
    name: str,
    settings: Settings,
    client: ChatClient | None = None,
    *,
    judged: JudgedSources | None = None,
) -> LLMClassifier:
    """A classifier that asks a language model, over the local one."""
    from auditor.classify.llm.making import check_model_is_set, make_cascade, make_llm

    if client is None:
        check_model_is_set(settings)
    base = make_classifier("local", settings, judged=judged)
    make = make_llm if name == "llm" else make_cascade
    return make(settings, base=base, client=client, judged=judged)


def make_policy(classifier: Classifier, settings: Settings) -> Policy:
    """The policy under which a classifier judges."""
    return Policy(
        classifier=classifier.name,
        prompts=str(getattr(classifier, "prompts", "none")),
        review_below=settings.review_below,
        close_above=settings.close_above,
        day_first=settings.day_first,
    )
