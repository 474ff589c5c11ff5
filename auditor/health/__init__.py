"""Flow and health of what is stored: one computation for digest, page, API and command line.

``compute_health`` gives the report, ``find_records`` the records behind any of its figures,
``rep_queue`` and ``release_answer`` what a lead router asks.
"""

from __future__ import annotations

from auditor.health.as_data import health_data, queue_data, release_data
from auditor.health.compute import compute_health
from auditor.health.queue import RepQueueView, release_answer, rep_queue
from auditor.health.records import find_records
from auditor.health.rules import HealthRules, health_rules

__all__ = [
    "HealthRules",
    "health_rules",
    "compute_health",
    "health_data",
    "find_records",
    "RepQueueView",
    "rep_queue",
    "queue_data",
    "release_answer",
    "release_data",
]
