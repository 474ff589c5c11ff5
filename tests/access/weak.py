"""Passwords hashed fast: most tests are not about how hard they are to guess."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from auditor.access import passwords


@contextmanager
def weak_passwords() -> Iterator[None]:
    """Argon2 with little memory."""
    weak = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_HASHER", weak)
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()
