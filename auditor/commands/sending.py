"""``auditor digest --send``: sends digests now, or writes what would be sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from auditor.access.people import fold_email
from auditor.commands.screen import notice, progress
from auditor.commands.work import Shop
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.jobs.due import count_due, judge_due
from auditor.jobs.readers import EMAIL, Reader, reader_of, readers, zone_of
from auditor.jobs.sending import Outcome, make_delivery, send_now
from auditor.settings import Settings
from auditor.storage import open_database

_PLAIN = re.compile(r"[^A-Za-z0-9@._-]+")


@dataclass(frozen=True)
class SendRequest:
    """What to send."""

    week: Week
    """The digest's week."""
    to: str | None = None
    """The one address; everyone who gets digests where None."""
    team: str | None = None
    """Only this team's opportunities; needs ``to``."""
    is_dry: bool = False
    """Write what would be sent, and send nothing."""
    is_resend: bool = False
    """Also where it was sent."""
    folder: Path = Path("digest")
    """Where a dry run writes to."""


def run_send(settings: Settings, request: SendRequest) -> int:
    """Judges what is due and sends digests.

    Returns:
        The exit code: 1 where a digest could not be sent.

    Raises:
        InputError: there is nobody to send to, or a file can't be written.
        StorageError: the database can't be used.
    """
    if request.team and not request.to:
        raise InputError("--team with --send needs --to: others get the teams that they may see")
    with open_database(settings.database_url, create=False) as database:
        database.require_schema()
        shop = Shop(settings, database)
        chosen = _chosen(shop, request)
        with progress("Judging", total=count_due(database, shop.policy)) as tick:
            judge_due(database, shop.classifier, shop.policy, on_judged=tick)
        if request.is_dry:
            for reader in chosen:
                _write(shop, reader, request)
            return 0
        done = [
            send_now(shop, reader, request.week, is_resend=request.is_resend) for reader in chosen
        ]
    for outcome in done:
        _tell(outcome)
    return int(any(o.state == "failed" for o in done))


def _chosen(shop: Shop, request: SendRequest) -> list[Reader]:
    with shop.database.read() as unit:
        if request.to is None:
            found = readers(unit, shop.settings)
            if not found:
                raise InputError(
                    "nobody gets digests: add supervisors (auditor user add), set AUDITOR_SMTP_URL "
                    "and AUDITOR_MAIL_FROM, or give --to ADDRESS"
                )
            return found
        address = fold_email(request.to)
        user = unit.users.by_email(address)
    if user is not None and request.team is None:
        return [reader_of(user, shop.settings)]
    zone = zone_of(shop.settings.time_zone)
    return [Reader(address, EMAIL, user.name if user else address, zone, 0, 0, team=request.team)]


def _write(shop: Shop, reader: Reader, request: SendRequest) -> None:
    delivery = make_delivery(shop, reader, request.week, datetime.now(UTC))
    is_mail = reader.channel == EMAIL
    name = f"{_PLAIN.sub('-', reader.recipient)}-{request.week}.{'eml' if is_mail else 'json'}"
    path = request.folder / name
    content = delivery.message().as_bytes() if is_mail else delivery.blocks().encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as exc:
        raise InputError(
            f"{path}: can't be written ({exc.strerror}); choose another --out"
        ) from exc
    notice(f"Written, not sent: {path}")


def _tell(outcome: Outcome) -> None:
    words = {"sent": "sent", "skipped": "not sent", "failed": "NOT SENT", "known": "not sent"}
    hint = "; --resend sends it again" if outcome.told.startswith("was sent") else ""
    notice(
        f"{outcome.reader.recipient}, {outcome.week}: {words[outcome.state]}: {outcome.told}{hint}"
    )
