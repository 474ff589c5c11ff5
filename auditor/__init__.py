"""Call-notes auditor: tells a meaningful next step from a vague callback and an implicit loss."""

from __future__ import annotations

__version__ = "0.1.0"
