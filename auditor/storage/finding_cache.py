"""Findings as they were read last, by verdict.

Verdicts never change, and their input hash covers what is told of the activity, so a finding that
was read once is the same the next time; a docket then reads only what was judged since.  The
database still says which verdicts are current.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from auditor.domain.findings import Commitment, Finding

MOST = 20_000
"""Findings kept of one database; the ones used least recently give way.  About 160 MB with notes of
200 characters."""
_SET_FIELDS = "__pydantic_fields_set__"


class FindingKey(NamedTuple):
    """What a finding depends on."""

    verdict: int
    """The verdict's key."""
    judged_at: datetime
    """Tells apart a key that SQLite gave again after an erasure."""
    input_hash: str
    """Of what was judged, text and pending activity included."""
    opportunity_id: str
    """The source's id of the opportunity."""
    origin: str | None
    """Where the activity was told last."""


class FindingCache:
    """Findings of one database; threads share it."""

    def __init__(self, most: int = MOST) -> None:
        """Keeps nothing yet."""
        self._most, self._lock = most, threading.Lock()
        self._held: OrderedDict[FindingKey, Finding] = OrderedDict()
        self._names: dict[frozenset[str], set[str]] = {}

    def get(self, keys: Sequence[FindingKey]) -> dict[FindingKey, Finding]:
        """Those of the keys that are kept."""
        found = {}
        with self._lock:
            for key in keys:
                if key in self._held:
                    self._held.move_to_end(key)
                    found[key] = self._held[key]
        return found

    def put(self, findings: Mapping[FindingKey, Finding]) -> None:
        """Keeps findings."""
        for finding in findings.values():
            self._share_names(finding)
        with self._lock:
            self._held.update(findings)
            while len(self._held) > self._most:
                self._held.popitem(last=False)

    def clear(self) -> None:
        """Keeps nothing any more."""
        with self._lock:
            self._held.clear()

    def _share_names(self, value: object) -> None:
        """Lets models that name the same fields as given share the set of names.

        Each model holds a set of its own, which came to half of a finding's 15 KB.
        """
        if isinstance(value, (tuple, dict)):
            for each in value.values() if isinstance(value, dict) else value:
                self._share_names(each)
        elif isinstance(value, (BaseModel, Finding, Commitment)):
            if isinstance(value, BaseModel):
                named = value.model_fields_set
                shared = self._names.setdefault(frozenset(named), named)
                object.__setattr__(value, _SET_FIELDS, shared)
            for each in vars(value).values():
                self._share_names(each)


_CACHES: WeakKeyDictionary[Engine, FindingCache] = WeakKeyDictionary()
_MAKING = threading.Lock()


def findings_of(session: Session) -> FindingCache:
    """The cache of a session's database."""
    engine = session.get_bind().engine
    with _MAKING:
        return _CACHES.setdefault(engine, FindingCache())
