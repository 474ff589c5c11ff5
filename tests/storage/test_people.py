"""People, keys, sessions, failed sign-ins and the audit log are kept alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from auditor.access.machines import check_key, issue_key, revoke_key, rotate_key
from auditor.access.people import add_person, change_person, set_password
from auditor.access.roles import Role, Scope
from auditor.access.secret_key import SecretKey
from auditor.access.signing_in import (
    MOST_OF_ACCOUNT,
    MOST_OF_ADDRESS,
    Doorkeeper,
    Refused,
    SignedIn,
)
from auditor.errors import InputError, StorageError
from auditor.settings import Settings
from auditor.storage import Database
from tests.access.weak import weak_passwords
from tests.storage.making import rows, run_sql

PASSWORD = "four words make one"
SECRET = SecretKey("k" * 40)
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _fast_hashes() -> Iterator[None]:
    """Here it is not the hashes' strength that is tested."""
    with weak_passwords():
        yield


def _add(database: Database, email: str = "kim@example.com", role: Role = Role.SUPERVISOR) -> int:
    return add_person(
        database, email, "Kim", role, teams=None, owner=None, password=PASSWORD, actor="cli"
    ).key


def _door(database: Database, **settings: float) -> Doorkeeper:
    return Doorkeeper(database, SECRET, Settings(**settings))  # type: ignore[arg-type]


def _sign_in(
    door: Doorkeeper, password: str = PASSWORD, email: str = "kim@example.com", **more: str
) -> SignedIn | Refused:
    given = {"address": "192.0.2.1", "old_token": None, "request_id": "r1"} | more
    return door.sign_in(email, password, **given)  # type: ignore[arg-type]


def _signed_in(door: Doorkeeper, **more: str) -> SignedIn:
    done = _sign_in(door, **more)
    assert isinstance(done, SignedIn)
    return done


def test_a_person_is_found_by_address_in_any_case_and_shown_without_the_hash(
    database: Database, url: str
) -> None:
    user = add_person(
        database,
        " Kim@Example.COM ",
        "Kim",
        Role.REP,
        teams=["South"],
        owner="Kim R.",
        password=PASSWORD,
        actor="cli",
    )
    assert (user.email, user.owner, user.teams) == ("kim@example.com", "Kim R.", ("South",))
    assert "argon2" not in repr(user)
    [stored] = rows(url, "SELECT password_hash FROM users")
    assert stored["password_hash"].startswith("$argon2id$")
    with pytest.raises(InputError, match="already"):
        _add(database)


