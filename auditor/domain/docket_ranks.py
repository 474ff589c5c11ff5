"""The order of a docket, and which lines of it are the decisions of the week."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from auditor.domain.docket_lines import DocketLine
from auditor.domain.verdict import Action

_FRESH_LIFT = 1.25
_MOST_OF_ONE_ACTION = 2 / 3
_WEIGHTS = {
    Action.CLOSE: 1.0,
    Action.ADVANCE: 1.0,
    Action.REVIEW: 0.6,
    Action.PARK: 0.1,
    Action.LEAVE: 0.0,
}


def rank_lines(lines: Sequence[DocketLine]) -> list[DocketLine]:
    """Gives each line its rank, and sorts: steps owed first, then by rank."""
    values = [float(i.opportunity.value) for i in lines if i.opportunity.value is not None]
    typical = statistics.median(values) if values else 1.0
    return sorted((i._replace(rank=_rank(i, typical)) for i in lines), key=_place)


def choose(lines: Sequence[DocketLine], shown: int) -> list[DocketLine]:
    """The lines of the highest ranks; no single action takes more than two thirds of the places."""
    wanted = [i for i in lines if i.is_open_question and i.held_until is None]
    limit = max(1, round(shown * _MOST_OF_ONE_ACTION))
    taken: list[DocketLine] = []
    count: Counter[Action] = Counter()
    for line in wanted:
        room = count[line.action] < limit or line.is_owed
        if len(taken) < shown and room:
            taken.append(line)
            count[line.action] += 1
    chosen = {line.at for line in taken}
    rest = [i for i in wanted if i.at not in chosen]
    taken += rest[: shown - len(taken)]
    return sorted(taken, key=_place)


def _place(line: DocketLine) -> tuple[bool, float]:
    """What sorts first: steps owed, then rank."""
    return not line.is_owed, -line.rank


def _rank(line: DocketLine, typical: float) -> float:
    value = float(line.opportunity.value) if line.opportunity.value is not None else typical
    fresh = line.active_last_week or line.is_overdue or line.changed
    return value * line.confidence * _WEIGHTS[line.action] * (_FRESH_LIFT if fresh else 1.0)
