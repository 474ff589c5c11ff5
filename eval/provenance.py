"""Where a result comes from: the code's commit and whether it was changed, and the versions."""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import auditor

_PACKAGES = ("numpy", "onnxruntime", "tokenizers", "pydantic", "scikit-learn")


@dataclass(frozen=True)
class Provenance:
    """What a result was made with."""

    commit: str | None
    """Commit of the auditor's code; None where it is not run from its repository."""
    dirty: bool | None
    """Whether tracked files differ from the commit; None where that is not known."""
    versions: dict[str, str]
    """Python, the auditor and the packages that numbers depend on."""


def find_provenance() -> Provenance:
    """Looks up commit, dirty flag and versions of the code that runs."""
    versions = {"python": platform.python_version(), "auditor": auditor.__version__}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    source = Path(auditor.__file__)
    if _git(source.parent, "ls-files", "--error-unmatch", source.name) is None:
        return Provenance(None, None, versions)  # a copy, maybe inside someone else's repository
    commit = _git(source.parent, "rev-parse", "HEAD")
    changed = _git(source.parent, "status", "--porcelain", "--untracked-files=no")
    return Provenance(commit, None if changed is None else bool(changed), versions)


def _git(folder: Path, *words: str) -> str | None:
    """What git says, or None where it fails or is not there."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            [git, "-C", str(folder), *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
