"""Prompts as versioned files, with the loader and the fence round audited text.

A released file never changes: a better wording is a new version, and verdicts store which one they
were made with.
"""

from prompts.fence import CLOSE, OPEN, fenced, neutralise
from prompts.loading import (
    Message,
    Prompt,
    PromptError,
    fingerprint_of_all,
    load_prompt,
    prompt_names,
)

__all__ = [
    "Message",
    "Prompt",
    "PromptError",
    "load_prompt",
    "prompt_names",
    "fingerprint_of_all",
    "OPEN",
    "CLOSE",
    "fenced",
    "neutralise",
]
