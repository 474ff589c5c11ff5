"""Loads prompts: front matter, a system part and a user part, rendered in a sandbox.

A file is named ``<task>.v<N>.md.j2`` and reads::

    ---
    task: classify
    version: 1
    inputs: record, precedents
    output: Answer
    ---
    what the model is and how it judges
    === user ===
    {{ record.text | fenced }}
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from prompts.fence import fenced

SUFFIX = ".md.j2"
"""How prompt files end."""
_USER_MARK = "\n=== user ===\n"
_KEYS = ("task", "version", "inputs", "output")


class PromptError(ValueError):
    """A prompt that is not there, is malformed, or was given other inputs than it names."""


class Message(NamedTuple):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    """Who speaks."""
    content: str
    """What is said."""


@dataclass(frozen=True)
class Prompt:
    """A prompt file."""

    name: str
    """``<task>.v<N>``."""
    task: str
    """What it is for."""
    version: int
    """Raised with every change of a released file."""
    inputs: tuple[str, ...]
    """Names that ``render`` must be given, no more and no fewer."""
    output: str
    """Name of the model of the answer."""
    system: str
    """Template of the system message."""
    user: str
    """Template of the user message."""
    sha256: str
    """Hash of the whole file, tagged with its algorithm."""

    def render(self, **inputs: object) -> tuple[Message, Message]:
        """Fills in the inputs.

        Raises:
            PromptError: where an input is missing, unknown or can't be rendered.
        """
        if set(inputs) != set(self.inputs):
            wanted, given = ", ".join(sorted(self.inputs)), ", ".join(sorted(inputs)) or "none"
            raise PromptError(f"prompt {self.name!r} takes {wanted}; it was given {given}")
        try:
            system, user = (
                _environment().from_string(part).render(**inputs)
                for part in (self.system, self.user)
            )
        except TemplateError as exc:
            raise PromptError(f"prompt {self.name!r} can't be rendered: {exc}") from exc
        return Message("system", system), Message("user", user)


@cache
def load_prompt(name: str) -> Prompt:
    """Loads a prompt by ``<task>.v<N>``.

    Raises:
        PromptError: where there is none, or its front matter is incomplete.
    """
    if name not in prompt_names():
        raise PromptError(f"no prompt {name!r}; there are {', '.join(prompt_names())}")
    raw = (files("prompts") / f"{name}{SUFFIX}").read_bytes()
    head, body = _split_head(name, raw.decode("utf-8"))
    system, mark, user = body.partition(_USER_MARK)
    if not mark:
        raise PromptError(f"prompt {name!r} has no line '=== user ==='")
    return Prompt(
        name=name,
        task=head["task"],
        version=int(head["version"]),
        inputs=tuple(i.strip() for i in head["inputs"].split(",")),
        output=head["output"],
        system=system,
        user=user,
        sha256="sha256:" + hashlib.sha256(raw).hexdigest(),
    )


@cache
def prompt_names() -> tuple[str, ...]:
    """Names of all prompts, sorted."""
    found = (f.name for f in files("prompts").iterdir())
    return tuple(sorted(n.removesuffix(SUFFIX) for n in found if n.endswith(SUFFIX)))


def fingerprint_of_all() -> str:
    """Hash over the names and hashes of all prompts: what a version of the package asks with."""
    lines = "".join(f"{n} {load_prompt(n).sha256}\n" for n in prompt_names())
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def _split_head(name: str, text: str) -> tuple[Mapping[str, str], str]:
    opening, _, rest = text.partition("---\n")
    head, mark, body = rest.partition("\n---\n")
    pairs = (line.partition(":") for line in head.splitlines())
    found = {key.strip(): value.strip() for key, _, value in pairs}
    missing = [k for k in _KEYS if not found.get(k)]
    if opening or not mark or missing:
        raise PromptError(
            f"prompt {name!r}: front matter lacks {', '.join(missing) or 'its marks'}"
        )
    if f"{found['task']}.v{found['version']}" != name:
        raise PromptError(f"prompt {name!r}: task and version say otherwise")
    return found, body


@cache
def _environment() -> SandboxedEnvironment:
    # Autoescape is for HTML; here the filter `fenced` guards what comes from outside.
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["fenced"] = fenced
    return environment
