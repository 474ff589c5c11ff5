"""What the pages tell a reader to type or follow is there: commands, options, modules, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from auditor.cli import app
from eval.cli import app as evaluation
from tests.docs.reference import DOCS

ROOT = DOCS.parent
PAGES = (
    *sorted(DOCS.glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "auditor" / "models" / "CARD.md",
)
_CODE = re.compile(r"^(?: {4}|\t).*|`[^`\n]+`", re.MULTILINE)
_COMMAND = re.compile(r"(?:^|[\s`;(])auditor((?: +(?:\\\n\s*)?[^\s`]+)+)")
_ENDS = re.compile(r" +#| [|&>;]")
_OPTION = re.compile(r"--?[a-z][\w-]*")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MODULE = re.compile(r"python -m ((?:api|auditor|eval|prompts|tests)[\w.]*)")


_EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@_EACH_PAGE
def test_commands_and_options_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    assert [(said, wrong) for said in _commands(text) if (wrong := _unknown(said))] == []


@_EACH_PAGE
def test_links_lead_to_files_and_headings(page: Path) -> None:
    broken = []
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


@_EACH_PAGE
def test_modules_that_a_page_runs_exist(page: Path) -> None:
    missing = []
    for said in _MODULE.findall(page.read_text(encoding="utf-8")):
        place = ROOT.joinpath(*said.rstrip(".").split("."))
        if not (place.with_suffix(".py").exists() or (place / "__main__.py").exists()):
            missing.append(said)
    assert missing == []


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (["digest", "--week", "2026-W47"], []),
        (["eval", "run", "SET", "--json=a.json"], []),
        (["digests"], ["digests"]),
        (["eval", "judge"], ["judge"]),
        (["audit", "a.csv", "--outt", "b"], ["--outt"]),
    ],
)
def test_a_command_that_is_gone_is_found(said: list[str], wrong: list[str]) -> None:
    assert _unknown(said) == wrong


def _commands(text: str) -> Iterator[list[str]]:
    """The words after ``auditor`` in code, without what a shell takes for itself."""
    for code in _CODE.findall(text):
        for found in _COMMAND.findall(code):
            words = _ENDS.split(found)[0].replace("…", " ").split()
            if words:
                yield words


@cache
def _tree(*, is_evaluation: bool) -> Any:
    """The tree of commands; made once, since making it takes a tenth of a second."""
    return typer.main.get_command(evaluation if is_evaluation else app)


def _unknown(words: list[str]) -> list[str]:
    """Words that are neither a command nor one of its options; arguments may be anything."""
    is_evaluation = words[0] == "eval"
    at, rest = _tree(is_evaluation=is_evaluation), words[int(is_evaluation) :]
    while rest and getattr(at, "commands", None) is not None and not rest[0].startswith("-"):
        if rest[0] not in at.commands:
            return rest[:1]
        at, rest = at.commands[rest[0]], rest[1:]
    known = {name for each in at.params for name in (*each.opts, *each.secondary_opts)}
    said = [found[0] for word in rest if (found := _OPTION.match(word))]
    return [each for each in said if each not in known | {"--help"}]


def _anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as its host makes them."""
    found = re.findall(r"^#+ +(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.strip().replace(" ", "-") for heading in bare}
