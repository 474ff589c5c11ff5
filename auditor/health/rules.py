"""What health is computed by: the policy, the teams' rules, the stages, the period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from auditor.domain.flow import TeamRules
from auditor.domain.policy import Policy
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.errors import ConfigurationError
from auditor.intake.options import DateOrder
from auditor.intake.transactions import TransactionFile, read_transactions
from auditor.settings import Settings

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
    bought: TransactionFile | None = None
    """What accounts bought, where a file tells it; won opportunities where None."""


def health_rules(
    settings: Settings, policy: Policy, *, history_days: int = HISTORY_DAYS
) -> HealthRules:
    """The rules that settings tell.

    Args:
        settings: teams, stages and the file of transactions.
        policy: whose verdicts count.
        history_days: how far back closings count.

    Raises:
        ConfigurationError: the stages file or the transactions file can't be used.
    """
    return HealthRules(
        policy,
        settings.teams,
        settings.stages(),
        history_days=history_days,
        bought=read_bought(settings),
    )


def read_bought(settings: Settings) -> TransactionFile | None:
    """Reads the file of transactions where it has changed since it was read last; None without one.

    Raises:
        ConfigurationError: it can't be used.
    """
    path = settings.transactions_file
    if path is None:
        return None
    try:
        stat = path.stat()
    except OSError as exc:
        raise ConfigurationError(
            f"transactions file {path}: can't be read ({exc.strerror}); mend transactions_file"
        ) from None
    return _read(path, settings.day_first, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, day_first: bool | None, _changed: int, _size: int) -> TransactionFile:
    orders = {True: DateOrder.DAY_FIRST, False: DateOrder.MONTH_FIRST, None: None}
    return read_transactions(path, date_order=orders[day_first])
