"""Settings come from the environment before the file, are documented, and keep secrets."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from auditor.classify.registry import make_policy
from auditor.classify.rules import RulesClassifier
from auditor.errors import ConfigurationError
from auditor.reading.prepared import prepare
from auditor.settings import Settings, load_settings
from tests.builders import a_record

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_every_setting_is_documented() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    missing = [n for n in Settings.model_fields if f"`AUDITOR_{n.upper()}`" not in page]
    assert missing == []


def test_environment_goes_before_the_file_and_arguments_before_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "auditor.toml").write_text("decisions_shown = 7\nclose_above = 0.8\n")
    monkeypatch.setenv("AUDITOR_DECISIONS_SHOWN", "9")
    settings = load_settings(review_below=0.1)
    assert settings.decisions_shown == 9
    assert settings.close_above == 0.8
    assert settings.review_below == 0.1


def test_the_key_falls_back_to_openais_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a")
    key = load_settings().llm_api_key
    assert key is not None
    assert key.get_secret_value() == "sk-a"
    assert "sk-a" not in repr(load_settings())


@pytest.mark.parametrize("text", ["nonsense = 1\n", "review_below = 'x'\n", "= broken"])
def test_a_bad_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "auditor.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"auditor\.toml"):
        load_settings()


def test_the_order_of_day_and_month_reaches_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    record = a_record("board votes 03/04", day=date(2026, 2, 2))
    for setting, day in (("true", date(2026, 4, 3)), ("false", date(2026, 3, 4))):
        monkeypatch.setenv("AUDITOR_DAY_FIRST", setting)
        policy = make_policy(RulesClassifier(), load_settings())
        mentions = prepare(record, day_first=policy.day_first).dates
        assert [m.earliest for m in mentions] == [day]


def test_the_zone_is_checked_and_tells_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_TIME_ZONE", "Mars/Olympus")
    with pytest.raises(ConfigurationError, match="Europe/London"):
        load_settings()
    days = [load_settings(time_zone=zone).today() for zone in ("Etc/GMT+12", "Etc/GMT-14")]
    assert days[0] < days[1]
