"""The docket, and flow and health, as tables for spreadsheets: one writer, and what is written."""

from __future__ import annotations

from auditor.digest.tables.csv_text import (
    MEDIA_TYPE,
    Cell,
    Table,
    csv_bytes,
    neutralised,
    restored,
)
from auditor.digest.tables.docket_table import docket_csv, item_cells
from auditor.digest.tables.health_tables import HEALTH_TABLES, health_table, table_of_section

__all__ = [
    "MEDIA_TYPE",
    "Cell",
    "Table",
    "csv_bytes",
    "neutralised",
    "restored",
    "docket_csv",
    "item_cells",
    "HEALTH_TABLES",
    "health_table",
    "table_of_section",
]
