"""Exports of CRMs, by their own names and labels, become the same records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from auditor.domain.records import (
    ActivityKind,
    NextActivity,
    OpportunityStatus,
    Side,
    StageChange,
    TextFormat,
)
from auditor.intake import TableKind

from .reading import read_text

SF_TASKS = """\
"Id","WhatId","WhoId","Subject","Description","ActivityDate","Status","CallDisposition","CallDurationInSeconds","OwnerId","Owner.Name","IsClosed","CreatedDate","TaskSubtype"
"00T1","006A0000001AbCd","003X","Call","Rang Mrs Holt, ""maybe in spring"",
no date","2026-03-02","Completed","Connected","120","005X","Dana Fox","true","2026-03-02T10:15:00.000+0000","Call"
"00T2","006A0000001AbCd","003X","Call back","","2026-06-02","Not Started","","","005X","Dana Fox","false","2026-03-02T10:20:00.000+0000","Task"
"00T3","001A0000001AbCd","003X","Call","About the account","2026-03-03","Completed","","","005X","Dana Fox","true","2026-03-03T10:20:00.000+0000","Task"
"""  # noqa: E501 - as exported
SF_DEALS = """\
Id,Name,StageName,Amount,CloseDate,NextStep,LeadSource,OwnerId,Owner.Name,CreatedDate,IsClosed,IsWon,Probability,Description
006A1,Roof for Holt,Proposal,12000.00,2026-04-01,Board on 3 May,Web,005X,Dana Fox,2026-01-01T00:00:00.000Z,false,false,50,A large old roof
006A2,Roof for Pym,Closed Lost,8000.00,2026-02-01,,Web,005X,Dana Fox,2026-01-01T00:00:00.000Z,true,false,0,
006A3,Roof for Ray,Closed Won,9000.00,2026-02-02,,Web,005X,Dana Fox,2026-01-01T00:00:00.000Z,true,true,100,
"""  # noqa: E501 - as exported


def test_salesforce_tasks_become_a_call_and_a_pending_activity(tmp_path: Path) -> None:
    result = read_text(tmp_path, "tasks.csv", SF_TASKS)
    call, other = result.activities
    (pending,) = result.deals
    assert call.text == 'Rang Mrs Holt, "maybe in spring",\nno date'
    assert call.opportunity_id == pending.id
    assert len(pending.id) == 18
    assert call.occurred_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert (call.kind, call.owner, call.duration_seconds) == (ActivityKind.CALL, "Dana Fox", 120)
    assert call.participants[0].role is Side.REP
    assert pending.next_activity == NextActivity(
        kind=ActivityKind.CALL, subject="Call back", due_on=date(2026, 6, 2)
    )
    assert other.opportunity_id is None, "logged on an account, not on an opportunity"
    assert result.report.tells_pending


def test_salesforce_opportunities_know_how_they_ended(tmp_path: Path) -> None:
    result = read_text(tmp_path, "opps.csv", SF_DEALS)
    open_, lost, won = result.deals
    assert result.report.mappings[0].kind is TableKind.OPPORTUNITIES
    assert (open_.name, open_.stage, open_.value) == (
        "Roof for Holt",
        "Proposal",
        Decimal("12000.00"),
    )
    assert (open_.expected_close_on, open_.closed_on) == (date(2026, 4, 1), None)
    assert open_.probability == 0.5
    assert open_.next_activity is not None
    assert open_.next_activity.subject == "Board on 3 May"
    assert (lost.status, lost.closed_on) == (OpportunityStatus.LOST, date(2026, 2, 1))
    assert (won.status, won.closed_on) == (OpportunityStatus.WON, date(2026, 2, 2))
    assert not lost.next_activity_known, "an empty next step is only a line not filled in"


def test_a_salesforce_activity_report_goes_by_its_labels(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "report.csv",
        '"Opportunity Name","Activity Date","Subject","Comments","Full Comments",'
        '"Assigned","Contact Name"\n'
        '"Roof for Holt","3/25/2026","Call","Rang Mrs…","Rang Mrs Holt,'
        ' she will think","Dana Fox","Ann Holt"\n',
    )
    (call,) = result.activities
    assert call.text == "Rang Mrs Holt, she will think"
    assert call.opportunity_id == "Roof for Holt"
    assert [p.name for p in call.participants] == ["Dana Fox", "Ann Holt"]


def test_salesforce_field_history_gives_stage_changes_only(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "history.csv",
        "Opportunity ID,Opportunity Name,Edit Date,Field / Event,Old Value,New Value\n"
        "006A1,Roof,2026-01-05,Stage,Prospecting,Qualified\n"
        "006A1,Roof,2026-01-06,Amount,1,2\n"
        "006A1,Roof,2026-02-05,Stage,Qualified,Proposal\n",
    )
    assert [d.stage_history for d in result.deals] == [
        (StageChange(stage="Qualified", entered_on=date(2026, 1, 5)),),
        (StageChange(stage="Proposal", entered_on=date(2026, 2, 5)),),
    ]
    assert next(iter(result.report.files.values())).skipped == 1


def test_salesforce_opportunity_history_is_known_by_the_files_name(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "OpportunityHistory.csv",
        "Id,OpportunityId,StageName,Amount,CreatedDate\n008X,006A1,Qualified,10,"
        "2026-01-05T08:00:00.000Z\n",
    )
    (deal,) = result.deals
    assert deal.id == "006A1"
    assert deal.stage_history == (StageChange(stage="Qualified", entered_on=date(2026, 1, 5)),)


def test_hubspot_deals_by_labels_give_stage_history(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "deals.csv",
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Deal owner,Create Date,Original Source,"
        "Next Activity Date,Closed Lost Reason,"
        "\"Date entered 'Qualified (Sales Pipeline)'\","
        "\"Date entered 'Proposal (Sales Pipeline)'\"\n"
        "901,Roof,Proposal,500,2026-05-01 00:00,Dana,2026-01-01 09:00,Web,,,"
        "2026-01-02 10:00,2026-02-03 10:00\n"
        "902,Barn,Closed lost,500,2026-05-01 00:00,Dana,2026-01-01 09:00,Web,"
        "2026-05-05 09:00,Price,,\n",
    )
    roof, barn = result.deals
    assert [c.entered_on for c in roof.stage_history] == [date(2026, 1, 2), date(2026, 2, 3)]
    assert roof.next_activity_known
    assert roof.next_activity is None
    assert barn.lost_reason == "Price"
    assert barn.next_activity is not None
    assert barn.next_activity.due_on == date(2026, 5, 5)


def test_hubspot_calls_by_labels_and_their_outcome(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "hubspot-calls.csv",
        "Record ID,Call Title,Call notes,Call outcome,Activity date,Activity assigned to,"
        "Associated Deal IDs,Associated Deal\n"
        "1,Call with Ann,<p>She&rsquo;ll think</p>,Connected,2026-03-02 10:00,Dana,"
        "901;902,Roof;Barn\n"
        "2,,,No answer,2026-03-03 10:00,Dana,901,Roof\n",
    )
    first, second = result.activities
    assert first.text == "<p>She&rsquo;ll think</p>", "HTML is kept as it is"
    assert first.opportunity_id == "901"
    assert "several opportunities" in result.said
    assert second.text == "No answer"
    assert second.kind is ActivityKind.CALL


def test_hubspot_tasks_by_internal_names_tell_open_from_done(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "t.csv",
        "hs_object_id,hs_task_subject,hs_task_body,hs_task_status,hs_timestamp,"
        "hs_task_completion_date,"
        "hs_task_type,hubspot_owner_id,associations.deals\n"
        "1,Ring Ann,,NOT_STARTED,2026-12-31T23:59:59Z,,CALL,77,901\n"
        "2,Ring Bob,He has no budget,COMPLETED,2026-02-01T09:00:00Z,"
        "2026-02-03T12:00:00Z,CALL,77,901\n",
    )
    (pending,), (done,) = result.deals, result.activities
    assert pending.next_activity is not None
    assert pending.next_activity.due_on == date(2026, 12, 31), "a due day is not shifted by a zone"
    assert done.occurred_at == datetime(2026, 2, 3, 12, tzinfo=UTC)
    assert done.participants == (), "an owner's number is no name"


def test_hubspot_notes_by_labels(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "n.csv",
        "Note body,Activity date,Activity assigned to,"
        "Associated Deal IDs\nFine words,2026-03-02,Dana,901\n",
    )
    (note,) = result.activities
    assert (note.kind, note.text) == (ActivityKind.NOTE, "Fine words")


def test_pipedrive_activities_carry_their_deal(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "activities.csv",
        "Activity - Subject;Activity - Note;Activity - Due date;Activity - Done;Activity - Type;"
        "Activity - Assigned to user;Deal - Title;Deal - ID;Deal - Stage;"
        "Deal - Value;Person - Name;"
        "Activity - Duration\n"
        "Anruf;Er meldet sich;03.02.2026;Done;Call;Jörg;Dach;77;Angebot;1.200,50 €;"
        "Frau Müller;00:30\n"
        "Nachfassen;;03.05.2026;To do;Call;Jörg;Dach;77;Angebot;1.200,50 €;Frau Müller;\n",
    )
    (call,) = result.activities
    assert (call.owner, call.occurred_at.date()) == ("Jörg", date(2026, 2, 3))
    assert call.duration_seconds == 1800
    deal = result.deals[0]
    assert (deal.id, deal.name, deal.stage) == ("77", "Dach", "Angebot")
    assert (deal.value, deal.currency) == (Decimal("1200.50"), "EUR")
    assert result.deals[-1].next_activity == NextActivity(
        kind=ActivityKind.CALL, subject="Nachfassen", due_on=date(2026, 5, 3)
    )


def test_pipedrive_deals_tell_won_and_lost(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "deals.csv",
        "Deal - ID,Deal - Title,Deal - Stage,Deal - Status,Deal - Value,"
        "Deal - Currency,Deal - Owner,"
        "Deal - Lost reason,Deal - Deal closed on,Deal - Expected close date,"
        "Deal - Next activity date,"
        "Deal - Organization\n"
        "1,Roof,Offer,Lost,100,EUR,Dana,Price,2026-02-01 10:00:00,,,Holt Ltd\n"
        "2,Barn,Offer,Open,100,EUR,Dana,,,2026-06-01,2026-05-01,Pym Ltd\n",
    )
    lost, open_ = result.deals
    assert (lost.status, lost.closed_on, lost.lost_reason) == (
        OpportunityStatus.LOST,
        date(2026, 2, 1),
        "Price",
    )
    assert (open_.expected_close_on, open_.account) == (date(2026, 6, 1), "Pym Ltd")
    assert open_.next_activity is not None


def test_zoho_deals_and_calls(tmp_path: Path) -> None:
    deals = read_text(
        tmp_path,
        "zoho_deals.csv",
        "Record Id,Deal Name,Stage,Amount,Closing Date,Deal Owner,Account Name,"
        "Lead Source,Probability (%),Next Step\n"
        "z1,Roof,Proposal,900,2026-04-05,Dana,Holt Ltd,Fair,60,Send offer\n",
    )
    assert deals.deals[0].probability == 0.6
    assert deals.deals[0].account == "Holt Ltd"
    calls = read_text(
        tmp_path,
        "zoho_calls.csv",
        "Record Id,Subject,Call Type,Call Start Time,Call Duration,Description,"
        "Call Result,Related To\n"
        "c1,Call,Outbound,2026-03-02 10:00:00,02:10,She will think,Interested,Roof\n",
    )
    (call,) = calls.activities
    assert (call.text, call.opportunity_id, call.duration_seconds) == (
        "She will think",
        "Roof",
        130,
    )


def test_close_activities(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "close.csv",
        "id,activity_type,lead_id,lead_name,date_created,user_name,note,direction,"
        "duration,disposition\n"
        "acti_1,Call,lead_9,Holt Ltd,2026-03-02T10:00:00.000000+00:00,Dana,"
        "She will think,outbound,60,answered\n",
    )
    (call,) = result.activities
    assert (call.text, call.owner, call.opportunity_id) == ("She will think", "Dana", "lead_9")


OTHER_TONGUES = [
    ("Verkaufschance;Datum;Gesprächsnotiz;Verkäufer;Nächster Schritt;Wiedervorlage\n", "Dana"),
    (
        "Opportunité;Date de l'appel;Compte rendu;Commercial;Prochaine étape;Date de relance\n",
        "Dana",
    ),
    ("Oportunidad;Fecha;Notas;Vendedor;Próximo paso;Fecha de seguimiento\n", "Dana"),
    ("Verkoopkans;Datum;Gespreksverslag;Verkoper;Volgende stap;Opvolgdatum\n", "Dana"),
    ("Deal;Last contact;Notes;Rep;Next step;Next step date\n", "Dana"),
]


@pytest.mark.parametrize(("header", "owner"), OTHER_TONGUES)
def test_any_crm_in_five_languages(tmp_path: Path, header: str, owner: str) -> None:
    row = "Dach Holt;25.02.2026;Sie denkt darüber nach;Dana;Anrufen;03.06.2026\n"
    result = read_text(tmp_path, "crm.csv", header + row)
    (activity,) = result.activities
    assert activity.text == "Sie denkt darüber nach"
    assert activity.owner == owner
    assert activity.opportunity_id == "Dach Holt"
    assert activity.occurred_at.date() == date(2026, 2, 25)
    assert activity.next_activity is not None
    assert (activity.next_activity.subject, activity.next_activity.due_on) == (
        "Anrufen",
        date(2026, 6, 3),
    )


def test_a_note_that_is_turns_is_a_transcript_kept_as_it_is(tmp_path: Path) -> None:
    text = "Dana: Hello\nLee: Hi\nDana: Shall we?\nLee: No"
    result = read_text(tmp_path, "n.csv", f'id,deal id,date,notes\n1,D,2026-03-04,"{text}"\n')
    assert result.activities[0].format is TextFormat.TRANSCRIPT
    assert result.activities[0].text == text


def test_a_planned_meeting_without_a_status_is_pending(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "n.csv",
        "id,deal id,date,type,subject\n1,D,2026-03-04,meeting,Visit\n2,D,2026-01-04,"
        "meeting,Visit\n",
        today=date(2026, 2, 1),
    )
    assert [a.id for a in result.activities] == ["2"]
    assert result.deals[0].next_activity is not None


def test_an_open_task_without_an_opportunity_is_counted_and_said(tmp_path: Path) -> None:
    result = read_text(tmp_path, "t.csv", "id,subject,due date,done\n1,Ring,2026-03-04,no\n")
    assert result.items == []
    assert next(iter(result.report.files.values())).skipped == 1
    assert "open tasks without an opportunity" in result.said


def test_an_activity_without_any_words_is_reported(tmp_path: Path) -> None:
    result = read_text(tmp_path, "t.csv", "id,deal id,date,notes\n1,D,2026-03-04,\n")
    assert "no text, subject or outcome" in result.problems[0]


def test_a_bad_optional_value_is_left_out_and_said(tmp_path: Path) -> None:
    result = read_text(
        tmp_path,
        "d.csv",
        "Deal ID,Deal name,Stage,Amount,Expected close date\n"
        "1,Roof,Offer,a lot of 1,2026-01-01\n2,Barn,Offer,100,20025-01-01\n",
    )
    assert [d.value for d in result.deals] == [None, Decimal(100)]
    assert [flaw.field for flaw in result.report.flaws] == ["Amount", "Expected close date"]
    assert [flaw.line for flaw in result.report.flaws] == [2, 3]
    assert result.problems == []


REPORTS = [
    ("Record ID,Pipeline,Deal Name,Amount,Deal Stage,Close Date,Deal owner,Deal Description,"
     "Last Activity Date,Next Activity Date,Number of times contacted,Associated Contact,"
     "Associated Company,Closed Lost Reason,Last Contacted", TableKind.OPPORTUNITIES),
    ("Opportunity Owner,Account Name,Opportunity Name,Stage,Fiscal Period,Amount,Expected Revenue,"
     "Probability (%),Age,Close Date,Created Date,Next Step,Lead Source,Type",
     TableKind.OPPORTUNITIES),
    ("Deal - Title,Deal - Value,Deal - Stage,Deal - Owner,Deal - Status,Deal - Expected close date",
     TableKind.OPPORTUNITIES),
    ("Assigned,Subject,Date,Priority,Status,Task,Company / Account,Opportunity,Contact,"
     "Full Comments", TableKind.ACTIVITIES),
    ("Record ID,Task Title,Task Status,Due date,Assigned to,Notes,Associated Deal",
     TableKind.ACTIVITIES),
    ("Record ID,Meeting name,Internal meeting notes,Meeting start time,Meeting outcome,"
     "Associated Deal IDs", TableKind.ACTIVITIES),
    ("Subject,Due Date,Status,Priority,Related To,Task Owner,Description,Closed Time",
     TableKind.ACTIVITIES),
    ("Opportunity Name,From Stage,To Stage,Last Modified,Last Modified By", TableKind.STAGES),
]  # fmt: skip


@pytest.mark.parametrize(("header", "kind"), REPORTS)
def test_what_the_rows_are_is_told_by_the_header(
    tmp_path: Path, header: str, kind: TableKind
) -> None:
    result = read_text(tmp_path, "export.csv", header + "\n")
    assert result.problems == []
    assert result.report.mappings[0].kind is kind
    assert "no row under the header" in result.said


def test_a_list_of_people_is_no_list_of_opportunities(tmp_path: Path) -> None:
    result = read_text(tmp_path, "people.csv", "Id,Name,Email,Phone\n1,Ann,a@example.org,12\n")
    assert result.items == []
    assert "neither of activities nor of a sale" in result.problems[0]


def test_excels_unicode_text_is_a_table(tmp_path: Path) -> None:
    content = "Deal ID\tDate\tNotes\n901\t04.03.2026\tShe will think, maybe\n"
    result = read_text(tmp_path, "export.txt", content.encode("utf-16"))
    assert [a.text for a in result.activities] == ["She will think, maybe"]
