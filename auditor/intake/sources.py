"""Finds the files behind the paths a user gives: files, folders, archives and standard input.

A ``Source`` can be opened more than once, which lets a reader look at the whole of a column before
it reads the rows.  Standard input is kept in a temporary file for the same reason.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from auditor.errors import InputError
from auditor.intake.archives import buffered, gzip_opener, zip_members
from auditor.intake.encoding import PREFIX_BYTES, looks_binary
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport

TRANSCRIPT_SUFFIXES = (".vtt", ".srt", ".txt")
"""Files that a sidecar of the same name may describe."""
TEXT_SUFFIXES = (*TRANSCRIPT_SUFFIXES, ".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".md")
"""Suffixes that tell what a file is."""
SIDECAR_SUFFIXES = (".meta.toml", ".meta.json", ".json")
"""Endings of the file beside a transcript that tells about it, in the order tried."""


_ABOUT_FOLDER = re.compile(r"(?:readme|licen[cs]e|notice|changelog|copying)\b", re.I)


@dataclass(frozen=True)
class Source:
    """Bytes that can be opened again and again, and what their name tells."""

    name: str
    """As shown to the user: the path given, ``-``, or ``archive.zip!inner.csv``."""
    key: str
    """Name without the folders of this machine, for ids."""
    suffix: str
    """Lower-case suffix after ``.gz`` is taken off; empty where there is none."""
    opener: Callable[[], BinaryIO]
    """Opens the bytes from the start."""
    modified_at: datetime | None = None
    """Last change of the file, where known."""
    sibling: Callable[[str], bytes | None] = lambda _: None
    """Bytes of a file with that name beside this one, or None."""

    @property
    def stem(self) -> str:
        """The file's name without folders and suffixes."""
        base = PurePosixPath(self.key.rpartition("!")[2]).name
        return base.removesuffix(".gz").removesuffix(self.suffix) or base

    def prefix(self, size: int = PREFIX_BYTES) -> bytes:
        """Returns the first bytes."""
        with self.opener() as stream:
            return stream.read(size)


def find_sources(
    paths: Iterable[str | Path], options: IntakeOptions, report: IntakeReport
) -> Iterator[Source]:
    """Yields what is behind each path; what can't be opened goes into the report."""
    for path in paths:
        if str(path) == "-":
            with _standard_input() as piped:
                yield from _reported(piped, options, report)
            continue
        place = Path(path)
        try:
            if place.is_dir():
                yield from _walk(place, options, report)
            elif place.is_file():
                yield from _reported(_from_file(place, place.name), options, report)
            else:
                problem = InputError(f"{str(path)!r} is no file or folder; check the path")
                report.reject(problem, file=str(path))
        except OSError as exc:
            report.reject(unreadable(str(path), exc), file=str(path))


def unreadable(name: str, exc: BaseException) -> InputError:
    """Returns the error for a file that can't be read."""
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
    return InputError(f"{name}: the file can't be read ({reason or type(exc).__name__})")


def _reported(source: Source, options: IntakeOptions, report: IntakeReport) -> Iterator[Source]:
    try:
        yield from _expand(source, options, report)
    except (InputError, OSError) as exc:
        problem = exc if isinstance(exc, InputError) else unreadable(source.name, exc)
        report.reject(problem, file=source.name)


def file_source(path: Path) -> Source:
    """A file as a source.

    Raises:
        OSError: it can't be looked at.
    """
    return _from_file(path, path.name)


def _from_file(path: Path, key: str) -> Source:
    return Source(
        name=str(path),
        key=key,
        suffix=_suffix(path.name),
        opener=lambda: path.open("rb"),
        modified_at=datetime.fromtimestamp(path.stat().st_mtime),  # noqa: DTZ006 - local, as shown
        sibling=lambda name: _read_beside(path, name),
    )


def _read_beside(path: Path, name: str) -> bytes | None:
    beside = path.with_name(name)
    return beside.read_bytes() if beside.is_file() else None


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


@contextmanager
def _standard_input() -> Iterator[Source]:
    with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as kept:
        while chunk := sys.stdin.buffer.read(2**20):
            kept.write(chunk)
        file = cast("BinaryIO", kept)
        yield Source("-", "stdin", "", lambda: buffered(_Shared(file)))


