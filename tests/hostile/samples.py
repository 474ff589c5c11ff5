"""Made-up files and messages that look real, for fuzzing to bend: nothing here was recorded."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import openpyxl

from tests.api.webhooks.sending import notification, pipedrive, soap

CSV = (
    "Task ID,Opportunity ID,Opportunity Name,Date,Due Date,Subject,Type,Status,Comments,Amount,"
    "Probability,Duration\r\n"
    '00T1,006A,"Hall, north",2026-03-04 10:15,2026-04-01,"Call Lee",Call,Completed,'
    '"She will decide on 14 March.\nCall back after","1,200.50 €",40%,0:12:30\r\n'
    "00T2,006A,Hall,05/03/2026,,Check in,Task,Open,,$900,0.4,90\r\n"
    "00T3,006B,Roof,13.03.2026,45000,Termin,Meeting,Erledigt,Kein Interesse,1.200,,\r\n"
).encode()
DEALS = (
    "Deal ID;Deal name;Stage;Owner;Value;Expected close;Lead source;Entered Proposal\n"
    "D1;Dach;Angebot;Ute;1.200,50;31.03.2026;Messe;02.02.2026\n"
    "D2;Halle;Closed Won;Ben;900;;Web;\n"
).encode("cp1252")
VTT = b"""WEBVTT - Zoom

NOTE a remark

1
00:00:01.000 --> 00:00:04.500 align:start
<v Dana Rep>Can we meet on 14 March at ten?</v>

00:00:05.000 --> 00:00:09.000
Lee Buyer: <i>Yes</i>, I&#39;ll bring the &quot;budget&quot;.

00:01:00.000 --> 00:01:02.000
<v.loud Lee Buyer>Not before April.
"""
SRT = b"""1
00:00:01,000 --> 00:00:04,500
Dana: Can we meet on 14 March?

2
00:00:05,000 --> 00:00:09,000
LEE
Yes, send the offer first.
"""
TXT = b"""[00:00:01] Dana Rep: Can we meet on 14 March?
[00:00:07] Lee Buyer: Yes. I'll bring the budget.
[00:00:12] Dana Rep: Then ten o'clock.
[00:00:15] Lee Buyer: Fine.
Otter Person  1:02:03
and a line without a name
"""
MAIL = b"""From: Lee Buyer <lee@example.com>
To: Dana <dana@example.org>
Date: Wed, 4 Mar 2026 10:15:00 +0100
Subject: Re: Offer

Hi Dana,
we have decided on another supplier. Call back in three months?

On Tue, 3 Mar 2026 at 09:00, Dana <dana@example.org> wrote:
> Shall we meet on 14/03?
>> earlier words

