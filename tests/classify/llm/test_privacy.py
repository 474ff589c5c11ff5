"""What leaves the process: no mail address, no number, and no name unless that is set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from auditor.domain.records import Participant, Side
from auditor.settings import Settings
from tests.builders import MEANINGFUL, a_pending, a_record
from tests.classify.llm.making import verdict_of
from tests.classify.llm.server import ScriptedServer, answers

MakeSettings = Callable[..., Settings]


def _personal() -> tuple[str, list[str]]:
    text = (
        "Lee Marsh (lee@marsh.example, +44 7700 900123) pays by 4111 1111 1111 1111. The board "
        "votes on our offer on Thursday and LEE rings Dana Wolfe on Friday at 10."
    )
    secrets = ["Marsh", "LEE", "Wolfe", "lee@marsh", "7700", "4111", "Lee", "Dana"]
    return text, secrets


def test_nothing_personal_leaves_the_process(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    text, secrets = _personal()
    record = a_record(
        text,
        pending=a_pending(date(2026, 3, 6), "Ring Lee on +44 7700 900123"),
        history=("mail to lee@marsh.example", "left voicemail for Lee Marsh"),
        participants=(
            Participant(name="Lee Marsh", role=Side.BUYER, email="lee@marsh.example"),
            Participant(name="Dana Wolfe", role=Side.REP),
        ),
        owner="Dana Wolfe",
    )
    bad = {"text": "LEE rings Dana Wolfe on Monday", "speaker": None}
    good = {"text": "[BUYER_1Ax] rings [REP_1] on Friday at 10", "speaker": None}
    server.script(answers(quotes=[bad]), answers(quotes=[good]))
    verdict = verdict_of(make_settings(), record)
    assert len(server.bodies) == 2
    for body in server.bodies:
        told = body.decode()
        assert [s for s in secrets if s in told] == []
    assert verdict.label is MEANINGFUL
    assert verdict.evidence[0].quote == "LEE rings Dana Wolfe on Friday at 10"


def test_names_leave_only_where_that_is_set(
    server: ScriptedServer, make_settings: MakeSettings
) -> None:
    text, _ = _personal()
    record = a_record(text, participants=(Participant(name="Lee Marsh", role=Side.BUYER),))
    verdict_of(make_settings(llm_redact_names=False), record)
    told = server.bodies[0].decode()
    assert "Lee Marsh" in told
    assert "lee@marsh" not in told
    assert "7700" not in told
