"""What a decision asks of a CRM, as the exact request: a follow-up task, or the deal lost.

Shapes are those of each vendor's documents.  Requests hold no secret: the client adds the token.
HubSpot and Pipedrive show a note as HTML, so it is escaped for them; Salesforce's is plain text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from auditor.errors import InputError
from auditor.write_back_settings import (
    HubSpotTarget,
    PipedriveTarget,
    SalesforceTarget,
    TargetSettings,
)

_TASK_TO_DEAL = 216
"""HubSpot's association of a task with a deal."""
_DIGITS = re.compile(r"[0-9]{1,20}")
_SALESFORCE_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


@dataclass(frozen=True)
class CrmRequest:
    """A request, all but its token."""

    method: str
    """POST or PATCH."""
    url: str
    """Whole address."""
    body: dict[str, Any]
    """Sent as JSON."""

    def as_data(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @property
    def may_be_repeated(self) -> bool:
        """Whether sending it twice is the same as once."""
        return self.method == "PATCH"


@dataclass(frozen=True)
class Task:
    """A follow-up that a supervisor demands."""

    subject: str
    """The step."""
    due_on: date
    """By when."""
    note: str
    """Who demanded it, and the comment."""


def task_request(settings: TargetSettings, deal: str, task: Task) -> CrmRequest:
    """The request that makes a task on a deal.

    Raises:
        InputError: the deal's id is none of this CRM's.
    """
    return _MAKERS[type(settings)][0](settings, deal, task)


def lost_request(settings: TargetSettings, deal: str, reason: str) -> CrmRequest:
    """The request that closes a deal as lost.

    Raises:
        InputError: the deal's id is none of this CRM's.
    """
    return _MAKERS[type(settings)][1](settings, deal, reason)


def _hubspot_task(settings: HubSpotTarget, deal: str, task: Task) -> CrmRequest:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TASK_TO_DEAL}]
    return CrmRequest(
        "POST",
        f"{settings.api_url}/crm/v3/objects/tasks",
        {
            "properties": {
                # noon in UTC: the same day from Hawaii to Tokyo
                "hs_timestamp": f"{task.due_on.isoformat()}T12:00:00Z",
                "hs_task_subject": task.subject,
                "hs_task_body": _as_html(task.note),
                "hs_task_status": "NOT_STARTED",
            },
            "associations": [{"to": {"id": _known(deal, _DIGITS, "HubSpot")}, "types": types}],
        },
    )


def _hubspot_lost(settings: HubSpotTarget, deal: str, reason: str) -> CrmRequest:
    return CrmRequest(
        "PATCH",
        f"{settings.api_url}/crm/v3/objects/deals/{_known(deal, _DIGITS, 'HubSpot')}",
        {"properties": {"dealstage": settings.lost_stage, "closed_lost_reason": reason}},
    )


def _pipedrive_task(settings: PipedriveTarget, deal: str, task: Task) -> CrmRequest:
    return CrmRequest(
        "POST",
        f"{settings.api_url}/api/v2/activities",
        {
            "subject": task.subject,
            "type": "task",
            "due_date": task.due_on.isoformat(),
            "deal_id": int(_known(deal, _DIGITS, "Pipedrive")),
            "note": _as_html(task.note),
        },
    )


def _pipedrive_lost(settings: PipedriveTarget, deal: str, reason: str) -> CrmRequest:
    return CrmRequest(
        "PATCH",
        f"{settings.api_url}/api/v2/deals/{_known(deal, _DIGITS, 'Pipedrive')}",
        {"status": "lost", "lost_reason": reason},
    )


def _salesforce_task(settings: SalesforceTarget, deal: str, task: Task) -> CrmRequest:
    return CrmRequest(
        "POST",
        f"{settings.api_url}/services/data/{settings.version}/sobjects/Task",
        {
            "Subject": task.subject[:255],
            "ActivityDate": task.due_on.isoformat(),
            "WhatId": _known(deal, _SALESFORCE_ID, "Salesforce"),
            "Status": "Not Started",
            "Description": task.note,
        },
    )


def _salesforce_lost(settings: SalesforceTarget, deal: str, reason: str) -> CrmRequest:
    identity = _known(deal, _SALESFORCE_ID, "Salesforce")
    body = {"StageName": settings.lost_stage}
    if settings.reason_field:
        body[settings.reason_field] = reason
    return CrmRequest(
        "PATCH",
        f"{settings.api_url}/services/data/{settings.version}/sobjects/Opportunity/{identity}",
        body,
    )


def _as_html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _known(identity: str, form: re.Pattern[str], crm: str) -> str:
    if not form.fullmatch(identity):
        raise InputError(
            f"opportunity {identity!r} has no id of {crm}; set source of its write_back table to "
            "the source that holds its deals"
        )
    return identity


_MAKERS: dict[type[TargetSettings], tuple[Callable[..., CrmRequest], Callable[..., CrmRequest]]] = {
    HubSpotTarget: (_hubspot_task, _hubspot_lost),
    PipedriveTarget: (_pipedrive_task, _pipedrive_lost),
    SalesforceTarget: (_salesforce_task, _salesforce_lost),
}
