"""Compressed files, opened with a limit on what they expand to.

Nothing is unpacked to disk.  Damaged or encrypted archives are an ``InputError`` that names the
file.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol, cast

from auditor.errors import InputError

DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What the standard library raises on an archive that can't be read."""


class SupportsClose(Protocol):
    """Anything with a handle to give back."""

    def close(self) -> None:
        """Gives the handle back."""


@dataclass(frozen=True)
class Member:
    """A file in a ``.zip``."""

    name: str
    """Its path in the archive."""
    opener: Callable[[], BinaryIO]
    """Opens its bytes."""
    modified_at: datetime | None
    """Last change, where the archive holds a sound date."""


class _Limited(io.RawIOBase):
    """Passes bytes through until more than the limit came out."""

    def __init__(self, layers: Sequence[SupportsClose], name: str, limit: int) -> None:
        super().__init__()
        self._layers = layers
        self._inner = cast("BinaryIO", layers[0])
        self._name, self._left, self._limit = name, limit, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._inner.read(len(buffer))
        except DAMAGED as exc:
            raise InputError(
                f"{self._name}: the archive is damaged ({exc}); export or download it again"
            ) from exc
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"{self._name}: it expands to more than {self._limit:,} bytes; if that is right, "
                "unpack it yourself and give the files"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        for layer in self._layers:
            layer.close()
        super().close()


def buffered(raw: io.RawIOBase) -> BinaryIO:
    """Returns a buffer over a raw stream."""
    return io.BufferedReader(raw, 65_536)


def gzip_opener(opener: Callable[[], BinaryIO], name: str, limit: int) -> Callable[[], BinaryIO]:
    """Returns an opener of the expanded bytes; they raise ``InputError`` past the limit."""

    def reopen() -> BinaryIO:
        packed = opener()
        layers = (gzip.GzipFile(fileobj=packed), packed)
        return buffered(_Limited(layers, name, limit))

    return reopen


def zip_members(opener: Callable[[], BinaryIO], name: str, limit: int) -> list[Member]:
    """Lists the files in a ``.zip``.

    Raises:
        InputError: it is damaged, encrypted, or says itself that it expands past the limit.
    """
    try:
        with opener() as packed, zipfile.ZipFile(packed) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except DAMAGED as exc:
        raise InputError(f"{name}: the archive can't be read ({exc})") from exc
    if any(info.flag_bits & 1 for info in infos):
        raise InputError(f"{name}: the archive is encrypted; unpack it first")
    if sum(info.file_size for info in infos) > limit:
        raise InputError(
            f"{name}: it expands to more than {limit:,} bytes; if that is right, unpack it "
            "yourself and give the files"
        )
    return [
        Member(info.filename, _member_opener(opener, info, name, limit), _when(info))
        for info in infos
    ]


def _member_opener(
    opener: Callable[[], BinaryIO], info: zipfile.ZipInfo, name: str, limit: int
) -> Callable[[], BinaryIO]:
    shown = f"{name}!{info.filename}"

    def reopen() -> BinaryIO:
        packed = opener()
        try:
            archive = zipfile.ZipFile(packed)
            layers = (archive.open(info), archive, packed)
        except DAMAGED as exc:
            packed.close()
            raise InputError(f"{shown}: the archive is damaged ({exc})") from exc
        return buffered(_Limited(layers, shown, limit))

    return reopen


def _when(info: zipfile.ZipInfo) -> datetime | None:
    with suppress(ValueError):
        return datetime(*info.date_time)
    return None
