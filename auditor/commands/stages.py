"""``auditor stages``: the stages in force, or those of a CRM, as a stages file to edit.

A CRM knows names, order, chances and sometimes patience; questions and steps are the method's.
They are taken from the stage in force that the name fits, so that what was edited stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.commands.screen import notice, out, print_json
from auditor.domain.stages import Stage, find_stage
from auditor.errors import ConfigurationError, InputError
from auditor.intake.crm.pipelines import CrmStage, PipelineReader
from auditor.settings import Settings

_LONGEST_KEY = 60
_FIELDS = ("key", "names", "objective", "step", "answers")


@dataclass(frozen=True)
class StagesRequest:
    """What was asked for."""

    sender: str | None = None
    """``hubspot`` or ``pipedrive``; the stages in force where None."""
    pipeline: str | None = None
    """Only this one of the CRM's, by name, case ignored."""
    out: Path | None = None
    """File to write; standard output where None."""
    as_json: bool = False
    """Whether for machines."""


@dataclass(frozen=True)
class ReadStage:
    """A stage of the file, with what the CRM tells of it."""

    stage: Stage
    """As it goes into the file."""
    told: tuple[CrmStage, ...] = ()
    """The CRM's stages of that name; none of a stage in force."""
    is_guess: bool = False
    """Whether no stage in force fits the name, so that the question is discovery's."""


def run_stages(settings: Settings, request: StagesRequest) -> None:
    """Prints the stages, or writes them into a file that is not there yet.

    Raises:
        ConfigurationError: the stages file in force or the CRM's settings can't be used.
        InputError: no such pipeline, or the file is there or can't be written.
        PipelineError: the CRM's stages can't be read.
    """
    known = settings.stages()
    if request.sender is None:
        if request.pipeline is not None:
            raise InputError("--pipeline: only a CRM has pipelines; add --from")
        stages = [ReadStage(stage) for stage in known]
    else:
        told = _reader(settings, request.sender).read()
        stages = stages_of(_of_pipeline(told, request.pipeline), known)
    if request.as_json:
        print_json({"stages": [_as_data(each) for each in stages]}, indent=1)
        return
    text = as_toml(stages)
    if request.out is None:
        out.out(text, end="", highlight=False)
        return
    _write(request.out, text)
    notice(
        f"{len(stages)} stages in {request.out}: look through the questions, then set stages_file "
        "in auditor.toml"
    )


def _reader(settings: Settings, sender: str) -> PipelineReader:
    """The client of a CRM, with the token that its events are read back or written with."""
    hubspot = settings.webhooks.hubspot
    if sender == "hubspot" and hubspot.token:
        return PipelineReader(sender, hubspot.token.get_secret_value(), hubspot.api_url)
    target = settings.write_back.of(sender)
    if target.token and target.api_url:
        return PipelineReader(sender, target.token.get_secret_value(), target.api_url)
    needed = {
        "hubspot": "token of [webhooks.hubspot]",
        "pipedrive": "token and api_url of [write_back.pipedrive]; enabled may stay false",
    }[sender]
    raise ConfigurationError(f"--from {sender}: no access is set; set {needed}")


def _of_pipeline(told: Sequence[CrmStage], name: str | None) -> list[CrmStage]:
    if name is None:
        return list(told)
    chosen = [stage for stage in told if stage.pipeline.casefold() == name.casefold()]
    if not chosen:
        known = ", ".join(repr(each) for each in dict.fromkeys(s.pipeline for s in told))
        raise InputError(f"--pipeline {name!r}: there is no such pipeline; there are {known}")
    return chosen


def stages_of(told: Sequence[CrmStage], known: tuple[Stage, ...]) -> list[ReadStage]:
    """Makes stages of a CRM's, the last of the way first.

    Stages of the same name are one.  Several pipelines are put in one order by how far along the
    way each of their stages stands.

    Args:
        told: the CRM's, of one or more pipelines.
        known: stages in force, which lend their questions, steps and patience.
    """
    named: dict[str, list[CrmStage]] = {}
    for stage in told:
        named.setdefault(stage.name.casefold(), []).append(stage)
    along = {name: max(map(_along, own)) for name, own in named.items()}
    keys: set[str] = set()
    return [
        _make(own, known, keys)
        for name, own in sorted(named.items(), key=lambda pair: along[pair[0]], reverse=True)
    ]


def _along(stage: CrmStage) -> float:
    """How far along its pipeline a stage stands, over 0 and up to 1."""
    return (stage.place + 1) / (stage.last_place + 1)


def _make(own: Sequence[CrmStage], known: tuple[Stage, ...], keys: set[str]) -> ReadStage:
    name = own[0].name
    like = find_stage(name, known)
    patience = min((s.patience_days for s in own if s.patience_days), default=like.patience_days)
    stage = Stage(
        key=_key(name, own[0].id, keys),
        names=f"^{re.escape(name)}$",
        objective=like.objective,
        step=like.step,
        answers=like.answers,
        patience_days=patience,
    )
    fits = re.search(like.names, name, re.IGNORECASE) is not None
    return ReadStage(stage, tuple(own), is_guess=not fits)


def _key(name: str, identity: str, keys: set[str]) -> str:
    """A short name that no other stage has."""
    plain = re.sub(r"[\W_]+", "-", name.casefold()).strip("-")[:_LONGEST_KEY] or f"stage-{identity}"
    key, number = plain, 1
    while key in keys:
        number += 1
        key = f"{plain}-{number}"
    keys.add(key)
    return key


def as_toml(stages: Sequence[ReadStage]) -> str:
    """Writes a stages file that ``stages_file`` can name."""
    parts = ["# Stages, from the last to the first; see docs/health.md, Settings.\n"]
    for each in stages:
        lines = [f"# {note}" for note in _notes(each)]
        lines.append("[[stages]]")
        lines += [f"{name} = {_quoted(getattr(each.stage, name))}" for name in _FIELDS]
        lines.append(f"patience_days = {each.stage.patience_days}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _notes(each: ReadStage) -> list[str]:
    notes = []
    for stage in each.told:
        chance = "" if stage.probability is None else f", won {stage.probability:.0%} by the CRM"
        notes.append(
            f"{_quoted(stage.name)} of {_quoted(stage.pipeline)}, id {_quoted(stage.id)}{chance}"
        )
    if each.is_guess:
        notes.append("No known stage has such a name: its question is a guess. Write its own.")
    return notes


def _quoted(text: str) -> str:
    """A TOML string on one line, without characters that can't be seen."""
    plain = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in plain)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            f"--out {path}: it is there already and may hold your own questions; give another name"
        ) from None
    except OSError as exc:
        raise InputError(
            f"--out {path}: it can't be written ({exc.strerror}); give another place"
        ) from None


def _as_data(each: ReadStage) -> dict[str, object]:
    told = [
        {"id": s.id, "name": s.name, "pipeline": s.pipeline, "probability": s.probability}
        for s in each.told
    ]
    return {**each.stage.model_dump(mode="json"), "crm": told, "is_guess": each.is_guess}
