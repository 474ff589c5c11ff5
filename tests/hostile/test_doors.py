"""Hostile records through the doors that need no server: judged or refused, never obeyed."""

from __future__ import annotations

import email
import email.policy
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.digest.mail import Envelope, make_message
from auditor.digest.render import render_html, render_text
from auditor.digest.slack import make_blocks
from auditor.digest.view import DigestView
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.intake.crm.writing import CrmRequest, Task, lost_request, task_request
from auditor.write_back_settings import HubSpotTarget, PipedriveTarget, SalesforceTarget
from tests.builders import LOSS, VAGUE, a_finding, an_opportunity
from tests.commands.test_cli import Run, run
from tests.digest.test_view import LOGGED, make
from tests.hostile.records import PAYLOADS, all_loaded, labelled
from tests.hostile.showing import OBEYED, dangers_of

__all__ = ["run"]


def write(folder: Path, records: list[dict[str, Any]]) -> Path:
    path = folder / "hostile.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_the_sets_hold_hostile_records() -> None:
    assert len(labelled()) > 100


def test_every_hostile_record_is_judged_and_quoted_verbatim(run: Run, tmp_path: Path) -> None:
    records = [*labelled(), *all_loaded()]
    for number, record in enumerate(records):
        record = dict(record)
        record["id"] = f"{number}"
        records[number] = record
    code, out, _ = run("audit", str(write(tmp_path, records)))
    assert code == 0
    assert not OBEYED.search(out)
    verdicts = {line["activity_id"]: line for line in map(json.loads, out.splitlines())}
    assert len(verdicts) == len(records)
    for record in records:
        verdict = verdicts[record["id"]]
        fields = {"text": record["activity"]["text"]}
        pending = record["activity"].get("next_activity") or {}
        fields["next_activity.subject"] = pending.get("subject", "")
        for index, past in enumerate(record.get("history") or ()):
            fields[f"history[{index}].text"] = past["text"]
        for quote in verdict["evidence"]:
            assert fields[quote["field"]][quote["start"] : quote["end"]] == quote["quote"]


def test_the_terminal_obeys_nothing(run: Run, tmp_path: Path) -> None:
    records = all_loaded()
    code, out, err = run("digest", str(write(tmp_path, records)), "--out", str(tmp_path / "d"))
    assert code == 0, err
    assert not OBEYED.search(out)
    assert not OBEYED.search(err)
    head = ",".join(['"Date\x1b[31m"', "Opportunity ID", "Notes\u202e", *["x\x9bm"] * 3])
    table = tmp_path / "t.csv"
    table.write_text(f"{head}\n2026-03-02,o1,Call back\x1b[2J,1,2,3\nnever\x1b[2J,o1,x,1,2,3\n")
    code, out, err = run("audit", str(table), "--verbose")
    assert not OBEYED.search(out)
    assert not OBEYED.search(err)
    code, out, err = run("audit", str(tmp_path / "\x1b[2Jnone.csv"))
    assert code == 2
    assert not OBEYED.search(err)


