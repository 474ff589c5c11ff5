"""Puts flow and health into words and tables: for the terminal, the page and the digest alike.

Each section has a sentence that says what it means, a small table, what it can't know, and the
keys of the definitions of its figures.
"""

from __future__ import annotations

from auditor.digest.health_view.open_sections import (
    clogs_section,
    flow_section,
    pipeline_section,
    work_section,
)
from auditor.digest.health_view.outcome_sections import (
    data_section,
    fallout_section,
    new_business_section,
)
from auditor.digest.health_view.parts import HealthView, SectionView, TableView, say_estimate
from auditor.digest.health_view.time_sections import (
    cycles_section,
    forecast_section,
    odds_section,
    sizes_section,
)
from auditor.domain.health import Health
from auditor.domain.recommendation import say_date

__all__ = ["make_health_view", "HealthView", "SectionView", "TableView", "say_estimate"]


def make_health_view(health: Health, *, caps_set: bool) -> HealthView:
    """Puts a report into words.

    Args:
        health: the report.
        caps_set: whether the settings tell caps; the method's defaults are named where not.
    """
    whose = health.scope.rep or health.scope.team
    day = f"{say_date(health.as_of)} {health.as_of.year}"
    return HealthView(
        title="Flow and health",
        subtitle=" · ".join(filter(None, (whose, f"as of {day}"))),
        sections=(
            pipeline_section(health),
            flow_section(health.flow, caps_set=caps_set),
            work_section(health.flow),
            cycles_section(health),
            odds_section(health),
            clogs_section(health),
            sizes_section(health),
            forecast_section(health),
            *(fallout_section(health, by) for by in ("lead_source", "stage", "reason", "rep")),
            new_business_section(health),
            data_section(health),
        ),
    )
