"""A real mail server on loopback that can be told to refuse, and a shop that sends to it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from auditor.access.people import add_person
from auditor.access.roles import Role
from auditor.domain.policy import Policy
from auditor.settings import Settings
from auditor.storage import Database
from tests.builders import a_pending, an_activity, an_opportunity
from tests.storage.making import POLICY, RULES, judge_all, tell

MONDAY = date(2026, 3, 9)
"""The reading day of the digests of 2026-W10."""
SEVEN = datetime(2026, 3, 9, 7, 30, tzinfo=UTC)


@dataclass
class Inbox:
    """What the mail server took, and how it is to answer."""

    kept: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    rcpt: str = ""
    data: str = ""
    cut_at_end: bool = False

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        assert isinstance(envelope.content, bytes)
        self.kept.append(envelope.content)
        self.sizes.append(len(envelope.content))
        if self.cut_at_end:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        found = [message_from_bytes(raw, policy=default) for raw in self.kept]
        return [m for m in found if isinstance(m, EmailMessage)]


@contextmanager
def mail_server(**options: Any) -> Iterator[tuple[Inbox, int]]:
    """A running server with its inbox and port."""
    inbox, port = Inbox(), free_port()
    controller = Controller(
        inbox, hostname="127.0.0.1", port=port, server_hostname="test", **options
    )
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Shop:
    """What sending needs, with the rules as judge."""

    database: Database
    settings: Settings
    classifier: Any = RULES
    policy: Policy = POLICY


def make_shop(database: Database, port: int, **settings: Any) -> Shop:
    """A shop whose digests go to a port of this machine."""
    given = {
        "smtp_url": SecretStr(f"smtp://127.0.0.1:{port}"),
        "mail_from": "Call notes <auditor@example.com>",
        "public_url": "https://auditor.example.com",
        "secret_key": SecretStr("k" * 64),
        "time_zone": "UTC",
        **settings,
    }
    return Shop(database, Settings(**given))


def add_supervisor(
    database: Database,
    email: str = "kim@example.com",
    *,
    since: date = date(2026, 3, 8),
    **values: Any,
) -> int:
    """A supervisor of North whose digest is due on Mondays at seven UTC."""
    user = add_person(
        database,
        email,
        values.pop("name", "Kim Vale"),
        values.pop("role", Role.SUPERVISOR),
        teams=values.pop("teams", ["North"]),
        owner=values.pop("owner", None),
        password=None,
        actor="cli",
    )
    created = datetime.combine(since, datetime.min.time(), tzinfo=UTC)
    with database.begin() as unit:
        unit.users.change(user.key, {"time_zone": "UTC", "created_at": created, **values})
    return user.key


def fill(database: Database, *, until: date = MONDAY) -> None:
    """A loss and a vague callback of North and a loss of South, judged."""
    told = [
        ("o1", "North", "Marsh racking", "Spoke to Lee. They signed with Brandt last week."),
        ("o2", "North", "Keld shuttle", "Call back in three months to see how things are."),
        ("o3", "South", "Orrin mezzanine", "They went with another supplier, contract signed."),
    ]
    for number, (key, team, name, text) in enumerate(told, 1):
        day = until - timedelta(days=7 - number)
        tell(
            database,
            an_opportunity(
                id=key, team=team, name=name, next_activity=a_pending(until + timedelta(80))
            ),
            an_activity(day, text, id=f"a{number}", opportunity_id=key),
            on=until,
        )
    judge_all(database)


def wait_for(condition: Any, seconds: float = 10.0) -> None:
    """Waits until a condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)
