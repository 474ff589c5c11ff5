"""Passwords: Argon2id, at most two at a time, and the same time for accounts that don't exist."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from auditor.errors import InputError

SHORTEST, LONGEST = 12, 1_000
"""Characters of a password (NIST SP 800-63B asks for length, and for no kinds of characters)."""
_HASHER = PasswordHasher()  # RFC 9106, second choice: 64 MiB, 3 passes, 4 lanes
_AT_ONCE = BoundedSemaphore(2)  # 64 MiB each


def check_password(password: str, *, email: str) -> None:
    """Refuses a password that would be guessed.

    Raises:
        InputError: saying what is wrong with it.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"the password has {len(password)} characters; choose one of {SHORTEST} to {LONGEST}"
        )
    folded = password.casefold()
    if len(set(folded)) < 5 or folded in (email, email.split("@")[0] * 2):
        raise InputError("the password is easily guessed; choose another, such as four words")


def hash_password(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _HASHER.hash(_encoded(password))


def verify_password(password: str, kept: str | None) -> bool:
    """Whether a password is the one kept; takes as long where none is kept."""
    with _AT_ONCE:
        nobodys = _nobodys()
        try:
            _HASHER.verify(kept or nobodys, _encoded(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _encoded(password: str) -> bytes:
    """Of a terminal with an odd encoding too."""
    return password.encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    """A hash to compare with where there is no account."""
    return _HASHER.hash("nobody has this password")
