"""A service on the sample team, judged by the rules: the app, clients for it, people and keys."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from auditor.access.machines import issue_key
from auditor.access.people import add_person
from auditor.access.roles import Role, Scope
from auditor.access.secret_key import load_secret_key
from auditor.classify.registry import make_classifier, make_policy
from auditor.intake import IntakeReport
from auditor.intake.sample import load_sample
from auditor.jobs.due import judge_due
from auditor.jobs.importing import Importer
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.access.weak import weak_passwords

SAMPLE_DAY = date(2026, 3, 2)
"""The day as of which the sample team stands."""
PASSWORD = "four words make one"
SECRET = "0123456789abcdef" * 4
ADMIN, SOUTH, REP, EVALUATOR = "ada@example.com", "sue@example.com", "rex@example.com", "eve@x.org"
"""One person of each role; the supervisor and the rep see some of the sample only."""

MakeKey = Callable[..., str]


@pytest.fixture(scope="session", autouse=True)
def _fast_hashes() -> Iterator[None]:
    """No test here is about how hard a password is to guess."""
    with weak_passwords():
        yield


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the sample team, judged, and people of each role."""
    file = tmp_path_factory.mktemp("sample") / "auditor.db"
    settings = Settings(classifier="rules", database_url=f"sqlite:///{file}", secret_key=SECRET)  # type: ignore[arg-type]
    sample = load_sample(SAMPLE_DAY)
    with open_database(settings.database_url) as database:
        database.migrate()
        importer = Importer(database, "crm", SAMPLE_DAY, IntakeReport())
        importer.run([*sample.opportunities, *sample.activities])
        classifier = make_classifier("rules", settings)
        judge_due(database, classifier, make_policy(classifier, settings))
        first = next(o for o in sample.opportunities if o.team and o.owner)
        for email, role, teams, owner in (
            (ADMIN, Role.ADMIN, None, None),
            (SOUTH, Role.SUPERVISOR, [first.team], None),
            (REP, Role.REP, None, first.owner),
            (EVALUATOR, Role.EVALUATOR, None, None),
        ):
            add_person(
                database,
                email,
                email.split("@")[0].title(),
                role,
                teams=teams,  # type: ignore[arg-type]
                owner=owner,
                password=PASSWORD,
                actor="test",
            )
    return file


@pytest.fixture
def settings(sample_file: Path, tmp_path: Path) -> Settings:
    """Settings of a service on a copy of the sample; nothing is judged behind a test's back."""
    copy = tmp_path / "auditor.db"
    shutil.copyfile(sample_file, copy)
    return Settings(
        classifier="rules",
        database_url=f"sqlite:///{copy}",
        secret_key=SECRET,  # type: ignore[arg-type]
        background=False,
        llm_store=tmp_path / "llm.db",
        rate_limit=10_000,
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The service's database."""
    with open_database(settings.database_url) as opened:
        yield opened


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The app."""
    return create_app(settings, database)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A caller that shows nothing; redirects are not followed."""
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def make_key(settings: Settings, database: Database) -> MakeKey:
    """Makes the header of a machine's key: ``make_key("read", teams=["South"])``."""

    def make(*scopes: str, teams: list[str] | None = None) -> str:
        secret = load_secret_key(settings)
        return issue_key(
            database, secret, "test", [Scope(s) for s in scopes], teams=teams, actor="test"
        )

    return make


@pytest.fixture
def machine(app: FastAPI, make_key: MakeKey) -> Iterator[TestClient]:
    """A caller with a key for everything."""
    headers = {"Authorization": f"Bearer {make_key(*Scope)}"}
    with TestClient(app, "http://localhost", headers=headers, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def sign_in(app: FastAPI) -> Iterator[Callable[[str], TestClient]]:
    """Signs a person in: ``sign_in(SOUTH)`` gives their browser, CSRF token in its headers."""
    opened: list[TestClient] = []

    def browser(email: str) -> TestClient:
        made = TestClient(app, "http://localhost", follow_redirects=False)
        opened.append(made.__enter__())
        answer = made.post("/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        made.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return made

    yield browser
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def server(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the app behind a real server on loopback."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    with running(uvicorn.Server(config)) as address, httpx.Client(base_url=address) as opened:
        yield opened


class running:
    """Runs a server in a thread; gives its address."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.run, daemon=True)

    def __enter__(self) -> str:
        started = threading.Event()
        startup = self._server.startup

        async def tell(*args: object, **kwargs: object) -> None:
            await startup(*args, **kwargs)  # type: ignore[arg-type]
            started.set()

        self._server.startup = tell  # type: ignore[method-assign]
        self._thread.start()
        assert started.wait(20), "the server did not start"
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
