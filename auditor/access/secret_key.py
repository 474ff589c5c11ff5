"""The service's secret key, from which a key for each purpose is derived.

``AUDITOR_SECRET_KEY`` where it is set; else one is made once in the user's data folder, readable by
its owner only.  Machines that share a database must share the key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile

from auditor.errors import ConfigurationError
from auditor.settings import Settings, data_folder

SHORTEST = 32
"""Characters; 128 bits as hexadecimal digits."""
_FILE = "secret.key"


class SecretKey:
    """Holds the key; no ``repr`` shows it."""

    def __init__(self, value: str) -> None:
        self._value = value.encode()

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HMAC-SHA256 of its name), useless for any other."""
        return hmac.digest(self._value, f"auditor:{purpose}".encode(), hashlib.sha256)


def load_secret_key(settings: Settings) -> SecretKey:
    """The key of the settings, or of the data folder, where it is made if there is none.

    Raises:
        ConfigurationError: it is too short, or can't be read or made.
    """
    if settings.secret_key is not None:
        return _checked(settings.secret_key.get_secret_value(), "AUDITOR_SECRET_KEY")
    file = secret_key_file()
    try:
        if not file.exists():
            _make(file)
        text = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as exc:
        raise ConfigurationError(
            f"the secret key {file} can't be read or made ({exc}); set AUDITOR_SECRET_KEY"
        ) from exc
    return _checked(text, str(file))


def secret_key_file() -> Path:
    """Where the key is kept where it is not set."""
    return data_folder() / _FILE


def _checked(value: str, where: str) -> SecretKey:
    if len(value) < SHORTEST:
        raise ConfigurationError(
            f"{where} is shorter than {SHORTEST} characters; make one with: "
            'python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return SecretKey(value)


def _make(file: Path) -> None:
    """Writes a new key; of two processes that do so at once, the first one's stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, encoding="ascii") as draft:  # made with 0600
        draft.write(secrets.token_hex(32) + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, file)
        except FileExistsError:
            return
