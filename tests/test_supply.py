"""What is installed at run time is listed, licensed and pinned; the wheel builds the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GROUPS: dict[str, list[str]] = {
    "base": PROJECT["dependencies"],
    **{n: r for n, r in PROJECT["optional-dependencies"].items() if n != "test"},
}
"""Requirements by the word in the list's third column; what only tests need is not shipped."""

READINGS = {
    "3-Clause BSD License": {"BSD-3-Clause"},
    "2-clause BSD": {"BSD-2-Clause"},
    "BSD": {"BSD-2-Clause", "BSD-3-Clause"},
    "BSD License": {"BSD-2-Clause", "BSD-3-Clause"},
    "MIT License": {"MIT"},
    "The MIT License": {"MIT"},
    "Apache": {"Apache-2.0"},
    "Apache 2.0": {"Apache-2.0"},
    "Apache License 2.0": {"Apache-2.0"},
    "Apache License, Version 2.0": {"Apache-2.0"},
    "Apache Software License": {"Apache-2.0"},
    "Dual License": {
        "BSD-3-Clause"
    },  # python-dateutil before 4: Apache-2.0 or this, which is taken
    "ISC License": {"ISC"},
    "PSFL": {"PSF-2.0"},
    "Mozilla Public License 2.0 (MPL 2.0)": {"MPL-2.0"},
}
"""SPDX expressions that older metadata can mean by its words; SPDX means itself."""


class Entry(NamedTuple):
    """A row of docs/supply.md."""

    licence: str
    group: str


def _rows(columns: int) -> list[list[str]]:
    """Rows of the tables with so many columns, without their heads."""
    text = (ROOT / "docs/supply.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    return [r for r in rows if len(r) == columns and r[0] not in {"package", "licence"}]


ENTRIES = {name: Entry(licence, group) for name, licence, group in _rows(3)}
JUDGED = dict(_rows(2))


def _closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """What is installed of the requirements and of theirs, by canonical name."""
    found: dict[str, Distribution] = {}
    todo = [Requirement(r) for r in requirements]
    walked: set[tuple[str, str]] = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for extra in {"", *requirement.extras} - {e for n, e in walked if n == name}:
            walked.add((name, extra))
            inner = (Requirement(r) for r in found[name].requires or [])
            todo += [r for r in inner if r.marker is None or r.marker.evaluate({"extra": extra})]
    return found


def _declared(installed: Distribution) -> str:
    """The licence as the package's metadata says it; '' where it says none."""
    metadata = installed.metadata
    expression = metadata["License-Expression"]
    words = (metadata["License"] or "").strip()
    title, _, whole_text = words.partition("\n")
    if expression or (title and not whole_text) or title in READINGS:
        return str(expression or title)
    classifiers = metadata.get_all("Classifier") or []
    return " / ".join(c.split(" :: ")[-1] for c in classifiers if c.startswith("License ::"))


def _fault(name: str, declared: str) -> str | None:
    """What is wrong with a package's entry, and how to mend it; None where nothing is."""
    entry = ENTRIES.get(name)
    if entry is None:
        return f"{name} ({declared!r}) has no row in docs/supply.md: judge its licence and add one"
    if entry.licence not in READINGS.get(declared, {declared}):
        return f"{name} declares {declared!r}, docs/supply.md says {entry.licence!r}: read it again"
    return None


def test_each_installed_run_time_dependency_is_listed_with_the_licence_it_declares() -> None:
    installed = _closure(r for group in GROUPS.values() for r in group)
    assert len(installed) > 50
    faults = [_fault(name, _declared(d)) for name, d in sorted(installed.items())]
    assert not [f for f in faults if f]


def test_a_package_without_a_row_or_with_another_licence_is_a_fault() -> None:
    assert "has no row" in (_fault("never-heard-of", "MIT") or "")
    assert "read it again" in (_fault("pydantic", "AGPL-3.0-only") or "")
    assert "read it again" in (_fault("pydantic", "") or "")
    assert _fault("jinja2", "BSD License") is None


def test_each_licence_of_the_list_is_judged_compatible() -> None:
    for name, entry in ENTRIES.items():
        for licence in re.split(r" (?:AND|OR) |[()]", entry.licence):
            verdict = JUDGED.get(licence, "") if licence else "yes"
            assert verdict.startswith("yes"), f"{name}: {licence!r} is not judged compatible"


def test_no_row_outlives_its_dependency() -> None:
    complete = {g for g, wanted in GROUPS.items() if all(_closure([r]) for r in wanted)}
    assert "base" in complete
    brought = _closure(r for group in GROUPS.values() for r in group)
    named = {name for name, entry in ENTRIES.items() if entry.group in complete}
    stale = {name for name in named - brought.keys() if _closure([name])}
    assert not stale, f"nothing brings these rows' packages any more: {stale}"


def _pins() -> dict[str, Version]:
    """The versions of constraints.txt; fails on a line that is no pin with hashes."""
    pins = {}
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        pin = re.fullmatch(r"([a-z0-9-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})+)\s*", line)
        assert pin, f"constraints.txt: not NAME==VERSION with sha256 hashes: {line[:80]!r}"
        pins[pin[1]] = Version(pin[2])
    return pins


def test_the_pins_satisfy_the_project_with_all_extras_but_train() -> None:
    pins = _pins()
    extras = [
        r for n, group in PROJECT["optional-dependencies"].items() if n != "train" for r in group
    ]
    for requirement in map(Requirement, [*PROJECT["dependencies"], *extras]):
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt has no pin for {requirement}"
        assert pin in requirement.specifier, f"constraints.txt pins {pin}, not {requirement}"


def test_each_row_that_users_install_is_pinned() -> None:
    wanted = {n for n, entry in ENTRIES.items() if entry.group not in {"train", "elsewhere"}}
    assert not wanted - _pins().keys()


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="builds what is committed")
def test_two_builders_make_the_same_wheel(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(ROOT / ".ci/supply"), "wheel", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.whl"))) == 1
