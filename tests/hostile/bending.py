"""Strategies that bend what looks real: bytes, JSON values, XML in a zip; and the hostile words."""

from __future__ import annotations

import copy
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("AUDITOR_FUZZ_EXAMPLES", "40"))
"""Examples of each fuzzed claim; the long run raises it, and draws others each time."""
fuzzed = settings(
    max_examples=EXAMPLES,
    derandomize="AUDITOR_FUZZ_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

WORDS = (
    "=cmd|'/C calc'!A0", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)",
    "{{ 7*7 }}", "{% raw %}", "${jndi:ldap://x}", "'; DROP TABLE verdicts; --", "../../etc/passwd",
    "\x1b[2J\x1b]0;x\x07", "\u202eabc\u202c", "\u200b\u200d\ufeff", "a\u0300" * 50, "\0",
    "\r\nBcc: x@example.com",
    "\ud800", "\udc00\ud800", "\U0001f468\u200d\U0001f469", "\u2028", "\x85", "\x1c",
    "w" * 5000, "9" * 400, "1e999", "-1e999", "NaN", "Infinity", "0x1F", "١٢٣", "1" * 5000,
    "2026-02-30", "0000-00-00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    "1950-01-01T00:00:00+23:59", "2100-12-31T23:59:59-23:59", "99999999999999", "1772614800000",
    "99:99:99,999 --> 99:99:99,999", "99999999999:00:00,000 --> 99999999999:00:00,000",
    "00:00:00.000 --> 00:00:00.000", "NOTE", "WEBVTT", "STYLE", "<v ", "<00:00:01.000>",
    "-- ", "> ", "On Tue wrote:", "From:", '"', '""', ",", ";", "\n", "\r", "\r\n", "sep=;",
    "&#x110000;", "&#0;", "&lt;script&gt;", "]]>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;",
    "]" * 40, "[" * 3000, '{"a":' * 3000, "Dana: " * 50, "(" * 200,
)  # fmt: skip
"""Pieces that are put anywhere."""
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 10**400, -(10**400), 1.5, 1e308, float("inf"), float("-inf"),
    float("nan"), "", [], {}, [[]], {"id": {}}, [None], {"a": [1]}, ["x", 2], {"": ""}, *WORDS,
)  # fmt: skip
"""What is put in the place of any JSON value."""


@st.composite
def bent_bytes(draw: st.DrawFn, samples: tuple[bytes, ...]) -> bytes:
    """One of the samples, cut, doubled and filled with hostile pieces; now and then only noise."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((0, 0, 1, 2, 8, 64, 1024))))
        sort = draw(st.integers(0, 4))
        if sort == 0:
            piece = draw(st.sampled_from(WORDS)).encode("utf-8", "surrogatepass")
        elif sort == 1:
            piece = draw(st.binary(max_size=6))
        elif sort == 2:
            piece = data[start:end] * draw(st.integers(2, 40))
        elif sort == 3:
            piece = draw(st.text(max_size=20)).encode("utf-8", "surrogatepass")
        else:
            piece = b""
        data = data[:start] + piece + data[end:]
    if draw(st.integers(0, 7)) == 0:
        data = data[: draw(st.integers(0, len(data)))]
    return data


@st.composite
def bent_values(draw: st.DrawFn, samples: tuple[Any, ...]) -> Any:
    """One of the samples with some of its values replaced, dropped, renamed or wrapped."""
    value = copy.deepcopy(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 5))):
        places = list(_places(value))
        if not places:
            return value
        holder, key = draw(st.sampled_from(places))
        sort = draw(st.integers(0, 9))
        if sort == 0:
            del holder[key]
        elif sort == 1 and isinstance(holder, dict):
            holder[draw(st.sampled_from(WORDS)) + str(key)] = holder.pop(key)
        elif sort == 2:
            holder[key] = [holder[key]] * draw(st.integers(1, 3))
        elif sort == 3:
            holder[key] = {str(key): holder[key], "id": "1"}
        elif sort == 4 and isinstance(holder[key], str):
            holder[key] += draw(st.sampled_from(WORDS))
        elif sort == 5:
            holder[key] = draw(st.text(max_size=20) | st.integers() | st.floats())
        else:
            holder[key] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    return value


def bent_json(samples: tuple[Any, ...]) -> st.SearchStrategy[bytes]:
    """JSON text of bent values, or bent JSON text."""
    plain = tuple(json.dumps(sample).encode() for sample in samples)
    whole = bent_values(samples).map(lambda v: json.dumps(v).encode())
    spelled = bent_values(samples).map(
        lambda v: json.dumps(v, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )
    return whole | spelled | bent_bytes(plain)


@st.composite
def bent_zip(draw: st.DrawFn, sample: bytes) -> bytes:
    """A workbook with one part bent, left out or renamed; or the archive itself bent."""
    if draw(st.integers(0, 3)) == 0:
        return draw(bent_bytes((sample,)))
    with zipfile.ZipFile(io.BytesIO(sample)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    sort = draw(st.integers(0, 9))
    if sort == 0:
        del parts[name]
    elif sort == 1:
        parts["../" + name] = parts.pop(name)
    else:
        parts[name] = draw(bent_bytes((parts[name],)))
    return zipped(parts)


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A zip of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        pairs: list[tuple[Any, Any]] = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)
