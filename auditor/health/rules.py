"""What health is computed by: the policy, the teams' rules, the stages, the period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.domain.flow import TeamRules
from auditor.domain.policy import Policy
from auditor.domain.stages import DEFAULT_STAGES, Stage

HISTORY_DAYS = 730
"""How far back closings count: long enough for slow sales, short enough for today's team."""
FLOW_DAYS = 7
"""Whole days before the day of the count over which work is counted."""


@dataclass(frozen=True)
class HealthRules:
    """Everything that a computation depends on, apart from the data."""

    policy: Policy
    """Whose verdicts count, and from which confidence on closing is recommended."""
    teams: Mapping[str, TeamRules] = field(default_factory=dict)
    """By team; ``default`` serves the others."""
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    """Kinds of stage."""
    history_days: int = HISTORY_DAYS
    """How far back closings count."""
    flow_days: int = FLOW_DAYS
    """Days of the flow's period."""