@pytest.mark.parametrize(
    ("email", "role", "owner", "password", "words"),
    [
        ("nobody", Role.ADMIN, None, PASSWORD, "e-mail"),
        ("a@b.c\n", Role.ADMIN, "Kim", PASSWORD, "for reps"),
        ("a@b.c", Role.REP, None, PASSWORD, "--owner"),
        ("a@b.c", Role.ADMIN, None, "short", "12 to"),
        ("a@b.c", Role.ADMIN, None, "aaaaaaaaaaaaaaaa", "guessed"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    database: Database, email: str, role: Role, owner: str | None, password: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        add_person(
            database, email, "A", role, teams=None, owner=owner, password=password, actor="cli"
        )
    with database.read() as unit:
        assert unit.users.is_empty()


def test_signing_in_makes_a_session_whose_token_is_kept_nowhere(
    database: Database, url: str
) -> None:
    _add(database)
    door = _door(database)
    done = _signed_in(door)
    found = door.find(done.token)
    assert found is not None
    assert found.user.email == "kim@example.com"
    assert done.token not in repr(rows(url, "SELECT * FROM sessions"))
    assert door.find(done.token + "x") is None


def test_signing_in_again_ends_the_browsers_session_before(database: Database) -> None:
    _add(database)
    door = _door(database)
    first = _signed_in(door)
    second = _signed_in(door, old_token=first.token)
    assert door.find(first.token) is None
    assert door.find(second.token) is not None


def test_a_session_ends_when_idle_when_old_and_when_its_person_is_off(
    database: Database, url: str
) -> None:
    _add(database)
    door = _door(database, session_idle_hours=1, session_days=1)
    done = _signed_in(door)
    run_sql(url, "UPDATE sessions SET seen_at = '2026-03-02 10:00:00.000000'")
    assert door.find(done.token) is None
    done = _signed_in(door)
    run_sql(url, "UPDATE sessions SET expires_at = '2026-03-02 10:00:00.000000'")
    assert door.find(done.token) is None
    done = _signed_in(door)
    change_person(database, "kim@example.com", {"is_active": False}, actor="cli")
    assert door.find(done.token) is None
    assert isinstance(_sign_in(door), Refused)


def test_signing_out_everywhere_and_a_new_password_end_all_sessions(database: Database) -> None:
    _add(database)
    door = _door(database)
    here, there = _signed_in(door), _signed_in(door)
    door.sign_out(here.token, everywhere=False, request_id="r")
    assert door.find(there.token) is not None
    door.sign_out(there.token, everywhere=True, request_id="r")
    assert door.find(there.token) is None
    third = _signed_in(door)
    set_password(database, "kim@example.com", PASSWORD + "!", actor="cli")
    assert door.find(third.token) is None
    assert isinstance(_sign_in(door), Refused)


def test_an_account_is_throttled_also_after_a_restart_and_with_the_right_password(
    database: Database,
) -> None:
    _add(database)
    for number in range(MOST_OF_ACCOUNT):
        done = _sign_in(_door(database), "wrong", address=f"192.0.2.{number}")
        assert done == Refused("wrong")
    refused = _sign_in(_door(database), address="198.51.100.9")
    assert isinstance(refused, Refused)
    assert refused.why == "throttled"
    assert timedelta(minutes=14) < refused.retry_after <= timedelta(minutes=15)


def test_an_address_is_throttled_over_accounts_that_do_not_exist(
    database: Database, url: str
) -> None:
    door = _door(database)
    for number in range(MOST_OF_ADDRESS):
        # of IPv6 a /64 counts as one: whoever has it can change the rest at will
        address = f"2001:db8::{number:x}"
        done = _sign_in(door, "wrong", f"someone{number}@example.com", address=address)
        assert done == Refused("wrong")
    refused = _sign_in(door, email="else@example.com", address="2001:db8::ffff")
    assert isinstance(refused, Refused)
    assert refused.why == "throttled"
    assert "example.com" not in repr(rows(url, "SELECT * FROM login_attempts"))


def test_success_forgives_the_account_and_counts_nothing_for_the_address(
    database: Database, url: str
) -> None:
    _add(database)
    door = _door(database)
    for _ in range(MOST_OF_ACCOUNT - 1):
        _sign_in(door, "wrong")
    _signed_in(door)
    left = rows(url, "SELECT subject FROM login_attempts")
    assert len(left) == MOST_OF_ACCOUNT - 1
    assert {row["subject"] for row in left} == {"address:192.0.2.1"}


def test_a_key_counts_until_it_expires_or_is_revoked(database: Database, url: str) -> None:
    shown = issue_key(database, SECRET, "n", [Scope.READ], lifetime=timedelta(days=1), actor="cli")
    public_id = shown.split("_")[1]
    with database.read() as unit:
        assert check_key(unit, SECRET, shown, NOW) is not None
        assert check_key(unit, SECRET, shown, NOW + timedelta(days=2)) is None
        assert check_key(unit, SECRET, shown[:-1] + ("0" if shown[-1] != "0" else "1"), NOW) is None
        assert check_key(unit, SecretKey("o" * 40), shown, NOW) is None
        assert check_key(unit, SECRET, "cna_x", NOW) is None
    assert shown.split("_")[2] not in repr(rows(url, "SELECT * FROM api_keys"))
    revoke_key(database, public_id, actor="cli")
    with database.read() as unit:
        assert check_key(unit, SECRET, shown, NOW) is None


def test_a_rotated_key_and_its_successor_both_count_until_the_overlap_is_over(
    database: Database,
) -> None:
    old = issue_key(
        database, SECRET, "n", [Scope.READ], teams=["South"], lifetime=timedelta(days=9), actor="x"
    )
    new, until = rotate_key(
        database, SECRET, old.split("_")[1], overlap=timedelta(hours=1), actor="x"
    )
    with database.read() as unit:
        assert check_key(unit, SECRET, old, until - timedelta(minutes=1)) is not None
        assert check_key(unit, SECRET, old, until + timedelta(minutes=1)) is None
        found = check_key(unit, SECRET, new, NOW + timedelta(days=8))
    assert found is not None
    assert (found.name, found.scopes, found.teams) == ("n", ("read",), ("South",))
    assert found.expires_at is not None
    assert found.expires_at < datetime.now(UTC) + timedelta(days=9)
    revoke_key(database, old.split("_")[1], actor="x")
    with pytest.raises(InputError, match="counts no more"):
        rotate_key(database, SECRET, old.split("_")[1], overlap=timedelta(0), actor="x")


def test_everything_done_stands_in_the_log_which_refuses_changes(
    database: Database, url: str
) -> None:
    _add(database)
    _sign_in(_door(database), "wrong")
    _signed_in(_door(database))
    issue_key(database, SECRET, "n", [Scope.READ], actor="cli")
    with database.read() as unit:
        entries = unit.audit_log.latest(limit=3)
        earlier = unit.audit_log.latest(before=entries[-1].key)
    told = [(e.actor, e.action) for e in [*entries, *earlier]]
    assert told == [
        ("cli", "key.added"),
        ("user:kim@example.com", "login.done"),
        ("system", "login.failed"),
        ("cli", "user.added"),
    ]
    assert entries[1].request_id == "r1"
    for change in ("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"):
        with pytest.raises(Exception, match="never changed"):
            run_sql(url, change)


def test_a_request_is_claimed_once_and_its_answer_remembered(database: Database) -> None:
    def claim(asked: str = "h", at: datetime = NOW) -> object:
        with database.begin() as unit:
            return unit.idempotency.claim(
                "key:a", "k", asked, at=at, abandoned_before=at - timedelta(minutes=1)
            )

    assert claim() is None
    under_way = claim()
    assert under_way is not None
    assert under_way.status is None  # type: ignore[attr-defined]
    assert claim(at=NOW + timedelta(minutes=2)) is None, "its process died: it is taken over"
    with database.begin() as unit:
        unit.idempotency.answer("key:a", "k", status=201, headers={"Location": "/x"}, body="{}")
        unit.idempotency.release("key:a", "k")  # only a claim without an answer is let go
    done = claim("other", NOW + timedelta(minutes=9))
    assert (done.status, done.request_hash, done.body) == (201, "h", "{}")  # type: ignore[attr-defined]
    with database.begin() as unit:
        unit.idempotency.purge(NOW + timedelta(hours=1))
    assert claim() is None


def test_a_failed_unit_keeps_neither_the_deed_nor_its_entry(database: Database) -> None:
    with pytest.raises(StorageError), database.begin() as unit:  # noqa: PT012 - one unit
        unit.audit_log.add("cli", "user.added")
        for _ in range(2):
            unit.users.add("twice@example.com", "T", "admin")
    with database.read() as unit:
        assert unit.users.is_empty()
        assert unit.audit_log.latest() == []


def test_counts_tell_what_is_there_and_what_waits(database: Database, url: str) -> None:
    run_sql(
        url,
        "INSERT INTO inbound (source, kind, dedup_key, content_hash, received_at, payload, state) "
        "VALUES ('crm', 'e', 'a', 'h', '2026-03-01 10:00:00', '{}', 'pending'), "
        "('crm', 'e', 'b', 'h', '2026-03-01 09:00:00', '{}', 'done')",
    )
    with database.read() as unit:
        held = unit.gauges.read()
    assert (held.inbound, held.pending, held.verdicts, held.failures) == (2, 1, 0, {})
    assert held.oldest_pending_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
