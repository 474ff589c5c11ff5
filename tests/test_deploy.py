"""The files of deploy/ fit each other, the program's commands and its settings."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
import yaml  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field

from auditor.cli import app
from auditor.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = sorted(DEPLOY.glob("compose.*.yml"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TEXTS = [*sorted(p for p in DEPLOY.rglob("*") if p.is_file()), ROOT / "docs/service.md"]
OTHERS = {"PATH", "PYTHONUNBUFFERED", "XDG_DATA_HOME", "POSTGRES_USER", "POSTGRES_DB"}
OTHERS |= {"POSTGRES_PASSWORD"}
"""Variables of Python, of the data folder and of the image postgres."""
DURATION = r"^(\d+(us|ms|s|m|h))+$"
Dotted = re.compile(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Build(_Part):
    context: str
    dockerfile: str = "Dockerfile"


class HealthCheck(_Part):
    disable: bool = False
    test: list[str] = []
    interval: str = Field(default="30s", pattern=DURATION)
    timeout: str = Field(default="30s", pattern=DURATION)
    start_period: str = Field(default="0s", pattern=DURATION)
    retries: int = 3


class Condition(_Part):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Service(_Part):
    """What the Compose specification lets a service have, as far as it is used here."""

    build: Build | None = None
    image: str | None = None
    command: list[str] = []
    profiles: list[str] = []
    env_file: str | None = None
    environment: dict[str, str] = {}
    volumes: list[str] = []
    networks: list[str] = []
    ports: list[str] = []
    depends_on: list[str] | dict[str, Condition] = []
    healthcheck: HealthCheck | None = None
    restart: Literal["no", "always", "on-failure", "unless-stopped"] = "no"
    stop_grace_period: str = Field(default="10s", pattern=DURATION)
    read_only: bool = False
    tmpfs: list[str] = []
    cap_drop: list[str] = []
    security_opt: list[str] = []


class Subnet(_Part):
    subnet: str


class Addresses(_Part):
    config: list[Subnet]


class Network(_Part):
    ipam: Addresses | None = None


class Compose(BaseModel):
    """A compose file; what begins with ``x-`` is its own."""

    model_config = ConfigDict(extra="allow", strict=True)

    services: dict[str, Service]
    networks: dict[str, Network | None] = {}
    volumes: dict[str, None] = {}


def _compose(path: Path) -> Compose:
    read = Compose.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert all(name.startswith("x-") for name in read.model_extra or {})
    return read


def _given(path: Path) -> dict[str, str]:
    """Variables of an environment file, those in comments too."""
    lines = path.read_text(encoding="utf-8").splitlines()
    told = [re.fullmatch(r"#?([A-Z][A-Z0-9_]*)=(.*)", line) for line in lines]
    return {found[1]: found[2] for found in told if found}


def _unit(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _is_known(name: str) -> bool:
    """Whether a variable is a setting, or one in a table of settings."""
    first, *inner = name.removeprefix("AUDITOR_").lower().split("__")
    kind: Any = Settings
    for part in (first, *inner):
        fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
        if part not in fields:
            return False
        kind = fields[part].annotation
    return True


def _check_command(arguments: list[str]) -> None:
    """Reads the arguments as the program does; an unknown command or option raises."""
    commands: Any = vars(typer.main.get_command(app))["commands"]
    assert arguments[0] in commands, f"No such command {arguments[0]}"
    commands[arguments[0]].make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bAUDITOR_[A-Z0-9_]*[A-Z0-9]\b", path.read_text(encoding="utf-8")))
    assert {name for name in named if not _is_known(name)} == set()


@pytest.mark.parametrize(
    "name", ["AUDITOR_DATABASE", "AUDITOR_WEBHOOKS__HUBSPOT__SECRETS", "AUDITOR_THREADS__X"]
)
def test_a_name_that_is_no_setting_is_told_from_one(name: str) -> None:
    assert not _is_known(name)
    assert _is_known("AUDITOR_WEBHOOKS__HUBSPOT__SECRET")


@pytest.mark.parametrize("path", COMPOSE, ids=lambda p: p.name)
def test_variables_of_compose_files_are_settings_with_values_that_count(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for service in _compose(path).services.values():
        own = {n: v for n, v in service.environment.items() if n not in OTHERS}
        assert all(_is_known(name) for name in own)
        with monkeypatch.context() as patched:
            for name, value in own.items():
                patched.setenv(name, Dotted.sub("given", value))
            load_settings()


def test_the_example_of_an_environment_is_read_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    given = _given(DEPLOY / "auditor.env.example")
    assert len(given) >= 8
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.trusted_proxies == ["127.0.0.1"]
    assert settings.secret_key is None, "each install makes its own"


@pytest.mark.parametrize("path", COMPOSE, ids=lambda p: p.name)
def test_a_compose_file_holds_only_what_there_is(path: Path) -> None:
    compose = _compose(path)
    for name, service in compose.services.items():
        assert (service.build is None) != (service.image is None), name
        assert set(service.networks) <= set(compose.networks), name
        for volume in service.volumes:
            source = volume.split(":")[0]
            known = (DEPLOY / source).exists() if source.startswith(".") else False
            assert known or source in compose.volumes, volume
        if service.build:
            context = (DEPLOY / service.build.context).resolve()
            assert context == ROOT
            assert (context / service.build.dockerfile).is_file()
        if service.env_file:
            assert (DEPLOY / f"{service.env_file}.example").is_file()
    used = {v.split(":")[0] for s in compose.services.values() for v in s.volumes}
    assert set(compose.volumes) <= used


@pytest.mark.parametrize("path", COMPOSE, ids=lambda p: p.name)
def test_services_wait_for_services_that_can_tell(path: Path) -> None:
    services = _compose(path).services
    for name, service in services.items():
        for other in service.depends_on:
            assert set(service.profiles) <= set(services[other].profiles), (name, other)
        if isinstance(service.depends_on, dict):
            for other, how in service.depends_on.items():
                if how.condition == "service_healthy":
                    assert services[other].healthcheck is not None
                if how.condition == "service_completed_successfully":
                    assert services[other].restart in ("no", "on-failure")


@pytest.mark.parametrize("path", COMPOSE, ids=lambda p: p.name)
def test_variables_that_a_compose_file_asks_for_are_told_in_its_head(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head = text[: text.index("\nservices:")]
    asked = {found[0] for found in Dotted.findall(text)}
    assert {name for name in asked if f"{name}=" not in head} == set()


@pytest.mark.parametrize("path", COMPOSE, ids=lambda p: p.name)
def test_the_auditor_s_containers_hold_no_rights_they_do_not_need(path: Path) -> None:
    own = [s for s in _compose(path).services.values() if s.build]
    assert own
    for service in own:
        assert service.read_only
        assert service.cap_drop == ["ALL"]
        assert service.security_opt == ["no-new-privileges:true"]
        assert service.ports == [], "only the proxy is reached from outside"
        if service.command:
            _check_command(service.command)


def test_the_image_starts_a_command_that_there_is_from_folders_that_there_are() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for copied in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        for source in copied.split():
            assert (ROOT / source).exists(), source
    [command] = re.findall(r"^CMD (\[.+\])$", text, re.MULTILINE)
    _check_command(json.loads(command))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [extras] = re.findall(r'"\.\[([a-z,]+)\]"', text)
    for extra in extras.split(","):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra


@pytest.mark.parametrize("path", UNITS, ids=lambda p: p.name)
def test_a_unit_starts_a_command_that_there_is(path: Path) -> None:
    unit = _unit(path)
    program, *arguments = shlex.split(unit["ExecStart"])
    assert program == "/opt/auditor/bin/auditor"
    _check_command(arguments)
    assert unit["Environment"].partition("=")[0] in OTHERS


def test_a_command_that_is_none_is_told_from_one() -> None:
    for arguments in (["serves"], ["serve", "--logs", "json"], ["work", "now"]):
        with pytest.raises(Exception, match=r"No such|unexpected extra"):
            _check_command(arguments)


@pytest.fixture
def verify(tmp_path: Path) -> Any:
    """Runs ``systemd-analyze verify`` on a unit's text; gives what it complains of."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed here")

    def run(name: str, text: str) -> str:
        # where the auditor is installed to is no folder of this machine
        text = text.replace("/opt/auditor/bin/auditor", sys.executable)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [program, "verify", "--man=no", str(path)],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        lines = (done.stdout + done.stderr).splitlines()
        return "\n".join(line for line in lines if name in line) or "\n".join(
            lines if done.returncode else []
        )

    return run


@pytest.mark.parametrize("path", UNITS, ids=lambda p: p.name)
def test_systemd_takes_each_unit(path: Path, verify: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert verify(path.name, text) == ""
    assert "Restrat" in verify(path.name, text.replace("RestartSec=", "RestratSec="))
