"""Reads records of the codebook's form as the auditor does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditor.domain.records import AuditRecord
from auditor.intake import IntakeOptions, IntakeReport, read_paths


def records_of(folder: Path, told: Sequence[dict[str, Any]]) -> list[AuditRecord]:
    """The records of these values."""
    path = folder / "records.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in told), encoding="utf-8")
    items = read_paths([path], options=IntakeOptions(), report=IntakeReport())
    return [item for item in items if isinstance(item, AuditRecord)]
