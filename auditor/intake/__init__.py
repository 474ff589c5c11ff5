"""Files in, domain records out: exports, transcripts and CRM objects.

``read_paths`` yields opportunities, activities and records to audit; an ``IntakeReport`` collects
what could not be read and how columns were understood; ``assemble`` gathers the items under their
opportunities.  Nothing is lost silently: a row that can't be used is an error in the report with
its file, line, field and how to mend it, and the reading goes on::

    report = IntakeReport()
    options = IntakeOptions(mapping=parse_map_option("text=Notes"))
    for dossier in assemble(read_paths(paths, options=options, report=report), report=report):
        for record in dossier.records:
            ...
"""

from __future__ import annotations

from auditor.intake.dossier import HISTORY_LIMIT, Dossier, assemble
from auditor.intake.fields import TableKind
from auditor.intake.files import IntakeItem, read_paths
from auditor.intake.merging import merge_opportunities
from auditor.intake.options import (
    ColumnMap,
    DateOrder,
    IntakeOptions,
    load_mapping_file,
    parse_map_option,
)
from auditor.intake.report import (
    FileTally,
    GuessedMapping,
    IntakeReport,
    IntakeWarning,
    MappedColumn,
    problem_as_dict,
)

__all__ = [
    "read_paths",
    "assemble",
    "IntakeItem",
    "IntakeOptions",
    "IntakeReport",
    "Dossier",
    "HISTORY_LIMIT",
    "ColumnMap",
    "DateOrder",
    "TableKind",
    "parse_map_option",
    "load_mapping_file",
    "FileTally",
    "GuessedMapping",
    "IntakeWarning",
    "MappedColumn",
    "merge_opportunities",
    "problem_as_dict",
]
