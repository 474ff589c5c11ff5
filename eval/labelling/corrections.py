"""Supervisors' corrections as a labelled set, from the database in which they were made."""

from __future__ import annotations

from typing import Any

from auditor.errors import InputError
from auditor.jobs.corrected_examples import labelled_line
from auditor.storage import open_database


def read_corrections(url: str) -> list[dict[str, Any]]:
    """The corrections that stand, the latest of each activity, as labelled records, oldest first.

    Records carry the tag ``corrected`` or, where the supervisor agreed with the auditor,
    ``confirmed``; a reason and evidence only where the supervisor told them or agreed.

    Args:
        url: of the database.

    Raises:
        StorageError: where it can't be used.
        InputError: where it holds no correction.
    """
    with open_database(url, create=False) as database:
        database.require_schema()
        with database.read() as unit:
            found = [labelled_line(example) for example in unit.corrections.labelled()]
        if not found:
            raise InputError(
                f"database {database.shown} holds no correction; supervisors make them on the page "
                "of an opportunity, or by POST /v1/verdicts/{key}/corrections"
            )
    return found