--\x20
Lee Buyer
Head of Buildings | +49 30 123456
This e-mail is confidential.
"""
RECORD: dict[str, Any] = {
    "id": "r1",
    "opportunity": {"id": "o1", "stage": "Proposal", "value": 1200.5, "probability": 0.4},
    "activity": {
        "kind": "call",
        "occurred_at": "2026-03-04T10:15:00",
        "text": "Spoke with Lee. Call back in three months.",
        "participants": [{"name": "Lee", "role": "buyer", "email": "lee@example.com"}],
        "next_activity": {"kind": "call", "subject": "Call back", "due_on": "2026-06-04"},
        "duration_seconds": 62,
    },
    "history": [{"kind": "note", "occurred_at": "2026-02-01T09:00:00", "text": "Sent offer"}],
    "label": "vague_callback",
    "tags": ["x"],
}
OBJECTS: list[dict[str, Any]] = [
    RECORD,
    {
        "id": "d1",
        "properties": {
            "dealname": "Hall",
            "dealstage": "offer",
            "amount": "1200.5",
            "closedate": "2026-03-31T00:00:00Z",
        },
        "associations": {"companies": {"results": [{"id": "1"}]}},
    },
    {
        "id": "n1",
        "properties": {
            "hs_note_body": "<p>Call <b>back</b></p>",
            "hs_timestamp": "1772614800000",
            "hubspot_owner_id": "7",
        },
    },
    {
        "attributes": {"type": "Task"},
        "Id": "00T1",
        "WhatId": "006A",
        "ActivityDate": "2026-03-04",
        "Description": "Call back",
        "Status": "Open",
    },
    {
        "id": "acti_1",
        "note": "They will call",
        "date_created": "2026-03-04T10:15:00",
        "lead_id": "lead_1",
    },
    {
        "id": "o2",
        "name": "Roof",
        "stage": "Lead",
        "value": 10,
        "activities": [{"id": 1, "date": "2026-03-04", "text": "words"}],
    },
]
TRANSCRIPTS: list[Any] = [
    {
        "calls": [
            {
                "metaData": {"id": "7", "title": "Call", "started": "2026-03-04", "duration": 60},
                "parties": [
                    {"speakerId": "1", "name": "Dana", "affiliation": "Internal"},
                    {"speakerId": "2", "name": "Lee", "emailAddress": "l@example.com"},
                ],
            }
        ],
        "callTranscripts": [
            {
                "callId": "7",
                "transcript": [
                    {"speakerId": "1", "sentences": [{"start": 0, "end": 900, "text": "Hello."}]},
                    {"speakerId": "2", "sentences": [{"start": 950, "end": 2000, "text": "No."}]},
                ],
            }
        ],
    },
    {
        "data": {
            "transcript": {
                "id": "f1",
                "title": "Call",
                "date": 1772614800000,
                "duration": 12.5,
                "sentences": [
                    {"speaker_name": "Dana", "speaker_id": 0, "text": "Hi", "start_time": 0.5},
                    {"speaker_name": None, "speaker_id": 1, "raw_text": "Yes", "end_time": 2},
                ],
            }
        }
    },
    {
        "metadata": {"request_id": "q", "created": "2026-03-04T10:15:00Z", "duration": 3.2},
        "results": {
            "channels": [
                {
                    "alternatives": [
                        {
                            "transcript": "hello there",
                            "words": [{"word": "hello", "start": 0.1, "end": 0.2, "speaker": 0}],
                        }
                    ]
                },
                {"alternatives": [{"transcript": "yes"}]},
            ]
        },
    },
    {
        "Participants": [{"ParticipantId": "AGENT", "ParticipantRole": "AGENT"}],
        "Transcript": [
            {
                "ParticipantId": "AGENT",
                "Content": "Hello",
                "BeginOffsetMillis": 0,
                "EndOffsetMillis": 90,
            }
        ],
        "CustomerMetadata": {"ContactId": "c1"},
    },
    {"segments": [{"speaker": "SPEAKER_00", "text": "Hello", "start": 0.1, "end": 1.5}]},
    {
        "id": "a1",
        "audio_duration": 60,
        "utterances": [{"speaker": "A", "text": "Hello", "start": 100, "end": 900}],
    },
    {
        "occurred_at": "2026-03-04",
        "turns": [{"speaker": "Dana", "text": "Hi"}, {"speaker": "Lee", "text": "No"}],
    },
]
SIDECAR: dict[str, Any] = {
    "id": "c1",
    "opportunity": {"id": "o1", "stage": "Lead"},
    "occurred_at": "2026-03-04T10:15:00",
    "participants": [{"name": "Lee", "role": "customer"}],
    "next_activity": {"kind": "call", "subject": "Call", "due_on": "2026-04-01"},
    "duration_seconds": 60,
    "kind": "call",
}
HUBSPOT_EVENTS: list[dict[str, Any]] = [
    {
        "eventId": 1,
        "subscriptionId": 2,
        "portalId": 3,
        "objectId": 7,
        "occurredAt": 1772614800000,
        "subscriptionType": "deal.propertyChange",
        "propertyName": "amount",
        "propertyValue": "12",
    },
    {"subscriptionType": "object.creation", "objectTypeId": "0-48", "objectId": "8"},
]
HUBSPOT_RECORDS: list[dict[str, Any]] = [
    {
        "type": "deals",
        "id": "7",
        "updatedAt": "2026-03-04T10:15:00Z",
        "names": {"owner": "Dana", "stage": "Offer"},
        "properties": {
            "dealname": "Hall",
            "amount": "1200",
            "closedate": "2026-03-31T00:00:00Z",
            "hs_is_closed": "true",
            "hs_is_closed_won": "false",
            "hs_deal_stage_probability": "0.4",
            "hubspot_owner_id": "7",
        },
    },
    {
        "type": "calls",
        "id": "8",
        "deals": ["7"],
        "properties": {
            "hs_call_body": "<p>Call back</p>",
            "hs_call_duration": "62000",
            "hs_timestamp": "2026-03-04T10:15:00Z",
            "hs_call_disposition": "73a0d17f-1163-4015-bdd5-ec830791da20",
        },
    },
    {
        "type": "tasks",
        "id": "9",
        "deals": ["7"],
        "archived": False,
        "properties": {
            "hs_task_subject": "Call",
            "hs_task_type": "CALL",
            "hs_timestamp": "1772614800000",
            "hs_task_is_completed": "true",
        },
    },
]
PIPEDRIVE: list[dict[str, Any]] = [
    json.loads(
        pipedrive(
            "deal",
            5,
            {
                "id": 5,
                "title": "Hall",
                "stage_id": 3,
                "value": 1200.5,
                "currency": "EUR",
                "status": "lost",
                "owner_id": {"id": 7, "name": "Dana"},
                "org_id": {"name": "Acme", "value": 3},
                "probability": 40,
                "close_time": "2026-03-28 09:00:00",
                "add_time": "2026-01-01 09:00:00",
            },
            key="k",
            at="2026-03-29T10:00:00Z",
        )
    ),
    json.loads(
        pipedrive(
            "activity",
            9,
            {
                "id": 9,
                "deal_id": 5,
                "type": "call",
                "subject": "Ring Lee",
                "due_date": "2026-04-01",
                "due_time": "23:30",
                "duration": "00:30",
                "done": True,
                "note": "<p>Budget?</p>",
                "marked_as_done_time": "2026-03-30 08:15:00",
                "participants": [{"person_id": 1, "primary_flag": True}],
            },
            key="k",
            at="1774864800",
        )
    ),
    {
        "v": 1,
        "event": "updated.deal",
        "meta": {"action": "updated", "object": "deal", "id": 5, "timestamp": 1774864800},
        "current": {"id": 5, "title": "Hall", "status": "open", "stage_id": 3, "active": True},
        "previous": {},
    },
]
CLOSE: list[dict[str, Any]] = [
    {
        "event": {
            "id": "ev_1",
            "date_created": "2026-03-29T10:00:00.000000",
            "action": "updated",
            "object_type": sort,
            "object_id": "x_1",
            "lead_id": "lead_1",
            "data": data,
        }
    }
    for sort, data in (
        (
            "opportunity",
            {
                "id": "oppo_1",
                "lead_name": "Acme",
                "status_type": "won",
                "status_label": "Demo",
                "value": 50000,
                "value_currency": "USD",
                "confidence": 80,
                "date_won": "2026-03-01",
            },
        ),
        (
            "activity.call",
            {"id": "a", "note": "They will call", "duration": 62, "date_created": "2026-03-29"},
        ),
        ("task.lead", {"id": "t", "text": "Call", "due_date": "2026-04-01", "is_complete": True}),
    )
]
MESSAGES: list[dict[str, Any]] = [
    {"type": "record", "timestamp": "2026-03-29T10:00:00Z", "data": RECORD},
    {
        "type": "activity.changed",
        "timestamp": "2026-03-29T10:00:00Z",
        "data": [
            {
                "id": 1,
                "opportunity_id": "o1",
                "text": "Hello",
                "occurred_at": "2026-03-28T10:00:00Z",
                "participants": [{"name": "Lee", "role": "buyer"}],
                "next_activity": {"subject": "Call", "due_on": "2026-04-01"},
                "duration_seconds": 60,
            },
        ],
    },
    {
        "type": "opportunity.changed",
        "data": {
            "id": "o1",
            "value": "12.50",
            "status": "open",
            "probability": 0.4,
            "opened_on": "2026-01-01",
        },
    },
]
OUTBOUND: list[bytes] = [
    soap(
        notification(
            "04l1",
            "Task",
            Id="00T5Y00000AbCdE",
            Subject="Call",
            Description="Call back &amp; ask",
            Status="Completed",
            ActivityDate="2026-03-28",
            CreatedDate="2026-03-28T23:59:00.000Z",
            CallDurationInSeconds="62",
            WhatId="0065Y00001Suvw6",
            OwnerId="7",
        ),
        notification(
            "04l2",
            "Opportunity",
            Id="0065Y00001Suvw6QAB",
            Name="Hall",
            StageName="Closed Won",
            CloseDate="2026-03-01",
            Amount="142000.0",
            Probability="100",
            SystemModstamp="2026-03-29T00:10:00.000+0000",
        ),
    )
]


def workbook() -> bytes:
    """An Excel workbook of two sheets."""
    book = openpyxl.Workbook()
    acts = book.active
    acts.title = "Calls"
    acts.append(["Weekly report"])
    acts.append(["ID", "Deal ID", "Date", "Notes", "Done"])
    acts.append([1, "D1", datetime(2026, 3, 4, 10, 15), "She will\nthink", True])
    acts.append([2, "D1", "2026-03-05", "words", False])
    deals = book.create_sheet("Deals")
    deals.append(["Deal ID", "Deal name", "Stage", "Amount"])
    deals.append(["D1", "Roof", "Offer", 1200.5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
