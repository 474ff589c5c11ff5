"""The file of labels: one annotator's records, whole and safe on disk after each of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor.errors import InputError


class LabelStore:
    """Labelled records in the codebook's format, a line each, in the order they were labelled.

    Each change writes the whole file anew beside the old one and puts it in its place, so that a
    crash leaves one or the other, never half a line.
    """

    def __init__(self, path: Path) -> None:
        """Reads what was labelled before.

        Args:
            path: the file; made with the first label where there is none.

        Raises:
            InputError: where a line is no record, or the file can't be read.
        """
        self._path = path
        self._entries: dict[str, dict[str, Any]] = {}
        self._stamp: tuple[int, int] | None = None
        if path.exists():
            self._read()

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise InputError(
                f"{str(self._path)!r} can't be read ({exc}); name another --out"
            ) from exc
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
                name = entry["id"]
            except (ValueError, TypeError, KeyError) as exc:
                raise InputError(
                    f"{self._path}:{number}: no labelled record; mend the line, or name another "
                    "--out"
                ) from exc
            self._entries[str(name)] = entry
        self._stamp = self._look()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def get(self, record_id: str) -> Mapping[str, Any] | None:
        """The entry of a record, or None."""
        return self._entries.get(record_id)

    def put(self, entry: dict[str, Any]) -> None:
        """Keeps a record; one with the same id is replaced and goes last.

        Raises:
            InputError: where the file can't be written, or was changed by someone else.
        """
        entries = {k: v for k, v in self._entries.items() if k != entry["id"]}
        self._save({**entries, str(entry["id"]): entry})

    def take(self, record_id: str) -> dict[str, Any] | None:
        """Takes a record out of the file and returns it; None where it is not there."""
        if record_id not in self._entries:
            return None
        entry = self._entries[record_id]
        self._save({k: v for k, v in self._entries.items() if k != record_id})
        return entry

    def _save(self, entries: dict[str, dict[str, Any]]) -> None:
        if self._look() != self._stamp:
            raise InputError(
                f"{str(self._path)!r} was changed meanwhile; nothing was written over it. Start "
                "again to go on from it, or name another --out"
            )
        part = self._path.with_name(self._path.name + ".part")
        try:
            with part.open("w", encoding="utf-8") as file:
                for entry in entries.values():
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as exc:
            raise InputError(
                f"{str(self._path)!r} can't be written ({exc.strerror}); name another --out"
            ) from exc
        self._entries, self._stamp = entries, self._look()

    def _look(self) -> tuple[int, int] | None:
        """Time of change and size of the file, by which a change by others is noticed."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size
