"""A team's own stages count in standings, on pages, in dockets and for records handed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from auditor.commands.audit import FileOptions, run_digest
from auditor.domain.week import Week
from auditor.errors import ConfigurationError
from auditor.settings import Settings
from auditor.storage import Database
from tests.api.conftest import ADMIN, SAMPLE_DAY
from tests.api.pages.reading import read

OWN = """
[[stages]]
key = "all"
names = "."
objective = "Will it fly?"
step = "a flight over the warehouse with their pilot"
patience_days = 4321
"""
DAY = {"as_of": SAMPLE_DAY.isoformat()}
FLIGHT = "a flight over the warehouse with their pilot"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Every stage is the team's one."""
    file = tmp_path / "stages.toml"
    file.write_text(OWN, encoding="utf-8")
    return settings.model_copy(update={"stages_file": file})


def test_standings_and_recommendations_go_by_them(machine: TestClient) -> None:
    rows = machine.get("/v1/opportunities", params=DAY | {"action": "advance"}).json()["items"]
    assert rows
    assert {r["standing"]["patience_days"] for r in rows} == {4321}
    one = machine.get(f"/v1/opportunities/{rows[0]['key']}", params=DAY).json()["summary"]
    assert one["standing"]["patience_days"] == 4321
    assert FLIGHT in one["recommendation"]["proposed_step"]


def test_dockets_and_pages_ask_for_their_steps(
    machine: TestClient, sign_in: Callable[[str], TestClient]
) -> None:
    week = str(Week.last_before(SAMPLE_DAY))
    told = machine.get(f"/v1/digests/{week}", headers={"Accept": "text/plain"}).text
    assert FLIGHT in " ".join(told.split())
    browser = sign_in(ADMIN)
    assert FLIGHT in read(browser.get(f"/?week={week}")).text
    key = machine.get("/v1/opportunities", params=DAY | {"action": "advance"}).json()["items"][0]
    assert FLIGHT in read(browser.get(f"/opportunities/{key['key']}")).text


def test_records_that_are_handed_in_are_judged_by_them(machine: TestClient) -> None:
    record = {
        "id": "r1",
        "opportunity": {"id": "o1", "stage": "Negotiation"},
        "activity": {
            "kind": "call",
            "occurred_at": "2026-02-27",
            "text": "Nice chat. Call back in three months to see how things are.",
        },
    }
    [verdict] = machine.post("/v1/audits", json=record).json()["verdicts"]
    assert FLIGHT in verdict["recommendation"]["proposed_step"]


def test_a_digest_of_files_goes_by_them(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text(
        "Deal ID,Deal Name,Stage,Owner,Date,Type,Notes\n"
        "d1,Marsh,Negotiation,Kim,2026-02-26,Call,Call back in three months to see how it goes.\n",
        encoding="utf-8",
    )
    run_digest(
        [str(file)],
        settings,
        FileOptions(),
        out=tmp_path / "out",
        week=Week.last_before(SAMPLE_DAY),
        team=None,
    )
    told = (tmp_path / "out" / "digest.txt").read_text(encoding="utf-8")
    assert FLIGHT in " ".join(told.split())


def test_a_mistake_in_the_file_is_told_at_the_start(settings: Settings, database: Database) -> None:
    assert settings.stages_file is not None
    settings.stages_file.write_text("[[stages]]\nkey = 'x'\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"stage 1\.names"):
        create_app(settings, database)


def test_so_is_one_in_the_file_of_transactions(settings: Settings, database: Database) -> None:
    own = settings.model_copy(update={"transactions_file": Path("none.csv")})
    with pytest.raises(ConfigurationError, match=r"transactions file none\.csv: can't be read"):
        create_app(own, database)
