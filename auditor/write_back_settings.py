"""Settings of the write-back: tables ``[write_back.hubspot]`` and so on in auditor.toml.

All of it is off until a CRM is switched on.  In the environment a table is two underscores:
``AUDITOR_WRITE_BACK__HUBSPOT__ENABLED``.
"""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from auditor.webhook_settings import HUBSPOT_API

_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?")
_PIPEDRIVE = re.compile(r"https://[a-z0-9-]+\.pipedrive\.com")
_SALESFORCE = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)*\.salesforce\.com")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_HEADER = re.compile(r"[\x21-\x7e]+")
TARGETS = ("hubspot", "pipedrive", "salesforce")
"""CRMs that can be written to."""


class TargetSettings(BaseModel):
    """What all CRMs have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    """Whether decisions are written to it."""
    source: str | None = None
    """Source whose opportunities are this CRM's, as in ``auditor import --source``."""
    token: SecretStr | None = None
    """Access token that may write deals and tasks."""
    api_url: str = ""
    """Address of its API; on this machine only for tests."""
    tasks: bool = True
    """Whether an advance makes a task with the step and its day."""
    close: bool = True
    """Whether a close is written as lost, with the reason."""

    _MEND: ClassVar[str] = "set token"

    @property
    def has_access(self) -> bool:
        """Whether it has what requests are signed with."""
        return bool(self.token)

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _HEADER.fullmatch(value.get_secret_value()):
            raise ValueError("it must be printable ASCII characters without spaces")
        return value

    @field_validator("api_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> TargetSettings:
        if self.enabled and not self.has_access:
            raise ValueError(f"it is enabled and has no token; {self._MEND}")
        if self.enabled and not self.api_url:
            raise ValueError("it is enabled and has no address; set api_url")
        return self


def _checked(value: str, known: re.Pattern[str], example: str) -> str:
    if value and not known.fullmatch(value) and not _LOOPBACK.fullmatch(value):
        raise ValueError(f"it must be like {example}, or http:// on this machine for tests")
    return value


class HubSpotTarget(TargetSettings):
    """HubSpot; the token is the private app's."""

    api_url: str = HUBSPOT_API
    """Address of HubSpot's API."""
    lost_stage: str = "closedlost"
    """Internal id of the stage of lost deals."""

    @field_validator("api_url")
    @classmethod
    def _is_hubspot(cls, value: str) -> str:
        return _checked(value, re.compile(re.escape(HUBSPOT_API)), HUBSPOT_API)


class PipedriveTarget(TargetSettings):
    """Pipedrive; the token is an API token."""

    @field_validator("api_url")
    @classmethod
    def _is_pipedrive(cls, value: str) -> str:
        return _checked(value, _PIPEDRIVE, "https://company.pipedrive.com")


class SalesforceTarget(TargetSettings):
    """Salesforce; the token is an OAuth access token, which the auditor renews where it may.

    ``refresh_token`` goes before client credentials where both are set.
    """

    client_id: str | None = None
    """Consumer key of the connected app."""
    client_secret: SecretStr | None = None
    """Consumer secret of the connected app."""
    refresh_token: SecretStr | None = None
    """Renews the access token; client credentials do where it is unset."""
    version: str = Field(default="v62.0", pattern=r"^v\d{2}\.\d$")
    """Version of the REST API."""
    lost_stage: str = "Closed Lost"
    """Name of the stage of lost opportunities."""
    reason_field: str | None = None
    """API name of your field for the reason, such as ``Loss_Reason__c``; none is written if unset.
    """

    _MEND: ClassVar[str] = "set token, or client_id with client_secret or refresh_token"

    @property
    def renews(self) -> bool:
        """Whether the access token can be renewed."""
        return bool(self.client_id and (self.client_secret or self.refresh_token))

    @property
    def has_access(self) -> bool:
        """Whether there is a token or one can be fetched."""
        return self.renews or super().has_access

    @model_validator(mode="after")
    def _can_renew(self) -> SalesforceTarget:
        if (self.client_id or self.client_secret or self.refresh_token) and not self.renews:
            raise ValueError("set client_id with client_secret or refresh_token, or none of them")
        return self

    @field_validator("api_url")
    @classmethod
    def _is_salesforce(cls, value: str) -> str:
        return _checked(value, _SALESFORCE, "https://company.my.salesforce.com")

    @field_validator("reason_field")
    @classmethod
    def _is_field(cls, value: str | None) -> str | None:
        if value is not None and not _FIELD.fullmatch(value):
            raise ValueError(f"{value!r} is no API name of a field such as Loss_Reason__c")
        return value


class WriteBackSettings(BaseModel):
    """All CRMs that may be written to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: bool = False
    """Whether requests are only kept for ``auditor outbox show``, and never sent."""
    wait_minutes: float = Field(default=10.0, ge=0, le=1_440)
    """How long a decision may be taken back before anything is sent."""
    hubspot: HubSpotTarget = HubSpotTarget()
    """HubSpot."""
    pipedrive: PipedriveTarget = PipedriveTarget()
    """Pipedrive."""
    salesforce: SalesforceTarget = SalesforceTarget()
    """Salesforce."""

    def of(self, target: str) -> TargetSettings:
        """The settings of a CRM, by its name."""
        told = getattr(self, target)
        assert isinstance(told, TargetSettings)  # noqa: S101 - all of TARGETS are
        return told

    def target_of(self, source: str) -> str | None:
        """The CRM that a source's opportunities are written to; None where none is switched on."""
        for target in TARGETS:
            told = self.of(target)
            if told.enabled and (told.source or target) == source:
                return target
        return None

    @property
    def is_on(self) -> bool:
        """Whether any CRM is written to."""
        return any(self.of(target).enabled for target in TARGETS)
