"""Counts where closed opportunities fell out, in columns; loads numpy.

The conditions are those that ``health_records`` has as SQL, to list the records behind a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress

import numpy as np

from auditor.domain.health.fallout import DIMENSIONS, GroupCount
from auditor.storage.past_columns import Amounts, Deals, Flags, Names, Numbers, Texts

_KINDS = 32
"""Bits for the currency and whether won."""


class FalloutTally:
    """Adds up opportunities closed in the period by stage, reason, rep and lead source."""

    def __init__(self) -> None:
        """Begins at nothing."""
        self._names = {dimension: Names() for dimension in DIMENSIONS}
        self._parts: dict[str, list[tuple[Numbers, Numbers, Amounts]]] = {
            dimension: [] for dimension in DIMENSIONS
        }

    def add(self, page: Deals, stage_left: Texts) -> None:
        """Adds a page.

        Args:
            page: opportunities.
            stage_left: the last stage of each that is no outcome, or its stage.
        """
        if not page.lately.any():
            return
        self._count("stage", stage_left, page, page.lately)
        self._count("reason", page.reason, page, page.lately & ~page.is_won)
        self._count("rep", page.owner, page, page.lately)
        self._count("lead_source", page.lead_source, page, page.lately)

    def _count(self, dimension: str, names: Sequence[str | None], page: Deals, of: Flags) -> None:
        chosen = [name or "" for name in compress(names, of.tolist())]
        kind = page.currency[of] * 2 + page.is_won[of]
        codes = (self._names[dimension].numbered(chosen) << _KINDS) | kind
        worth = np.nan_to_num(page.value[of])
        self._parts[dimension].append(_summed(codes, np.ones(len(codes), np.int64), worth))

    def close(self, currencies: Sequence[str | None]) -> dict[str, list[GroupCount]]:
        """Gives what was counted, by dimension.

        Args:
            currencies: by number.
        """
        return {d: list(self._groups(d, currencies)) for d in DIMENSIONS}

    def _groups(self, dimension: str, currencies: Sequence[str | None]) -> Iterable[GroupCount]:
        parts = self._parts[dimension]
        if not parts:
            return
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        names = list(self._names[dimension])
        told: dict[int, list[float]] = {}
        columns = (column.tolist() for column in _summed(*joined))
        for code, number, value in zip(*columns, strict=True):
            own = told.setdefault(code >> 1, [0, 0, 0.0, 0.0])
            at = 0 if code & 1 else 1
            own[at], own[at + 2] = number, value
        for code, (won, lost, won_value, lost_value) in told.items():
            name = names[code >> (_KINDS - 1)]
            currency = currencies[code & ((1 << (_KINDS - 1)) - 1)]
            yield GroupCount(name, currency, int(won), int(lost), won_value, lost_value)


def _summed(codes: Numbers, counts: Numbers, worth: Amounts) -> tuple[Numbers, Numbers, Amounts]:
    """Codes, each once, with the sums of what belongs to them."""
    found, at = np.unique(codes, return_inverse=True)
    numbers = np.bincount(at, weights=counts, minlength=len(found)).astype(np.int64)
    sums = np.bincount(at, weights=worth, minlength=len(found)).astype(np.float64)
    return found, numbers, sums
