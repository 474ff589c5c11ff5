"""Writes results to files: verdict lines, the three twins of a digest, tables for spreadsheets."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from auditor.commands.screen import as_json, escaped, notice, print_docket
from auditor.digest.render import render_html, render_json, render_text
from auditor.digest.tables import Table, csv_bytes, docket_table
from auditor.digest.view import DigestView, make_view
from auditor.domain.docket import Docket
from auditor.domain.policy import Policy
from auditor.domain.verdict import Verdict
from auditor.errors import InputError

MAIL_LIMIT = 102_000
"""Gmail clips a message over this many bytes."""
STDOUT = Path("-")
"""Stands for standard output."""


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


def show_digest(
    docket: Docket, view: DigestView, folder: Path, *, as_json: bool, csv: Path | None
) -> None:
    """Prints a digest whose twins are written, and writes its items as CSV where asked for.

    Args:
        docket: what it is about.
        view: what it says.
        folder: where the twins are.
        as_json: print the JSON twin in place of the docket.
        csv: file for the items; ``-`` prints them in place of the docket.

    Raises:
        InputError: where the file can't be written.
    """
    written = f"{folder}/digest.html, digest.txt and digest.json"
    if csv is not None:
        write_csv(docket_table(docket), csv)
    if csv not in (None, STDOUT):
        written += f"; {csv}"
    if as_json:
        sys.stdout.write(escaped((folder / "digest.json").read_text(encoding="utf-8")) + "\n")
    elif csv != STDOUT:
        print_docket(view)
    notice(f"\nWritten: {written}")


def write_tables(tables: Iterable[Table], folder: Path) -> list[Path]:
    """Writes a CSV file a table into a folder that is made if need be; returns the files.

    Raises:
        InputError: where the folder or a file can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(
            f"{folder}: can't be written ({exc.strerror}); choose another --csv"
        ) from exc
    files = []
    for table in tables:
        files.append(folder / f"{table.name}.csv")
        write_csv(table, files[-1])
    return files


def write_csv(table: Table, path: Path) -> None:
    """Writes a table to a file that is put in place only when it is whole, or to ``-``.

    Raises:
        InputError: where the file can't be written.
    """
    content = csv_bytes(table)
    if path == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file, as {path / table.name}.csv")
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise InputError(
            f"{path}: can't be written ({exc.strerror}); choose another --csv"
        ) from exc
