"""A digest goes out once to each reader at their hour, whatever fails on the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from auditor.access.roles import Role
from auditor.domain.week import Week
from auditor.errors import ConfigurationError
from auditor.jobs import sending
from auditor.jobs.failures import list_failures, requeue
from auditor.jobs.readers import reader_of
from auditor.jobs.sending import LEASE, make_delivery, send_due, send_now
from auditor.storage import Database
from tests.builders import an_activity, an_opportunity
from tests.jobs.mailing import (
    MONDAY,
    SEVEN,
    Inbox,
    Shop,
    add_supervisor,
    fill,
    mail_server,
    make_shop,
)
from tests.storage.conftest import _run
from tests.storage.making import tell

_numbers = count(1)
W10 = Week(2026, 10)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite, but for the tests that say otherwise: claims are the same code on both."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'auditor.db'}"
    server: str = request.getfixturevalue("postgres")
    name = f"sending_{next(_numbers)}"
    _run(server, f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?", 1)


on_both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def inbox_and_port() -> Iterator[tuple[Inbox, int]]:
    with mail_server() as running:
        yield running


@pytest.fixture
def inbox(inbox_and_port: tuple[Inbox, int]) -> Inbox:
    return inbox_and_port[0]


@pytest.fixture
def shop(database: Database, inbox_and_port: tuple[Inbox, int]) -> Shop:
    fill(database)
    add_supervisor(database)
    return make_shop(database, inbox_and_port[1])


def _states(shop: Shop) -> list[tuple[str, str, str]]:
    with shop.database.read() as unit:
        found = unit.digests.of_weeks(date(2026, 1, 1))
    return [(d.recipient, str(Week.of(d.week)), d.state) for d in found]


def test_nothing_is_sent_before_the_hour_and_once_after_it(shop: Shop, inbox: Inbox) -> None:
    assert send_due(shop, now=SEVEN - timedelta(minutes=31)) == []
    [outcome] = send_due(shop, now=SEVEN)
    assert outcome.state == "sent"
    assert send_due(shop, now=SEVEN + timedelta(minutes=1)) == []
    assert send_due(shop, now=SEVEN + 3 * DAY) == []
    assert len(inbox.kept) == 1


def test_a_digest_is_about_the_readers_own_teams(shop: Shop, inbox: Inbox) -> None:
    send_due(shop, now=SEVEN)
    [message] = inbox.messages
    text = message.get_body(("plain",))
    assert text is not None
    assert "Marsh racking" in text.get_content()
    assert "Orrin mezzanine" not in message.as_string()


def test_a_message_is_whole(shop: Shop, inbox: Inbox) -> None:
    send_due(shop, now=SEVEN)
    [message] = inbox.messages
    assert message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert str(message["To"]) == "Kim Vale <kim@example.com>"
    assert str(message["From"]) == "Call notes <auditor@example.com>"
    assert message["Subject"] == "2 decisions for this week · North · Week 10 · 2 Mar to 8 Mar 2026"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<https://auditor.example.com/unsubscribe/")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == SEVEN
    html = message.get_body(("html",))
    assert html is not None
    assert "https://auditor.example.com/opportunities/1#decide" in html.get_content()
    assert "<form" not in html.get_content()
    assert max(inbox.sizes) < 100_000


def test_weeks_make_a_thread_with_stable_ids(shop: Shop, inbox: Inbox) -> None:
    for weeks in range(3):
        send_due(shop, now=SEVEN + weeks * WEEK)
    first, second, third = inbox.messages
    assert first["Message-ID"].startswith("<digest.2026-w10.")
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]


def test_after_downtime_only_the_latest_missed_week_is_sent(shop: Shop, inbox: Inbox) -> None:
    [outcome] = send_due(shop, now=SEVEN + 3 * WEEK + 2 * DAY)
    assert outcome.week == Week(2026, 13)
    assert len(inbox.kept) == 1


def test_someone_new_does_not_get_the_mail_of_before_their_time(shop: Shop, inbox: Inbox) -> None:
    add_supervisor(shop.database, "new@example.com", since=MONDAY + DAY)
    send_due(shop, now=SEVEN + DAY)
    assert [str(m["To"]) for m in inbox.messages] == ["Kim Vale <kim@example.com>"]


@pytest.mark.parametrize(
    ("role", "values"),
    [
        (Role.EVALUATOR, {"teams": None}),
        (Role.REP, {"owner": "Dana", "teams": None}),
        (Role.SUPERVISOR, {"digest_on": False}),
        (Role.SUPERVISOR, {"is_active": False}),
    ],
)
def test_nobody_else_gets_one(
    shop: Shop, inbox: Inbox, role: Role, values: dict[str, object]
) -> None:
    add_supervisor(shop.database, "other@example.com", role=role, **values)
    send_due(shop, now=SEVEN)
    assert len(inbox.kept) == 1


@on_both
def test_two_processes_at_once_send_one(shop: Shop, inbox: Inbox) -> None:
    barrier = threading.Barrier(4)

    def race() -> None:
        barrier.wait()
        send_due(shop, now=SEVEN)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inbox.kept) == 1
    assert _states(shop) == [("kim@example.com", "2026-W10", "sent")]


@on_both
def test_a_temporary_answer_is_tried_again_later(shop: Shop, inbox: Inbox) -> None:
    inbox.rcpt = "451 busy, come back"
    [outcome] = send_due(shop, now=SEVEN)
    assert outcome.state == "failed"
    assert "451 busy" in outcome.told
    assert send_due(shop, now=SEVEN + timedelta(seconds=30)) == []
    inbox.rcpt = ""
    [outcome] = send_due(shop, now=SEVEN + timedelta(minutes=2))
    assert outcome.state == "sent"
    assert list_failures(shop.database) == []


def test_a_permanent_answer_waits_for_a_person(shop: Shop, inbox: Inbox) -> None:
    inbox.rcpt = "550 no such user"
    send_due(shop, now=SEVEN)
    [failure] = list_failures(shop.database)
    assert failure.is_dead
    assert "550 no such user" in failure.error
    inbox.rcpt = ""
    assert send_due(shop, now=SEVEN + DAY) == []
    requeue(shop.database, [failure.key], at=SEVEN + DAY, actor="cli")
    [outcome] = send_due(shop, now=SEVEN + DAY)
    assert outcome.state == "sent"


def test_one_readers_trouble_is_not_anothers(shop: Shop, inbox: Inbox) -> None:
    add_supervisor(shop.database, "a@example.com", name="A" * 30 + "\r\nBcc: x@example.com")
    add_supervisor(shop.database, "käthe@example.com")
    outcomes = {o.reader.recipient: o.state for o in send_due(shop, now=SEVEN)}
    assert outcomes["kim@example.com"] == "sent"
    assert all(m["Bcc"] is None for m in inbox.messages)


def test_a_server_that_is_down_is_tried_again(shop: Shop, inbox: Inbox) -> None:
    away = make_shop(shop.database, 1)
    [outcome] = send_due(away, now=SEVEN)
    assert outcome.state == "failed"
    [outcome] = send_due(shop, now=SEVEN + timedelta(minutes=2))
    assert outcome.state == "sent"


def test_what_may_have_arrived_is_not_sent_again_by_itself(shop: Shop, inbox: Inbox) -> None:
    inbox.cut_at_end = True
    [outcome] = send_due(shop, now=SEVEN)
    assert outcome.state == "failed"
    assert "may have been delivered" in outcome.told
    inbox.cut_at_end = False
    assert send_due(shop, now=SEVEN + DAY) == []
    assert len(inbox.kept) == 1
    [failure] = list_failures(shop.database)
    requeue(shop.database, [failure.key], at=SEVEN + DAY, actor="cli")
    send_due(shop, now=SEVEN + DAY)
    first, second = inbox.messages
    assert first["Message-ID"] == second["Message-ID"], "a reader's program can tell it is the same"


@on_both
def test_a_process_that_died_before_the_hand_over_is_made_good(shop: Shop, inbox: Inbox) -> None:
    with shop.database.begin() as unit:
        unit.digests.claim("kim@example.com", W10.monday, "email", at=SEVEN)
    assert send_due(shop, now=SEVEN + LEASE - timedelta(seconds=1)) == []
    [outcome] = send_due(shop, now=SEVEN + LEASE)
    assert outcome.state == "sent"


def test_a_process_that_died_in_the_hand_over_is_told_to_a_person(shop: Shop, inbox: Inbox) -> None:
    with shop.database.begin() as unit:
        key = unit.digests.claim("kim@example.com", W10.monday, "email", at=SEVEN)
        assert key is not None
        unit.digests.hand_over(key, 1, "<x@example.com>")
    [outcome] = send_due(shop, now=SEVEN + LEASE)
    assert outcome.state == "failed"
    assert inbox.kept == []
    assert list_failures(shop.database)[0].is_dead


@on_both
def test_a_claim_that_was_taken_over_sends_nothing(
    shop: Shop, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = sending.make_delivery

    def slowly(*args: object) -> object:
        made = make(*args)  # type: ignore[arg-type]
        with shop.database.begin() as unit:
            known = unit.digests.find("kim@example.com", W10.monday, "email")
            assert known is not None
            assert unit.digests.claim_again(known, at=SEVEN)
        return made

    monkeypatch.setattr(sending, "make_delivery", slowly)
    assert send_due(shop, now=SEVEN) == []
    assert inbox.kept == []


def test_an_older_week_that_still_fails_is_given_up_for_the_next(shop: Shop, inbox: Inbox) -> None:
    inbox.rcpt = "451 busy"
    send_due(shop, now=SEVEN)
    inbox.rcpt = ""
    [outcome] = send_due(shop, now=SEVEN + WEEK)
    assert outcome.week == Week(2026, 11)
    assert _states(shop)[1][2] == "skipped"
    assert list_failures(shop.database) == []


def test_an_empty_week_is_one_line_or_nothing(
    database: Database, inbox: Inbox, inbox_and_port: tuple[Inbox, int]
) -> None:
    add_supervisor(database, "short@example.com")
    add_supervisor(database, "none@example.com", digest_skip_empty=True)
    shop = make_shop(database, inbox_and_port[1])
    send_due(shop, now=SEVEN)
    [message] = inbox.messages
    assert str(message["To"]) == "Kim Vale <short@example.com>"
    assert message["Subject"].startswith("Nothing to decide this week")
    assert ("none@example.com", "2026-W10", "skipped") in _states(shop)


def test_a_digest_waits_for_what_is_being_judged_but_not_for_ever(shop: Shop, inbox: Inbox) -> None:
    tell(
        shop.database,
        an_opportunity(id="o9", name="Late one"),
        an_activity(date(2026, 3, 6), "They cancelled the project.", id="a9", opportunity_id="o9"),
        on=MONDAY,
    )
    assert send_due(shop, now=SEVEN) == []
    send_due(shop, now=SEVEN + timedelta(hours=2))
    [message] = inbox.messages
    text = message.get_body(("plain",))
    assert text is not None
    assert "1 activity is not judged yet" in " ".join(text.get_content().split())


def test_a_resend_is_a_new_message_and_asked_for(shop: Shop, inbox: Inbox) -> None:
    with shop.database.read() as unit:
        user = unit.users.by_email("kim@example.com")
    assert user is not None
    reader = reader_of(user, shop.settings)
    assert send_now(shop, reader, W10, now=SEVEN).state == "sent"
    again = send_now(shop, reader, W10, now=SEVEN)
    assert again.state == "known"
    assert "2026-03-09" in again.told
    assert send_now(shop, reader, W10, now=SEVEN, is_resend=True).state == "sent"
    first, second = inbox.messages
    assert first["Message-ID"] != second["Message-ID"]


def test_a_dry_run_sends_and_claims_nothing(shop: Shop, inbox: Inbox) -> None:
    with shop.database.read() as unit:
        user = unit.users.by_email("kim@example.com")
    assert user is not None
    delivery = make_delivery(shop, reader_of(user, shop.settings), W10, SEVEN)
    assert delivery.message()["Subject"].startswith("2 decisions")
    assert json.loads(delivery.blocks())["text"].startswith("2 decisions")
    assert inbox.kept == []
    assert _states(shop) == []


def test_unchanged_items_are_folded_and_say_since_when(shop: Shop, inbox: Inbox) -> None:
    for weeks in range(3):
        send_due(shop, now=SEVEN + weeks * WEEK)
    third = inbox.messages[2].get_body(("plain",))
    assert third is not None
    told = " ".join(third.get_content().split())
    assert "Unchanged since the last digest" in told
    assert "asked since week 10" in told


def test_without_a_sender_the_reason_is_told(shop: Shop) -> None:
    with shop.database.read() as unit:
        user = unit.users.by_email("kim@example.com")
    assert user is not None
    mute = make_shop(shop.database, 1, mail_from=None)
    outcome = send_now(mute, reader_of(user, shop.settings), W10, now=SEVEN)
    assert outcome.state == "failed"
    assert "AUDITOR_MAIL_FROM" in outcome.told
    with pytest.raises(ConfigurationError):
        make_delivery(mute, reader_of(user, shop.settings), W10, SEVEN).message()


def test_a_moment_in_utc_is_kept(shop: Shop, inbox: Inbox) -> None:
    send_due(shop, now=SEVEN)
    with shop.database.read() as unit:
        digest = unit.digests.find("kim@example.com", W10.monday, "email")
    assert digest is not None
    assert digest.sent_at == datetime(2026, 3, 9, 7, 30, tzinfo=UTC)
    assert digest.shown is not None
    assert {i["action"] for i in digest.shown["items"]} <= {"close", "advance", "review"}
