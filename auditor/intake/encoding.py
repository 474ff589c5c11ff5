"""Text encodings of files: detected from the first bytes, and robust where the rest surprises.

UTF-8 (with or without BOM), UTF-16 and UTF-32 by BOM, UTF-16 without one by its zero bytes, else
Windows-1252, the usual encoding of old Windows exports.  A stray Windows byte deep in a UTF-8 file
is read as Windows-1252 and reported; it never ends the reading.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

from charset_normalizer import from_bytes

PREFIX_BYTES = 65_536
"""Bytes of a file that are looked at."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_STRAY = re.compile("[\udc80-\udcff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def detect_encoding(prefix: bytes) -> str:
    """Returns the codec's name for a file that begins with these bytes."""
    for bom, name in _BOMS:
        if prefix.startswith(bom):
            return name
    if wide := _wide_without_bom(prefix):
        return wide
    decoded, stray = _as_utf8(prefix)
    if stray == 0 or _multibyte_count(decoded) > stray:
        return "utf-8"
    if _UNDEFINED_1252.search(prefix):
        best = from_bytes(prefix[:16_384]).best()
        if best is not None and best.encoding not in ("utf_8", "ascii"):
            return best.encoding
    return "cp1252"


def looks_binary(prefix: bytes) -> bool:
    """Tells whether these first bytes are no text in any encoding that is read."""
    if any(prefix.startswith(bom) for bom, _ in _BOMS) or _wide_without_bom(prefix):
        return False
    if prefix.startswith((b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"\x7fELF", b"MZ\x90", b"GIF8")):
        return True
    if not prefix:
        return False
    controls = sum(byte < 9 or 13 < byte < 32 for byte in prefix[:4096])
    return controls > max(2, len(prefix[:4096]) // 50)


def open_text(raw: BinaryIO, encoding: str) -> TextIO:
    """Wraps bytes as text with line endings kept; bad bytes become surrogates or U+FFFD."""
    wide = encoding.replace("-", "").replace("_", "").lower().startswith(("utf16", "utf32"))
    errors = "replace" if wide else "surrogateescape"
    return io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="")


def mend_stray_bytes(text: str) -> tuple[str, int]:
    """Turns bytes that did not decode into what Windows-1252 makes of them.

    Returns:
        The text, and how many bytes were stray.
    """
    if text.isascii():
        return text, 0
    return _STRAY.subn(_from_1252, text)


def read_all(raw: BinaryIO, encoding: str) -> tuple[str, int]:
    """Reads a small file whole; line endings become line feeds.

    Returns:
        The text, and how many bytes were stray.
    """
    with open_text(raw, encoding) as stream:
        text, stray = mend_stray_bytes(stream.read())
    return text.replace("\r\n", "\n").replace("\r", "\n"), stray


def read_lines(stream: TextIO, longest: int) -> Iterator[str]:
    """Yields lines with their endings; a line over ``longest`` characters comes in pieces."""
    while line := stream.readline(longest):
        yield line


def without_lone_surrogates(text: str) -> str:
    """Returns text that UTF-8 can hold: half pairs, as JSON escapes may leave, become U+FFFD."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def sound_value(value: Any) -> Any:
    """Returns a JSON value whose keys and texts UTF-8 can hold.

    Raises:
        RecursionError: it is nested too deeply.
    """
    if isinstance(value, str):
        return without_lone_surrogates(value)
    if isinstance(value, dict):
        return {without_lone_surrogates(key): sound_value(part) for key, part in value.items()}
    return [sound_value(part) for part in value] if isinstance(value, list) else value


def _from_1252(match: re.Match[str]) -> str:
    byte = bytes([ord(match.group()) - 0xDC00])
    return byte.decode("cp1252", errors="replace")


def _as_utf8(prefix: bytes) -> tuple[str, int]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    decoded = decoder.decode(prefix, final=len(prefix) < PREFIX_BYTES)
    return decoded, len(_STRAY.findall(decoded))


def _multibyte_count(decoded: str) -> int:
    return sum(char > "\x7f" and not "\udc80" <= char <= "\udcff" for char in decoded)


def _wide_without_bom(prefix: bytes) -> str | None:
    sample = prefix[:4096]
    if len(sample) < 4:
        return None
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return None
