"""Makes classifiers by name, as settings and the command line ask for them."""

from __future__ import annotations

from auditor.classify.protocol import Classifier
from auditor.domain.policy import Policy
from auditor.errors import ConfigurationError
from auditor.settings import Settings

NAMES = ("local", "rules", "llm", "cascade")
"""Classifiers that can be asked for."""


def make_classifier(name: str, settings: Settings) -> Classifier:
    """Makes a classifier.

    Raises:
        ConfigurationError: for a name that is unknown, or one that needs a language model.
    """
    if name == "local":
        from auditor.classify.local import LocalClassifier

        return LocalClassifier(threads=settings.threads)
    if name == "rules":
        from auditor.classify.rules import RulesClassifier

        return RulesClassifier()
    if name in ("llm", "cascade"):
        raise ConfigurationError(
            f"classifier {name!r} is not in this version; use 'local', which needs no key"
        )
    raise ConfigurationError(f"unknown classifier {name!r}; choose one of {', '.join(NAMES)}")


def make_policy(classifier: Classifier, settings: Settings) -> Policy:
    """The policy under which a classifier judges."""
    return Policy(
        classifier=classifier.name,
        review_below=settings.review_below,
        close_above=settings.close_above,
    )
