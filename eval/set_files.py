"""Reads the files of a labelled set into rows: JSONL, JSON, CSV, family files, tool exports.

A row that can't be read keeps its place and its problems, so that every error of a set can be told
at once.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.intake.encoding import PREFIX_BYTES, detect_encoding
from eval.annotation_exports import argilla_row, is_argilla, is_label_studio, label_studio_row
from eval.authoring import FamilyError, compile_families
from eval.flat_rows import UNDATED, column_name, record_of_row, unknown_columns

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".fam")
"""Files of a folder that belong to a set."""
CORRECTION_TAGS = ("corrected", "confirmed")
"""Tags of records that ``auditor eval corrections`` and ``GET /v1/corrections`` write."""
_WRAPPERS = ("records", "items", "data", "results")


@dataclass
class Row:
    """One record as read, before it is checked."""

    place: str
    """File and line (or number of the object) for errors."""
    record: dict[str, Any] = field(default_factory=dict)
    """In the codebook's format; empty where nothing could be read."""
    bare: bool = False
    """True where the source may lack reason and evidence."""
    problems: list[str] = field(default_factory=list)
    """Why it can't be used."""


def set_files(path: Path) -> list[Path]:
    """The files of a set, in a stable order: the file itself, or all of a folder.

    Raises:
        InputError: where there is no such file, or the folder holds none that can be read.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is no file or folder; check the path of the set")
    found = sorted(
        p
        for p in path.rglob("*")
        if p.is_file()
        and p.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in p.relative_to(path).parts)
    )
    if not found:
        raise InputError(f"{str(path)!r} holds no {', '.join(SUFFIXES)} file; check the path")
    return found


def set_sha256(path: Path) -> str:
    """Hash of a set: of a file its bytes' SHA-256, of a folder that of its files' names and hashes.

    For a single file it is what ``sha256sum`` prints.
    """
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(path).as_posix()}\n"
        for p in set_files(path)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_rows(path: Path, *, annotator: str | None = None) -> tuple[list[Row], list[str]]:
    """Reads one file.

    Args:
        path: the file.
        annotator: the one annotator to take from a tool's export; all must agree where None.

    Returns:
        The rows in file order, and warnings in plain words.

    Raises:
        InputError: where the file can't be read at all.
    """
    warnings: list[str] = []
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{str(path)!r} can't be read ({exc.strerror}); check the file") from exc
    text = raw.decode(detect_encoding(raw[:PREFIX_BYTES]), errors="replace").removeprefix("\ufeff")
    suffix = path.suffix.lower()
    if suffix == ".fam":
        return _family_rows(text, path.name), warnings
    if suffix in (".csv", ".tsv"):
        return _table_rows(text, path, warnings), warnings
    objects = _json_objects(text, path.name)
    rows = [r for r in (_row_of(o, path, annotator) for o in objects) if r is not None]
    _warn_undated(rows, path.name, warnings)
    return rows, warnings


def set_rows(files: Iterable[Path]) -> Iterator[Row]:
    """The rows of several files, one after the other; warnings are left out."""
    for file in files:
        yield from read_rows(file)[0]


def _family_rows(text: str, name: str) -> list[Row]:
    try:
        records = compile_families(text, name=name).records
    except FamilyError as exc:
        return [Row(name, problems=[str(exc)])]
    return [Row(f"{name}: {r['id']}", r) for r in records]


@dataclass
class _Object:
    """A JSON value of a file with its place."""

    place: str
    value: Any
    number: int
    problem: str | None = None


def _json_objects(text: str, name: str) -> Iterator[_Object]:
    """The objects of a JSON document (a list, or a list in a wrapper) or of JSON lines."""
    if text.lstrip().startswith("["):
        yield from _document(text, name)
        return
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    try:
        first = json.loads(lines[0][1]) if lines else None
    except json.JSONDecodeError:
        if len(lines) > 1 and _is_json(text):
            yield from _document(text, name)
            return
    else:
        if len(lines) == 1 and isinstance(first, Mapping) and _wrapped(first) is not None:
            yield from _document(text, name)
            return
    for number, line in lines:
        try:
            yield _Object(f"{name}:{number}", json.loads(line), number)
        except json.JSONDecodeError as exc:
            yield _Object(f"{name}:{number}", None, number, f"not JSON: {exc.msg}")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def _wrapped(whole: Mapping[str, Any]) -> list[Any] | None:
    """The list of records in an object that wraps one; None where it is a record itself."""
    if "activity" in whole:
        return None
    return next((whole[k] for k in _WRAPPERS if isinstance(whole.get(k), list)), None)


def _document(text: str, name: str) -> Iterator[_Object]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as exc:
        yield _Object(f"{name}:{exc.lineno}", None, 0, f"not JSON: {exc.msg}; mend the file")
        return
    if isinstance(whole, Mapping):
        found = _wrapped(whole)
        whole = [whole] if found is None else found
    for number, value in enumerate(whole, 1):
        yield _Object(f"{name}#{number}", value, number)


def _row_of(found: _Object, path: Path, annotator: str | None) -> Row | None:
    """The row of one JSON value; None for a list of acts, which is no record."""
    if found.problem:
        return Row(found.place, problems=[found.problem])
    value = found.value
    if not isinstance(value, dict):
        return Row(found.place, problems=[f"{value!r:.40} is no JSON object"])
    if set(value) == {"id", "acts"}:
        return None
    if "activity" in value and not is_label_studio(value):
        return Row(found.place, value, bare=_is_correction(value))
    problems: list[str] = []
    try:
        if is_label_studio(value):
            value, problems = label_studio_row(value, annotator)
        elif is_argilla(value):
            value, problems = argilla_row(value, annotator)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        return Row(found.place, problems=[f"the export has another form than known ({exc!r})"])
    if isinstance(value.get("activity"), Mapping):  # a codebook record as an annotation task
        return Row(found.place, value, bare=True, problems=problems)
    record, more = record_of_row(value, fallback_id=f"{path.stem}-{found.number}")
    return Row(found.place, record, bare=True, problems=problems + more)


def _is_correction(value: Mapping[str, Any]) -> bool:
    """Whether a record is a supervisor's correction, which may lack reason and evidence."""
    tags = value.get("tags")
    return isinstance(tags, list) and any(tag in tags for tag in CORRECTION_TAGS)