class _Shared(io.RawIOBase):
    """A view of an open file with its own place, that leaves it open when it is closed."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == io.SEEK_CUR:
            offset, whence = self._place + offset, io.SEEK_SET
        self._file.seek(offset, whence)
        self._place = self._file.tell()
        return self._place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self._file.seek(self._place)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def _walk(folder: Path, options: IntakeOptions, report: IntakeReport) -> Iterator[Source]:
    found = 0
    for path in _files_under(folder, report):
        if _is_sidecar(path):
            continue
        try:
            source = _from_file(path, path.relative_to(folder).as_posix())
            skip = _why_skipped(source)
        except OSError as exc:
            report.reject(unreadable(str(path), exc), file=str(path))
            continue
        if skip:
            report.warn(str(path), skip)
            continue
        found += 1
        yield from _reported(source, options, report)
    if not found:
        problem = InputError(f"{str(folder)!r} holds no file that can be read as text")
        report.reject(problem, file=str(folder))


def _why_skipped(source: Source) -> str | None:
    """Tells why a file met in a folder is passed over; None where it is read."""
    prefix = source.prefix()
    if source.suffix in (".xlsx", ".xlsm") or prefix[:2] == b"\x1f\x8b":
        return None
    if source.suffix == ".zip" and prefix[:2] == b"PK":
        return None
    if looks_binary(prefix):
        return "skipped: a binary file"
    if _ABOUT_FOLDER.match(source.stem):
        return "skipped: it tells about the folder; name the file itself to have it read"
    if source.suffix not in ("", *TEXT_SUFFIXES):
        return (
            f"skipped: {source.suffix} files are not read; name the file itself to try it as text"
        )
    return None


def _files_under(folder: Path, report: IntakeReport) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as exc:
        report.reject(unreadable(str(folder), exc), file=str(folder))
        return
    for entry in entries:
        if entry.name.startswith("."):
            report.warn(str(entry), "skipped: a hidden file or folder")
        elif entry.is_dir():
            if entry.is_symlink():
                report.warn(str(entry), "skipped: a link to a folder")
            else:
                yield from _files_under(entry, report)
        elif entry.is_file():
            yield entry
        else:
            report.warn(str(entry), "skipped: no regular file")


def _is_sidecar(path: Path) -> bool:
    name = path.name.lower()
    if name.endswith((".meta.toml", ".meta.json")):
        return True
    return name.endswith(".json") and any(
        path.with_suffix(suffix).is_file() for suffix in TRANSCRIPT_SUFFIXES
    )


def _expand(source: Source, options: IntakeOptions, report: IntakeReport) -> Iterator[Source]:
    """Opens a ``.gz`` or ``.zip``; anything else is yielded as it is."""
    magic = source.prefix(4)
    limit = options.max_decompressed_bytes
    if magic[:2] == b"\x1f\x8b":
        source = replace(source, opener=gzip_opener(source.opener, source.name, limit))
        magic = source.prefix(4)
        if magic[:2] == b"\x1f\x8b":
            raise InputError(f"{source.name}: compressed twice; unpack it once")
    if magic == b"PK\x03\x04" and source.suffix not in (".xlsx", ".xlsm"):
        yield from _zipped(source, options, report)
    else:
        yield source


def _zipped(source: Source, options: IntakeOptions, report: IntakeReport) -> Iterator[Source]:
    members = zip_members(source.opener, source.name, options.max_decompressed_bytes)
    names = {member.name for member in members}
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        yield Source(source.name, source.key, ".xlsx", source.opener, source.modified_at)
        return
    by_name = {member.name: member.opener for member in members}
    for member in members:
        inner = PurePosixPath(member.name)
        shown = f"{source.name}!{member.name}"
        if any(part.startswith((".", "__MACOSX")) for part in inner.parts):
            continue
        if _zip_sidecar(inner, names):
            continue
        entry = Source(
            name=shown,
            key=f"{source.key}!{member.name}",
            suffix=_suffix(inner.name),
            opener=member.opener,
            modified_at=member.modified_at,
            sibling=lambda name, inner=inner: _read_member(by_name, inner.with_name(name)),  # type: ignore[misc]
        )
        try:
            prefix = entry.prefix()
        except InputError as exc:
            report.reject(exc, file=shown)
            continue
        if prefix[:2] in (b"\x1f\x8b", b"PK") and entry.suffix not in (".xlsx", ".xlsm"):
            report.warn(shown, "skipped: an archive inside an archive; unpack it first")
        elif looks_binary(prefix) and not prefix.startswith(b"PK"):
            report.warn(shown, "skipped: a binary file")
        else:
            yield entry


def _zip_sidecar(inner: PurePosixPath, names: set[str]) -> bool:
    lowered = inner.name.lower()
    return lowered.endswith((".meta.toml", ".meta.json")) or (
        lowered.endswith(".json")
        and any(str(inner.with_suffix(suffix)) in names for suffix in TRANSCRIPT_SUFFIXES)
    )


def _read_member(members: dict[str, Callable[[], BinaryIO]], inner: PurePosixPath) -> bytes | None:
    opener = members.get(str(inner))
    if opener is None:
        return None
    with opener() as stream:
        return stream.read()
