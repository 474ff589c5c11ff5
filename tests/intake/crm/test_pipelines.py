"""The stages of a CRM's pipelines are read in order, and nothing but the address set is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.intake.crm import pipelines
from auditor.intake.crm.pipelines import PipelineError, PipelineReader
from tests.intake.crm.pipelines_server import HUBSPOT, PipelinesServer, script_pipedrive

PATH = "/crm/v3/pipelines/deals"
TOKEN = "secret-token"


@pytest.fixture
def server() -> Iterator[PipelinesServer]:
    """A CRM on loopback."""
    made = PipelinesServer()
    yield made
    made.close()


def _reader(server: PipelinesServer, sender: str = "hubspot") -> tuple[PipelineReader, list[float]]:
    waits: list[float] = []
    return PipelineReader(sender, TOKEN, server.address, sleep=waits.append), waits


def test_hubspots_open_stages_come_pipeline_by_pipeline_in_order(server: PipelinesServer) -> None:
    server.give(PATH, HUBSPOT)
    found = _reader(server)[0].read()
    assert [(s.pipeline, s.name, s.place, s.last_place, s.probability) for s in found] == [
        ("Sales", "First talk", 0, 1, 0.2),
        ("Sales", "Quote sent", 1, 1, 0.6),
        ("Renewals", "Terms sent", 0, 0, 0.5),
    ]
    assert server.asked[0][1]["authorization"] == f"Bearer {TOKEN}"


def test_pipedrives_stages_come_of_all_pages_with_their_patience(server: PipelinesServer) -> None:
    script_pipedrive(server)
    found = _reader(server, "pipedrive")[0].read()
    assert [(s.id, s.name, s.probability, s.patience_days) for s in found] == [
        ("1", "Qualified", 0.2, None),
        ("3", "Proposal Made", 0.6, 14),
    ]
    assert all(headers["x-api-token"] == TOKEN for _, headers in server.asked)
    assert all(TOKEN not in path for path, _ in server.asked)


def test_it_waits_as_asked_and_asks_again(server: PipelinesServer) -> None:
    server.give(PATH, (429, {}, {"Retry-After": "2"}), (503, {}, {}), HUBSPOT)
    reader, waits = _reader(server)
    assert len(reader.read()) == 3
    assert waits == [2.0, 1.0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, {}, {}), "refused with 401; check webhooks.hubspot.token"),
        ((302, {}, {"Location": "http://127.0.0.1:9/elsewhere"}), "refused with 302"),
        ((503, {}, {}), "answered 503; run the command again later"),
        ((429, {}, {"Retry-After": "86400"}), "answered 429"),
        (b"<html>", "no JSON object"),
        ([1], "no JSON object"),
        ({"results": [{"id": 1, "stages": "none"}, 7]}, "tells no stage of an open deal"),
        ({}, "tells no stage of an open deal"),
    ],
)
def test_what_went_wrong_is_said_without_the_token(
    server: PipelinesServer, answer: object, says: str
) -> None:
    server.give(PATH, answer)
    with pytest.raises(PipelineError, match=says) as told:
        _reader(server)[0].read()
    assert TOKEN not in str(told.value)
    assert {path for path, _ in server.asked} == {PATH}


def test_an_answer_without_end_is_cut_off(
    server: PipelinesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "LONGEST_ANSWER", 100)
    server.give(PATH, HUBSPOT)
    with pytest.raises(PipelineError, match="over 100 bytes"):
        _reader(server)[0].read()


def test_pages_that_go_round_in_a_circle_end(server: PipelinesServer) -> None:
    script_pipedrive(server)
    server.give(
        "/api/v2/stages?limit=500&cursor=a%2Fb", {"additional_data": {"next_cursor": "a/b"}}
    )
    with pytest.raises(PipelineError, match="more pages"):
        _reader(server, "pipedrive")[0].read()


def test_a_crm_that_is_down_can_be_reached_later(server: PipelinesServer) -> None:
    server.close()
    reader, waits = _reader(server)
    with pytest.raises(PipelineError, match="can't be reached"):
        reader.read()
    assert waits == [0.5, 1.0]
