"""Who gets digests, when, and what they may see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from auditor.access.roles import Role
from auditor.jobs.schedule import Slot, latest_slot
from auditor.settings import Settings
from auditor.storage import StoredDigest, UnitOfWork, User

EMAIL: Literal["email"] = "email"
WEBHOOK: Literal["webhook"] = "webhook"
EVERY_TEAM = "*"
"""Name of the webhook that gets all teams."""
_READERS = (Role.SUPERVISOR, Role.ADMIN)


@dataclass(frozen=True)
class Reader:
    """Someone, or a channel, that gets a digest."""

    recipient: str
    """Address, or the name of the webhook."""
    channel: Literal["email", "webhook"]
    """How it is sent."""
    name: str
    """As shown."""
    zone: tzinfo
    """Of the reader's day."""
    day: int
    """Day of the week on which it is due, 0 for Monday."""
    hour: int
    """Hour of that day from which it is due."""
    teams: frozenset[str] | None = None
    """Casefolded names of the teams that the reader may see; None for all."""
    team: str | None = None
    """The one team that it is about, where there is one."""
    skips_empty: bool = False
    """Whether a week with nothing to decide sends nothing."""
    since: datetime | None = None
    """Slots before it are not caught up; None where there is no such moment."""
    user_key: int | None = None
    """The person, who may stop it by a link."""

    def slot(self, now: datetime) -> Slot | None:
        """The last slot that has come; None where there was none since the reader is one."""
        found = latest_slot(now, day=self.day, hour=self.hour, zone=self.zone)
        return None if self.since is not None and found.at < self.since else found

    def gets(self, digest: StoredDigest) -> bool:
        """Whether a digest is this reader's."""
        return (self.recipient, self.channel) == (digest.recipient, digest.channel)


def readers(unit: UnitOfWork, settings: Settings) -> list[Reader]:
    """Everyone who gets a digest by itself, as the settings and people have it."""
    return [*_people(unit, settings), *_webhooks(settings)]


def reader_of(user: User, settings: Settings) -> Reader:
    """A person as a reader, whether or not the digest is sent to them by itself."""
    teams = None if user.teams is None else frozenset(t.casefold() for t in user.teams)
    return Reader(
        recipient=user.email,
        channel=EMAIL,
        name=user.name,
        zone=zone_of(user.time_zone or settings.time_zone),
        day=user.digest_day,
        hour=user.digest_hour,
        teams=teams,
        skips_empty=user.digest_skip_empty,
        since=user.created_at,
        user_key=user.key,
    )


def may_read(user: User) -> bool:
    """Whether a digest is meant for a person of this role at all."""
    return user.is_active and user.role in _READERS


def zone_of(name: str | None) -> tzinfo:
    """The zone of a name, the machine's where None."""
    return ZoneInfo(name) if name else machine_zone()


@cache
def machine_zone() -> tzinfo:
    """The machine's zone with its changes of the clock; UTC where it can't be told."""
    try:
        if named := os.environ.get("TZ", "").lstrip(":"):
            return ZoneInfo(named)
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return UTC


def _people(unit: UnitOfWork, settings: Settings) -> Iterator[Reader]:
    if settings.smtp_url is None or settings.mail_from is None:
        return
    for user in unit.users.all():
        if user.digest_on and may_read(user):
            yield reader_of(user, settings)


def _webhooks(settings: Settings) -> Iterator[Reader]:
    for name in settings.digest_webhooks:
        yield Reader(
            recipient=name,
            channel=WEBHOOK,
            name=name,
            zone=zone_of(settings.time_zone),
            day=settings.digest_day,
            hour=settings.digest_hour,
            team=None if name == EVERY_TEAM else name,
        )
