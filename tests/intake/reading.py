"""Reads made-up files through the public entry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.intake import (
    Dossier,
    IntakeItem,
    IntakeOptions,
    IntakeReport,
    assemble,
    read_paths,
)


@dataclass
class Result:
    items: list[IntakeItem]
    report: IntakeReport

    @property
    def activities(self) -> list[Activity]:
        return [item for item in self.items if isinstance(item, Activity)]

    @property
    def deals(self) -> list[Opportunity]:
        return [item for item in self.items if isinstance(item, Opportunity)]

    @property
    def records(self) -> list[AuditRecord]:
        return [item for item in self.items if isinstance(item, AuditRecord)]

    @property
    def problems(self) -> list[str]:
        return [str(error) for error in self.report.errors]

    @property
    def said(self) -> str:
        return "\n".join(warning.text for warning in self.report.warnings)

    def mapped(self, number: int = 0) -> dict[str, str]:
        return {m.field: m.column for m in self.report.mappings[number].columns}


def read(*paths: Path, **options: Any) -> Result:
    report = IntakeReport()
    items = list(read_paths(paths, options=IntakeOptions(**options), report=report))
    return Result(items, report)


def read_text(folder: Path, name: str, content: str | bytes, **options: Any) -> Result:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, **options)


def dossiers(*items: IntakeItem, report: IntakeReport | None = None) -> list[Dossier]:
    return list(assemble(items, report=report))
