"""Fixed parts of a labelled set, named by a file with an id a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from auditor.errors import InputError
from eval.labelled import LabelledSet

_SHOWN = 5


def read_ids(path: Path) -> list[str]:
    """Ids of a file, a line each; blank lines and those opened by ``#`` are passed over.

    Raises:
        InputError: where the file can't be read, or names no id.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{str(path)!r} can't be read ({exc}); give a text file of ids") from exc
    ids = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not ids:
        raise InputError(f"{str(path)!r} names no id; write one a line")
    return list(dict.fromkeys(ids))


def take_slice(labelled: LabelledSet, ids: Sequence[str], *, name: str) -> LabelledSet:
    """The records with these ids, in the set's order.

    Args:
        labelled: the set.
        ids: which records.
        name: of the slice, noted in a run's JSON.

    Raises:
        InputError: where ids are not in the set.
    """
    there = {r.id for r in labelled}
    missing = [i for i in ids if i not in there]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise InputError(
            f"{name}: {labelled.path!r} holds no record {', '.join(map(repr, missing[:_SHOWN]))}"
            f"{more}; take these ids out, or give the set that they belong to"
        )
    wanted = set(ids)
    records = tuple(r for r in labelled if r.id in wanted)
    return replace(labelled, records=records, slice_name=name)
