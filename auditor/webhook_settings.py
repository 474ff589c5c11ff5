"""Settings of the CRM webhooks: tables ``[webhooks.hubspot]`` and so on in auditor.toml.

In the environment a table is two underscores: ``AUDITOR_WEBHOOKS__HUBSPOT__SECRET``.
"""

from __future__ import annotations

import json
import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, field_validator
from pydantic_settings import NoDecode

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?")
_STANDARD = re.compile(r"(?:whsec_)?[A-Za-z0-9+/]{22,}={0,2}")
HUBSPOT_API = "https://api.hubapi.com"
"""Where HubSpot's records are read."""


def _several(value: object) -> object:
    """One secret, or a list of them: in the environment as JSON."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                return json.loads(text)
            except ValueError:
                raise ValueError("write one secret, or a JSON list of them") from None
        return (text,) if text else ()
    return value


Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_several)]
"""The secrets that are accepted now; several while one is being replaced."""
Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_several)]
"""One id, or several."""


class SenderSettings(BaseModel):
    """What all senders have; a sender without a secret is off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: Secrets = ()
    """Secret, or several while it is being replaced."""
    source: str | None = None
    """Name under which its records are stored, as in ``auditor import --source``."""
    test: bool = False
    """Verify and answer, but make nothing of what comes."""
    owners: dict[str, str] = {}
    """Rep's name by the CRM's user id, where events carry ids only."""
    teams: dict[str, str] = {}
    """Team by the rep's name or user id."""
    stages: dict[str, str] = {}
    """Stage's name by the CRM's stage id."""

    @field_validator("source")
    @classmethod
    def _is_name(cls, value: str | None) -> str | None:
        if value is not None and not _SOURCE.fullmatch(value):
            raise ValueError("use up to 64 letters, digits, dots, dashes and underscores")
        return value


class HubSpotSettings(SenderSettings):
    """HubSpot; ``secret`` is the app's client secret."""

    token: SecretStr | None = None
    """Access token of the private app, to read the records that events name."""
    api_url: str = HUBSPOT_API
    """Address of HubSpot's API; another one only on this machine, for tests."""

    @field_validator("api_url")
    @classmethod
    def _is_hubspot(cls, value: str) -> str:
        address = value.rstrip("/")
        if address != HUBSPOT_API and not _LOOPBACK.fullmatch(address):
            raise ValueError(f"it must be {HUBSPOT_API}, or http:// on this machine for tests")
        return address


class PipedriveSettings(SenderSettings):
    """Pipedrive; ``secret`` is ``user:password`` of HTTP Basic."""

    @field_validator("secret")
    @classmethod
    def _is_pair(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(":" in s.get_secret_value() for s in value):
            raise ValueError("write user:password")
        return value


class SalesforceSettings(SenderSettings):
    """Salesforce; ``secret`` stands in the address, or is ``user:password`` of HTTP Basic."""

    organization_id: Ids = ()
    """Organisations that outbound messages are taken from, by id of 15 or 18 characters."""


class CloseSettings(SenderSettings):
    """Close; ``secret`` is the subscription's ``signature_key``, 64 hex digits."""

    @field_validator("secret")
    @classmethod
    def _is_hex(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(re.fullmatch("(?:[0-9a-fA-F]{2})+", s.get_secret_value()) for s in value):
            raise ValueError("take signature_key as Close shows it, in hex digits")
        return value


class StandardSettings(SenderSettings):
    """Standard Webhooks; ``secret`` is ``whsec_…``."""

    @field_validator("secret")
    @classmethod
    def _is_base64(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_STANDARD.fullmatch(s.get_secret_value()) for s in value):
            raise ValueError("write it as whsec_ with at least 16 bytes in Base64")
        return value


class WebhookSettings(BaseModel):
    """All senders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hubspot: HubSpotSettings = HubSpotSettings()
    """HubSpot."""
    pipedrive: PipedriveSettings = PipedriveSettings()
    """Pipedrive."""
    salesforce: SalesforceSettings = SalesforceSettings()
    """Salesforce."""
    close: CloseSettings = CloseSettings()
    """Close."""
    standard: StandardSettings = StandardSettings()
    """Anything that speaks Standard Webhooks."""

    def of(self, sender: str) -> SenderSettings:
        """The settings of a sender, by its name."""
        told = getattr(self, sender)
        assert isinstance(told, SenderSettings)  # noqa: S101 - all fields are
        return told
