"""Addresses that a digest links to: pages that ask before anything changes, and the way out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote

from auditor.domain.week import Week

UNSUBSCRIBE_PURPOSE = "unsubscribe"
"""Of the key that signs the links; see ``SecretKey.derive``."""
_SIGNED_BYTES = 18


@dataclass(frozen=True)
class Links:
    """Addresses of the service's pages; None of them where no public address is set."""

    base: str | None = None
    """Public address of the service, without a slash at the end."""

    def opportunity(self, key: int | None, *, decide: bool = False) -> str | None:
        """The page of an opportunity; with ``decide``, at the form to decide on it."""
        if self.base is None or key is None:
            return None
        return f"{self.base}/opportunities/{key}{'#decide' if decide else ''}"

    def docket(self, week: Week) -> str | None:
        """The page of a week's docket."""
        return None if self.base is None else f"{self.base}/dockets/{week}"

    def team(self) -> str | None:
        """The page of flow and health."""
        return None if self.base is None else f"{self.base}/team"

    def settings(self) -> str | None:
        """The page where a person sets when the digest comes."""
        return None if self.base is None else f"{self.base}/settings"

    def unsubscribe(self, token: str | None) -> str | None:
        """The page that asks whether to send no more; a POST to it does it."""
        if self.base is None or token is None:
            return None
        return f"{self.base}/unsubscribe/{quote(token, safe='')}"


def sign_unsubscribe(key: bytes, user_key: int, email: str) -> str:
    """A token that lets whoever holds it stop one person's digest, and do nothing else.

    It does not expire: a way out that has lapsed is none (RFC 8058).

    Args:
        key: derived for ``UNSUBSCRIBE_PURPOSE``.
        user_key: the person.
        email: their address; a token for an address that they no longer have does not count.
    """
    return f"{user_key}.{_signature(key, user_key, email)}"


def read_unsubscribe(token: str) -> int | None:
    """The person that a token names, before it is checked; None where it is none."""
    number, _, signature = token.partition(".")
    known = number.isascii() and number.isdigit() and len(number) < _SIGNED_BYTES
    return int(number) if known and signature else None


def check_unsubscribe(key: bytes, token: str, user_key: int, email: str) -> bool:
    """Whether a token was signed for a person, told in constant time."""
    signed = sign_unsubscribe(key, user_key, email)
    return hmac.compare_digest(signed.encode(), token.encode("utf-8", "replace"))


def _signature(key: bytes, user_key: int, email: str) -> str:
    made = hmac.digest(key, f"{user_key}\n{email}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made[:_SIGNED_BYTES]).decode("ascii").rstrip("=")
