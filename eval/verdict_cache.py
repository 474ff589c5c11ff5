"""Verdicts kept between runs, so that a run that broke off goes on where it stopped.

One JSON object a line: a key of the record's content and the policy's fingerprint, and the verdict.
Another record, threshold, prompt or model has another key; a change of the code has not, so the
cache is for runs that cost money or hours and is off unless asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from auditor.domain.policy import Policy
from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Verdict


def cache_key(record: AuditRecord, policy: Policy) -> str:
    """Key of a record's verdict under a policy."""
    text = f"{policy.fingerprint}\n{record.model_dump_json()}"
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class VerdictCache:
    """A file of verdicts by record and policy."""

    def __init__(self, path: Path) -> None:
        """Reads what is there; lines that can't be read (a run killed in mid-line) are ignored.

        Args:
            path: the file; made at the first verdict where there is none.
        """
        self._path = path
        self._kept: dict[str, Verdict] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").split("\n"):
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
            self._kept[entry["key"]] = Verdict.model_validate(entry["verdict"])
        except (json.JSONDecodeError, KeyError, TypeError, ValidationError):
            return

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, record: AuditRecord, policy: Policy) -> Verdict | None:
        """The verdict kept, or None."""
        return self._kept.get(cache_key(record, policy))

    def keep(self, judged: Iterable[tuple[AuditRecord, Verdict]], policy: Policy) -> None:
        """Writes verdicts at once."""
        with self._path.open("a", encoding="utf-8") as file:
            for record, verdict in judged:
                key = cache_key(record, policy)
                self._kept[key] = verdict
                line = json.dumps({"key": key, "verdict": verdict.as_line()}, ensure_ascii=False)
                file.write(f"\n{line}" if file.tell() else line)
