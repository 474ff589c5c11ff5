"""Secrets of machines and browsers: made at random, kept as a keyed hash only.

They are random and long, so a fast hash is enough: there is nothing to guess.  It is keyed with the
service's secret, so that a stolen database lets nobody forge or check one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

_PREFIX = "cna"
_KEY = re.compile(r"cna_([0-9a-f]{12})_([0-9a-f]{64})")
_MOST = 100


class NewKey(NamedTuple):
    """A key just made."""

    public_id: str
    """The part that names it."""
    shown: str
    """The whole key; shown once."""
    secret_hash: str
    """What is kept of it."""


def make_key(pepper: bytes) -> NewKey:
    """Makes an API key, ``cna_<public id>_<secret>``, of 256 random bits."""
    public_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    return NewKey(public_id, f"{_PREFIX}_{public_id}_{secret}", hash_token(pepper, secret))


def read_key(text: str) -> tuple[str, str] | None:
    """The public id and the secret of a key; None where the text is none."""
    found = _KEY.fullmatch(text) if len(text) < _MOST else None
    return None if found is None else (found[1], found[2])


def make_token() -> str:
    """A random token of 256 bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def hash_token(pepper: bytes, token: str) -> str:
    """What is kept of a token, tagged with its algorithm."""
    return "hmac-sha256:" + hmac.digest(pepper, token.encode(), hashlib.sha256).hex()


def same(left: str, right: str) -> bool:
    """Whether two texts are equal, told in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