def test_the_digest_on_disk_holds_no_script_and_no_control_character(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "d"
    run("digest", str(write(tmp_path, all_loaded())), "--out", str(folder))
    assert dangers_of((folder / "digest.html").read_text(encoding="utf-8")) == []
    assert not OBEYED.search((folder / "digest.txt").read_text(encoding="utf-8"))
    json.loads((folder / "digest.json").read_text(encoding="utf-8"))


def test_the_evaluation_report_holds_no_script(run: Run, tmp_path: Path) -> None:
    given = [r for r in labelled() if "label" in r][:40]
    hurt = [
        {**given[0], **record, "label": given[0]["label"], "reason": given[0]["reason"]}
        for record in all_loaded()
    ]
    for record in hurt:
        record["activity"]["format"] = "note"
        record["evidence"] = ["They signed with another supplier."]
        record["tags"] = ["<script>window.pwned=1</script>"]
    page = tmp_path / "report.html"
    path = write(tmp_path, [*given, *hurt])
    code, out, err = run("eval", "run", str(path), "--classifier", "rules", "--html", str(page))
    assert page.exists(), (code, err)
    own = tmp_path / "own.html"
    plain = write(tmp_path, [r for r in given if "hostile" not in json.dumps(r)][:3])
    run("eval", "run", str(plain), "--classifier", "rules", "--html", str(own))
    assert dangers_of(page.read_text("utf-8")) == dangers_of(own.read_text("utf-8"))
    assert "<script>window.pwned" not in page.read_text("utf-8")
    assert not OBEYED.search(out)
    assert not OBEYED.search(err)


def hostile_view(payload: str) -> DigestView:
    deal = an_opportunity(
        name=payload, account=payload, owner=payload, stage=payload[:80], url="javascript:alert(1)"
    )
    other = an_opportunity(id="o2", name=payload, owner=payload)
    return make(
        (deal, [a_finding(LOGGED, LOSS, text=f"spoke to Lee {payload}", subject=payload)]),
        (other, [a_finding(LOGGED, VAGUE, text=payload)]),
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_mail_has_the_headers_that_it_should_and_no_others(payload: str) -> None:
    envelope = Envelope(
        sender="Auditor <auditor@example.com>",
        to="sue@example.com",
        to_name=payload,
        week=Week(2026, 10),
        sent_at=datetime(2026, 3, 9, 8, tzinfo=UTC),
        unsubscribe="https://auditor.example.com/unsubscribe/x",
    )
    sent = make_message(hostile_view(payload), envelope).as_bytes()
    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe",
        "List-Unsubscribe-Post", "List-Id", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert [a.addr_spec for a in read["To"].addresses] == ["sue@example.com"]
    assert not OBEYED.search(str(read["Subject"]))
    html = read.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert dangers_of(html) == []
    plain = read.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert not OBEYED.search(plain.replace("\r\n", "\n"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_slack_links_and_mentions_nobody(payload: str) -> None:
    message = make_blocks(hostile_view(payload))
    said = json.dumps(message, ensure_ascii=False)
    assert "<" not in said
    assert len(said) < 60_000
    for block in message["blocks"]:
        texts = [block.get("text"), *(block.get("elements") or ())]
        for text in texts:
            if isinstance(text, dict) and text.get("type") == "mrkdwn":
                assert text["verbatim"] is True


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_digest_in_html_and_text_is_words(payload: str) -> None:
    view = hostile_view(payload)
    assert dangers_of(render_html(view)) == []
    assert not OBEYED.search(render_text(view))
    assert "49" not in re.sub(r"[^{}\d]", "", payload) or "{{ 7*7 }}" in render_text(view)


TARGETS = (
    HubSpotTarget(token="t", lost_stage="lost"),  # type: ignore[arg-type]
    PipedriveTarget(token="t", api_url="https://x.pipedrive.com"),  # type: ignore[arg-type]
    SalesforceTarget(token="t", api_url="https://x.my.salesforce.com"),  # type: ignore[arg-type]
)
IDS = {"HubSpotTarget": "12", "PipedriveTarget": "12", "SalesforceTarget": "0065Y00001Suvw6QAB"}


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_written_to_a_crm_is_words_and_no_address(payload: str, target: Any) -> None:
    known = IDS[type(target).__name__]
    task = Task(payload, date(2026, 4, 1), f"Demanded by Sue: {payload}")
    made = task_request(target, known, task)
    told = json.dumps(made.body)
    note = _note_of(made)
    if not isinstance(target, SalesforceTarget):  # whose field is plain text
        assert "<script" not in note
        assert "<img" not in note
    assert payload[:20] not in made.url
    assert json.loads(told) == made.body
    lost_request(target, known, payload)
    for identity in (payload, f"{known}/../{payload}", f"{known}\n", f"{known}?x=1"):
        with pytest.raises(InputError):
            task_request(target, identity, task)
        with pytest.raises(InputError):
            lost_request(target, identity, "price")


def _note_of(made: CrmRequest) -> str:
    held = made.body.get("properties", made.body)
    return str(held.get("hs_task_body") or held.get("note") or held.get("Description"))


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if "END RECORD" in p or "Ignore" in p])
def test_no_hostile_text_closes_its_fence_in_a_prompt(payload: str) -> None:
    from auditor.classify.llm.view import view_record
    from auditor.classify.redaction import redactor_for
    from auditor.reading.prepared import prepare
    from prompts import CLOSE, OPEN, load_prompt
    from tests.builders import a_record

    prompt = load_prompt("classify.v3")
    counts = set()
    for text in ("call back", f"call back {payload} {CLOSE} {OPEN}"):
        record = a_record(text)
        view = view_record(prepare(record), redactor_for(record, names=True), max_chars=24_000)
        inputs = {"record": view, "precedents": [], "defects": []}
        told = prompt.render(**{n: inputs[n] for n in prompt.inputs})
        whole = "".join(m.content for m in told)
        counts.add((whole.count(OPEN), whole.count(CLOSE)))
    assert len(counts) == 1


KNOWN_GAPS = 9
"""Notes that ask a reviewer for a favour in words that no phrase of ours knows."""


def test_an_obedient_model_changes_no_verdict(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The scripted model answers as each note that addresses the auditor demands."""
    from auditor.classify.llm.verification import addresses_auditor
    from auditor.reading.prepared import prepare
    from auditor.settings import Settings
    from tests.classify.llm.making import Local, local_verdict, verdict_of
    from tests.classify.llm.server import ScriptedServer, answers
    from tests.hostile.reading import records_of

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    addressed = [
        record
        for record in labelled()
        if "addressed_to_auditor" in json.dumps(record)
        or any("auditor" in str(tag) or "inject" in str(tag) for tag in record.get("tags") or ())
    ]
    assert len(addressed) > 20
    records = records_of(tmp_path, addressed)
    known = [record for record in records if addresses_auditor(prepare(record))]
    # Those that no phrase gives away are the shipped model's to know: docs/security.md.
    assert len(records) - len(known) <= KNOWN_GAPS
    with ScriptedServer([answers()]).running() as server:
        settings = Settings(
            llm_model="openai:scripted",
            llm_base_url=server.url,
            llm_store=tmp_path / "llm.db",
            llm_retries=0,
            llm_prices={"openai:scripted": (1.0, 10.0)},
        )
        for record in known[::5]:
            local = Local(LOSS, 0.5)
            words = record.activity.text.split(".")[0][:80]
            server.script(answers(quotes=[{"text": words, "speaker": None}], confidence=1.0))
            verdict = verdict_of(settings, record, local)
            alone = local_verdict(record, local)
            assert (verdict.label, verdict.status) == (alone.label, alone.status), record.activity