def _table_rows(text: str, path: Path, warnings: list[str]) -> list[Row]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t|", key=head.count) if any(d in head for d in ",;\t|") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="")
    names = [n for n in reader.fieldnames or () if n]
    lacking = [c for c in ("text", "label") if c not in {column_name(n) for n in names}]
    if lacking:
        told = (
            f"no column {' and no column '.join(map(repr, lacking))}; the header has {names!r:.200}"
        )
        return [Row(f"{path.name}:1", problems=[told])]
    if unread := unknown_columns(names):
        warnings.append(f"{path.name}: columns not read: {', '.join(unread)}")
    rows = []
    for number, cells in enumerate(reader, 1):
        place = f"{path.name}:{reader.line_num}"
        extra = cells.pop("", None)
        record, problems = record_of_row(cells, fallback_id=f"{path.stem}-{number}")
        if extra:
            problems.append("more cells than columns; put quotes round text that holds delimiters")
        rows.append(Row(place, record, bare=True, problems=problems))
    _warn_undated(rows, path.name, warnings)
    return rows


def _warn_undated(rows: list[Row], name: str, warnings: list[str]) -> None:
    undated = sum(
        isinstance(a := r.record.get("activity"), Mapping) and a.get("occurred_at") == UNDATED
        for r in rows
        if r.bare
    )
    if undated:
        warnings.append(
            f"{name}: {undated} rows do not say when they were logged; {UNDATED[:10]} taken"
        )
