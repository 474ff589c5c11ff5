"""Tables as downloads: CSV with a file name that is ours to say."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi.responses import Response

from auditor.digest.tables import MEDIA_TYPE, Table, csv_bytes

_LONGEST_NAME = 80


def csv_answer(table: Table, *about: str | None) -> Response:
    """A table as a CSV file.

    Args:
        table: what is sent.
        about: parts of the file's name after the table's own, such as week and team.  Names come
            from outside, so letters and digits of ASCII are kept and the rest becomes a dash.
    """
    return csv_file([csv_bytes(table)], table.name, *about)


def csv_file(parts: Iterable[bytes], *named: str | None) -> Response:
    """The same of a file that is at hand in parts; ``named`` are all the parts of its name."""
    told = [plain for part in named if (plain := _plain(part or ""))]
    name = "-".join(told)[:_LONGEST_NAME]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(b"".join(parts), media_type=MEDIA_TYPE, headers=headers)


def _plain(text: str) -> str:
    dashed = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "-" for c in text)
    return "-".join(filter(None, dashed.split("-")))
