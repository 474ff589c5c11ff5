"""Writes results to files: verdict lines, the three twins of a digest, tables for spreadsheets."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from auditor.commands.screen import as_json, escaped, notice, print_docket
from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.render import render_html, render_text
from auditor.digest.tables import Table, csv_bytes, docket_csv
from auditor.digest.view import DigestView, make_view
from auditor.domain.docket import Docket, FullDocket
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


def write_digest(
    docket: FullDocket, folder: Path, *, policy: Policy, heading: str = ""
) -> DigestView:
    """Puts a docket into words and writes the three twins.

    Raises:
        InputError: where the folder or a file can't be written.
    """
    view = make_view(
        docket, classifier=policy.classifier, policy=policy.fingerprint, heading=heading
    )
    texts = ItemTexts.of(docket, item_json)
    write_twins(docket, view, texts, folder, policy=policy)
    return view


def write_twins(
    docket: Docket, view: DigestView, texts: ItemTexts, folder: Path, *, policy: Policy
) -> None:
    """Writes digest.html, digest.txt and digest.json into a folder that is made if need be.

    Args:
        docket: what it is about.
        view: what it says.
        texts: what ``item_json`` wrote of its lines.
        folder: where to.
        policy: whose findings count.

    Raises:
        InputError: where the folder or a file can't be written.
    """
    name, mark = policy.classifier, policy.fingerprint
    twins: dict[str, Iterable[str]] = {
        "digest.html": [render_html(view)],
        "digest.txt": [render_text(view)],
        "digest.json": json_parts(docket, view, texts, classifier=name, policy=mark),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file_name, parts in twins.items():
            with (folder / file_name).open("w", encoding="utf-8") as file:
                file.writelines(parts)
    except OSError as exc:
        raise InputError(
            f"{folder}: can't be written ({exc.strerror}); choose another --out"
        ) from exc


def show_digest(
    docket: Docket,
    view: DigestView,
    folder: Path,
    *,
    as_json: bool,
    csv: Path | None,
    cells: ItemTexts | None,
) -> None:
    """Prints a digest whose twins are written, and writes its items as CSV where asked for.

    Args:
        docket: what it is about.
        view: what it says.
        folder: where the twins are.
        as_json: print the JSON twin in place of the docket.
        csv: file for the items; ``-`` prints them in place of the docket.
        cells: what ``item_cells`` wrote of its lines, where there is such a file.

    Raises:
        InputError: where the file can't be written.
    """
    written = f"{folder}/digest.html, digest.txt and digest.json"
    if csv is not None and cells is not None:
        _write_parts("docket", docket_csv(docket, cells), csv)
    if csv not in (None, STDOUT):
        written += f"; {csv}"
    if as_json:
        with (folder / "digest.json").open(encoding="utf-8") as file:
            sys.stdout.writelines(map(escaped, file))
        sys.stdout.write("\n")
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
    _write_parts(table.name, [csv_bytes(table)], path)


def _write_parts(name: str, parts: Iterable[bytes], path: Path) -> None:
    if path == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(parts)
        return
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file, as {path / name}.csv")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(parts)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise InputError(
            f"{path}: can't be written ({exc.strerror}); choose another --csv"
        ) from exc
