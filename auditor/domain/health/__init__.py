"""The pipeline's blood work as pure values: estimates with intervals, and what they rest on.

``auditor.health`` fills them from the database.
"""

from __future__ import annotations

from auditor.domain.health.definitions import DEFINITIONS, Definition
from auditor.domain.health.estimates import Estimate, wilson
from auditor.domain.health.fallout import FalloutRow, fallout_rows
from auditor.domain.health.forecast import Horizon, SaidGroup, score_horizon
from auditor.domain.health.odds import AgeOdds, Life, Outcome, StageOdds, stage_odds
from auditor.domain.health.pipeline import Clog, PipelineView, find_clogs, view_pipeline
from auditor.domain.health.report import Flaw, Health, Knowledge, Scope, SizeOfWins, StageCycle

__all__ = [
    "Health",
    "Scope",
    "Knowledge",
    "Flaw",
    "Estimate",
    "wilson",
    "Definition",
    "DEFINITIONS",
    "StageCycle",
    "SizeOfWins",
    "Outcome",
    "Life",
    "AgeOdds",
    "StageOdds",
    "stage_odds",
    "SaidGroup",
    "Horizon",
    "score_horizon",
    "FalloutRow",
    "fallout_rows",
    "Clog",
    "PipelineView",
    "find_clogs",
    "view_pipeline",
]
