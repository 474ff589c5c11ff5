"""Erases a person from the tables, and remembers whom, so that imports leave them out."""

from __future__ import annotations

from sqlalchemy.orm import Session


class ErasureRepository:
    """Reaches every table that may hold a person's words or name."""

    def __init__(self, session: Session) -> None:
        self._session = session
