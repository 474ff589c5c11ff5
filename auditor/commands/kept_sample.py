"""The sample as it was read for ``auditor demo --serve``, kept so that the next start is quick.

What is kept is the database before anybody decided anything on it, under a name that tells what it
rests on: the sample's day and content, the policy, and this version.  Anything else is read anew.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

from auditor import __version__
from auditor.classify.encoder import Encoder
from auditor.commands.screen import notice
from auditor.domain.policy import Policy
from auditor.errors import StorageError
from auditor.intake.sample import SampleTeam
from auditor.jobs.due import count_due
from auditor.storage import open_database

_DIGITS = 16
_PATTERN = f"sample-{'[0-9a-f]' * _DIGITS}.db"


class KeptSample:
    """One kept sample in a folder."""

    def __init__(self, folder: Path, sample: SampleTeam, policy: Policy, encoder: Encoder) -> None:
        """Neither the folder nor the file need be there."""
        told = hashlib.sha256()
        for part in (__version__, policy.fingerprint, encoder.files_hash, str(sample.as_of)):
            told.update(part.encode() + b"\0")
        for item in (*sample.opportunities, *sample.activities):
            told.update(item.model_dump_json().encode())
        self._folder, self._policy = folder, policy
        self._file = folder / f"sample-{told.hexdigest()[:_DIGITS]}.db"

    def take(self, to: Path) -> bool:
        """Copies it to a file; false where there is none, or none that can be used."""
        if not self._file.is_file():
            return False
        try:
            shutil.copyfile(self._file, to)
            with open_database(f"sqlite:///{to}") as database:
                database.require_schema()
                if count_due(database, self._policy) == 0:
                    return True
        except (OSError, StorageError):
            notice(f"{self._file} can't be used; the sample is read anew.")
        with suppress(OSError):
            to.unlink(missing_ok=True)
        return False

    def keep(self, filled: Path) -> None:
        """Keeps a closed database, in place of those kept before; where it can't, says so."""
        part = self._file.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(filled, part)
            for old in self._folder.glob(_PATTERN):
                old.unlink()
            part.replace(self._file)
        except OSError as exc:
            notice(f"What was read can't be kept in {self._folder} ({exc.strerror}).")
            with suppress(OSError):
                part.unlink(missing_ok=True)
