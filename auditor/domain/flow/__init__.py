"""Opportunity flow: queues with a cap, release one out one in, conversations, replenishment.

The defaults are the method's: a queue of 80, 15 selling conversations and 10 closed a day.
"""

from __future__ import annotations

from auditor.domain.flow.deals import OpenDeal, open_deal
from auditor.domain.flow.ledger import Ledger, ReleaseAnswer, may_release
from auditor.domain.flow.queues import FlowReport, QueueAge, RepFlow, TeamFlow, build_flow
from auditor.domain.flow.rules import TeamRules, rules_for
from auditor.domain.flow.work import DayWork, Movements, Work

__all__ = [
    "TeamRules",
    "rules_for",
    "OpenDeal",
    "open_deal",
    "Ledger",
    "ReleaseAnswer",
    "may_release",
    "DayWork",
    "Work",
    "Movements",
    "QueueAge",
    "RepFlow",
    "TeamFlow",
    "FlowReport",
    "build_flow",
]
