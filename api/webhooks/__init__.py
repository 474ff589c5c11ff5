"""What CRMs call at each change."""

from __future__ import annotations

from api.webhooks.routes import install

__all__ = ["install"]
