"""Writes results to files: verdict lines and the three twins of a digest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from auditor.commands.screen import as_json
from auditor.digest.render import render_html, render_json, render_text
from auditor.digest.view import DigestView, make_view
from auditor.domain.docket import Docket
from auditor.domain.policy import Policy
from auditor.domain.verdict import Verdict
from auditor.errors import InputError

MAIL_LIMIT = 102_000
"""Gmail clips a message over this many bytes."""


def verdict_line(verdict: Verdict) -> str:
    """One line of JSON, as the contract has it."""
    return as_json(verdict.as_line())


def write_verdicts(verdicts: Iterable[Verdict], path: Path) -> int:
    """Writes one verdict a line; returns how many.

    Raises:
        InputError: where the file can't be written.
    """
    number = 0
    try:
        with path.open("w", encoding="utf-8") as file:
            for verdict in verdicts:
                file.write(verdict_line(verdict) + "\n")
                number += 1
    except OSError as exc:
        raise InputError(
            f"{path}: can't be written ({exc.strerror}); choose another --out"
        ) from exc
    return number


def write_digest(docket: Docket, folder: Path, *, policy: Policy, heading: str = "") -> DigestView:
    """Puts a docket into words and writes the three twins.

    Raises:
        InputError: where the folder or a file can't be written.
    """
    view = make_view(
        docket, classifier=policy.classifier, policy=policy.fingerprint, heading=heading
    )
    return write_twins(docket, view, folder, policy=policy)


def write_twins(docket: Docket, view: DigestView, folder: Path, *, policy: Policy) -> DigestView:
    """Writes digest.html, digest.txt and digest.json into a folder that is made if need be.

    Raises:
        InputError: where the folder or a file can't be written.
    """
    twins = {
        "digest.html": render_html(view),
        "digest.txt": render_text(view),
        "digest.json": render_json(
            docket, view, classifier=policy.classifier, policy=policy.fingerprint
        ),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in twins.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(
            f"{folder}: can't be written ({exc.strerror}); choose another --out"
        ) from exc
    return view
