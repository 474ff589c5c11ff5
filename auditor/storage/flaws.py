"""What may be wrong with the data that health counts, and how each is survived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Text, and_, cast, distinct, func, or_, select
from sqlalchemy.orm import Session

from auditor.storage.counting import LOST, OPEN, WON, Counted
from auditor.storage.models import OpportunityRow, StageChangeRow

_row = OpportunityRow
STAGE_AFTER_CLOSING = "stage_after_closing"
STAGE_BEFORE_OPENING = "stage_before_opening"
STAGE_LATER = "stage_later"


@dataclass(frozen=True)
class FlawKind:
    """One kind of flaw."""

    key: str
    """Short name."""
    words: str
    """What is wrong, and how it is counted."""
    where: Callable[[Counted], ColumnElement[bool]]
    """Which opportunities have it."""
    of_stages: bool = False
    """Whether it is found on stage changes; those are counted in the pass over the past."""


def _is_open(_: Counted) -> ColumnElement[bool]:
    return _row.status == OPEN


FLAWS: tuple[FlawKind, ...] = (
    FlawKind(
        "closed_before_opened",
        "closed before they were opened; left out of all times",
        lambda _: _row.closed_on < _row.opened_on,
    ),
    FlawKind(
        "closed_without_day",
        "closed, and no one told when; left out of all times and of closings in a period",
        lambda _: and_(_row.status != OPEN, _row.closed_on.is_(None)),
    ),
    FlawKind(
        "closed_later",
        "closed on a day still to come; counted as open until then",
        lambda c: and_(_row.status != OPEN, _row.closed_on > c.as_of),
    ),
    FlawKind(
        "open_with_closing_day",
        "open, and have a closing day; counted as open",
        lambda _: and_(_row.status == OPEN, _row.closed_on.is_not(None)),
    ),
    FlawKind(
        "opened_later",
        "opened on a day still to come; their age is not counted",
        lambda c: _row.opened_on > c.as_of,
    ),
    FlawKind(
        "without_opening",
        "without an opening day; left out of the time from opening to closing",
        lambda c: and_(_row.opened_on.is_(None), or_(_row.status == OPEN, c.is_closed_lately())),
    ),
    FlawKind(
        "open_without_value",
        "open without a value; in the counts and in no sum",
        lambda _: and_(_row.status == OPEN, _row.value.is_(None)),
    ),
    FlawKind(
        "won_without_value",
        "won without a value; in the counts and in no sum",
        lambda c: and_(_row.status == WON, c.is_closed_lately(), _row.value.is_(None)),
    ),
    FlawKind(
        "negative_value",
        "with a value under zero; summed as told",
        lambda c: and_(
            or_(_row.status == OPEN, c.is_closed_lately()), func.substr(_text_value(), 1, 1) == "-"
        ),
    ),
    FlawKind(
        "value_without_currency",
        "with a value and no currency; summed apart, never with another",
        lambda c: and_(
            or_(_row.status == OPEN, c.is_closed_lately()),
            _row.value.is_not(None),
            _row.currency.is_(None),
        ),
    ),
    FlawKind(
        "open_without_owner",
        "open and held by no one; counted under nobody",
        lambda _: and_(_row.status == OPEN, _row.owner.is_(None)),
    ),
    FlawKind(
        "open_without_stage",
        "open without a stage; weighted like the whole pipeline",
        lambda _: and_(_row.status == OPEN, _row.stage.is_(None)),
    ),
    FlawKind(
        "lost_without_reason",
        "lost without a reason; a row of their own in the fallout",
        lambda c: and_(_row.status == LOST, c.is_closed_lately(), _row.lost_reason.is_(None)),
    ),
    FlawKind(
        "without_lead_source",
        "without a lead source; a row of their own in the fallout",
        lambda c: and_(_row.lead_source.is_(None), or_(_row.status == OPEN, c.is_closed_lately())),
    ),
    FlawKind(
        "won_without_account",
        "won without an account; neither new business nor repeat revenue",
        lambda c: and_(_row.status == WON, c.is_closed_lately(), _row.account.is_(None)),
    ),
    FlawKind(
        STAGE_AFTER_CLOSING,
        "with a stage entered after closing; that time is left out",
        lambda _: and_(_row.status != OPEN, StageChangeRow.entered_on > _row.closed_on),
        of_stages=True,
    ),
    FlawKind(
        STAGE_BEFORE_OPENING,
        "with a stage entered before opening; times in stages are kept as told",
        lambda _: StageChangeRow.entered_on < _row.opened_on,
        of_stages=True,
    ),
    FlawKind(
        STAGE_LATER,
        "with a stage entered on a day still to come; not counted until then",
        lambda c: StageChangeRow.entered_on > c.as_of,
        of_stages=True,
    ),
)
"""Found opportunity by opportunity."""


def _text_value() -> ColumnElement[str]:
    return cast(_row.value, Text)


SAME_ID = "same_id"
SAME_NAME = "same_name"
_DUPLICATES = {
    SAME_ID: "have an id that another source has too; each is counted",
    SAME_NAME: "are open under the same name and account as another; each is counted",
}


def told_flaws(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Key, words and count of what is wrong with the data; what is fine is left out.

    Args:
        counts: by key.
    """
    words = {flaw.key: flaw.words for flaw in FLAWS} | _DUPLICATES
    return [(key, said, counts[key]) for key, said in words.items() if counts.get(key)]


class DuplicateFlaws:
    """Opportunities that may be there twice."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self, counted: Counted) -> dict[str, int]:
        """How many there are, by key."""
        found = {SAME_NAME: self._count(same_name(counted))}
        if (self._session.scalar(select(func.count(distinct(_row.source)))) or 0) > 1:
            found[SAME_ID] = self._count(same_id(counted))
        return found

    def _count(self, keys: Select[int]) -> int:
        return self._session.scalar(select(func.count()).select_from(keys.subquery())) or 0


def same_id(counted: Counted) -> Select[int]:
    """Keys of opportunities whose id stands in two sources."""
    twice = select(_row.id).group_by(_row.id).having(func.count() > 1)
    return select(_row.key).where(counted.people(), _row.id.in_(twice))


def same_name(counted: Counted) -> Select[int]:
    """Keys of open opportunities that share their name and account with another open one."""
    size = func.count().over(partition_by=(_row.name, _row.account))
    named = (
        select(_row.key, size.label("size"))
        .where(
            counted.people(), _is_open(counted), _row.name.is_not(None), _row.account.is_not(None)
        )
        .subquery()
    )
    return select(named.c.key).where(named.c.size > 1)
