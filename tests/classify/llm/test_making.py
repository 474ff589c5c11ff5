"""What asking needs is told where it is missing, and nothing is loaded before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from auditor.classify.llm.chat_model import BoundedClient, ChatOptions
from auditor.classify.llm.making import make_llm
from auditor.classify.registry import make_classifier
from auditor.errors import ConfigurationError
from auditor.settings import Settings
from tests.classify.llm.making import Local, verdict_of
from tests.classify.llm.server import ScriptedServer

MakeSettings = Callable[..., Settings]


@pytest.mark.parametrize("name", ["llm", "cascade"])
def test_no_model_is_asked_unless_one_is_set(name: str, make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigurationError, match="set AUDITOR_LLM_MODEL"):
        make_classifier(name, make_settings(llm_model=None))


def test_a_missing_key_is_told(make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigurationError, match="AUDITOR_LLM_API_KEY"):
        make_llm(make_settings(llm_base_url=None), base=None)


@pytest.mark.parametrize("package", ["langchain.chat_models", "openai"])
def test_missing_packages_are_told_with_the_command(
    package: str, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "auditor.classify.llm.chat_model")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=r'pip install "\.\[llm\]"'):
        make_llm(make_settings(), base=None)


def test_an_unknown_prompt_is_told(make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigurationError, match=r"classify_short\.v1"):
        make_llm(make_settings(llm_prompt="classify.v99"), base=None)


def test_an_unknown_provider_is_told(make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigurationError, match="provider:name"):
        make_llm(make_settings(llm_model="nobody:x", llm_base_url=None), base=None)


def test_local_and_its_policy_load_no_language_model_library() -> None:
    code = (
        "import sys\n"
        "from auditor.classify.registry import make_classifier, make_policy\n"
        "from auditor.settings import Settings\n"
        "s = Settings(); make_policy(make_classifier('rules', s), s)\n"
        "import auditor.classify.llm.making\n"
        "bad = [m for m in ('langchain', 'langchain_core', 'openai', 'langsmith') "
        "if m in sys.modules]\n"
        "sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("model", "base_url", "found"),
    [
        ("openai:gpt-5-mini", None, ("openai", "gpt-5-mini")),
        ("gpt-5-mini", None, ("openai", "gpt-5-mini")),
        ("anthropic:claude", None, ("anthropic", "claude")),
        ("qwen3:8b", "http://localhost:11434/v1", ("openai", "qwen3:8b")),
        ("openai:qwen3:8b", "http://localhost:11434/v1", ("openai", "qwen3:8b")),
    ],
)
def test_a_models_name_tells_its_provider(
    model: str, base_url: str | None, found: tuple[str, str]
) -> None:
    assert ChatOptions(model, base_url).provider_and_name == found


def test_a_server_that_drips_its_answer_is_timed_out(
    server: ScriptedServer, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(0, 10_000, 30))
    make = BoundedClient.__init__

    def with_clock(self: BoundedClient, **given: object) -> None:
        make(self, **{**given, "clock": lambda: float(next(ticks))})  # type: ignore[arg-type]

    monkeypatch.setattr(BoundedClient, "__init__", with_clock)
    verdict = verdict_of(make_settings(llm_timeout=5.0), local=Local())
    assert any("did not answer in time" in w for w in verdict.warnings)
