"""The files of the local model: what they hold, and that they fit one another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from auditor.classify.composition import Role
from auditor.classify.features import FEATURES
from auditor.domain.labels import Act, Label, Reason
from auditor.errors import ModelError

TOKENS_FILE = "model.onnx"
"""Encoder with the token heads, int8."""
HEADS_FILE = "heads.onnx"
"""The record's heads, float32."""
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"


@dataclass(frozen=True)
class ModelConfig:
    """What ``config.json`` tells."""

    version: str
    """Version of the model, stored on verdicts."""
    labels: tuple[Label, ...]
    """Order of the label scores."""
    reasons: tuple[Reason, ...]
    acts: tuple[Act, ...]
    signs: tuple[str, ...]
    """The five tests, then ``loss``."""
    temperature: float
    """Divides the label logits, so that probabilities match frequencies."""
    max_tokens: int
    """Longest window."""
    embedding: int
    """Size of the embedding."""
    deciding_acts: tuple[tuple[float, ...], ...]
    """For each reason the share of each act among the clauses that decide."""


def model_folder(folder: Traversable | None = None) -> Traversable:
    """The folder of the model: the shipped one unless another is given."""
    return files("auditor") / "models" if folder is None else folder


def read_bytes(folder: Traversable, name: str) -> bytes:
    """Content of one of the model's files.

    Raises:
        ModelError: where it is missing.
    """
    try:
        return (folder / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise ModelError(
            f"the local model lacks {name!r} in {str(folder)!r}; reinstall the package, or make "
            "the files with `auditor train`"
        ) from exc


def hash_of_files(folder: Traversable) -> str:
    """Hash of all that decides what the model says, tagged with its algorithm.

    Raises:
        ModelError: where a file is missing.
    """
    names = (TOKENS_FILE, HEADS_FILE, TOKENIZER_FILE, CONFIG_FILE)
    parts = (hashlib.sha256(read_bytes(folder, name)).digest() for name in names)
    return "sha256:" + hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def read_config(folder: Traversable) -> ModelConfig:
    """Reads and checks the configuration.

    Raises:
        ModelError: where it is missing, unreadable or of another make than this code.
    """
    try:
        raw: dict[str, Any] = json.loads(read_bytes(folder, CONFIG_FILE))
        config = ModelConfig(
            version=str(raw["version"]),
            labels=tuple(Label(x) for x in raw["labels"]),
            reasons=tuple(Reason(x) for x in raw["reasons"]),
            acts=tuple(Act(x) for x in raw["acts"]),
            signs=tuple(str(x) for x in raw["signs"]),
            temperature=float(raw["temperature"]),
            max_tokens=int(raw["max_tokens"]),
            embedding=int(raw["embedding"]),
            deciding_acts=tuple(tuple(map(float, row)) for row in raw["deciding_acts"]),
        )
        _check_shares(config)
    except (KeyError, ValueError, TypeError) as exc:
        raise ModelError(
            f"{CONFIG_FILE} in {str(folder)!r} can't be used ({exc}); make the model's files "
            "with `auditor train`"
        ) from exc
    made_for = (raw.get("features"), raw.get("roles"))
    if made_for != (FEATURES, len(Role)):
        raise ModelError(
            f"the model in {str(folder)!r} was made for features {made_for}, this version has "
            f"{(FEATURES, len(Role))}; retrain it with `auditor train`"
        )
    return config


def _check_shares(config: ModelConfig) -> None:
    """Raises ValueError where the shares of acts do not fit reasons and acts."""
    lengths = {len(row) for row in config.deciding_acts}
    if len(config.deciding_acts) != len(config.reasons) or lengths != {len(config.acts)}:
        raise ValueError("deciding_acts needs a row for each reason and a number for each act")
