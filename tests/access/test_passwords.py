"""Passwords are kept as Argon2id, and an account that does not exist takes as long as one."""

from __future__ import annotations

import time

import pytest

from auditor.access.passwords import hash_password, is_outdated, verify_password
from tests.access.weak import weak_passwords

KEPT = hash_password("four words make one")


def test_the_right_one_is_told_from_others() -> None:
    assert KEPT.startswith("$argon2id$")
    assert verify_password("four words make one", KEPT)
    assert not verify_password("four words make two", KEPT)
    assert not verify_password("four words make one", None)
    assert not verify_password("four words make one", "damaged")
    assert not is_outdated(KEPT)


@pytest.mark.parametrize("password", ["", "\0", "x" * 100_000, "\ud800"])
def test_odd_ones_are_just_wrong(password: str) -> None:
    assert not verify_password(password, KEPT)


def test_no_account_takes_as_long_as_a_wrong_password() -> None:
    def least(kept: str | None) -> float:
        times = []
        for _ in range(10):
            began = time.process_time()
            verify_password("wrong password here", kept)
            times.append(time.process_time() - began)
        return min(times)

    with weak_passwords():
        kept = hash_password("four words make one")
        least(None)  # its own hash is made at the first use
        assert 0.5 < least(None) / least(kept) < 2
