"""``auditor demo --serve``: the whole service on the sample team, gone when it is stopped."""

from __future__ import annotations

import secrets
import tempfile
import threading
import webbrowser
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from auditor.access.people import add_person
from auditor.access.roles import Role
from auditor.classify.encoder import Encoder
from auditor.classify.registry import make_classifier, make_policy
from auditor.commands.kept_sample import KeptSample
from auditor.commands.screen import notice, progress
from auditor.intake import IntakeReport
from auditor.intake.sample import SampleTeam, load_sample
from auditor.jobs.due import count_due, judge_due
from auditor.jobs.importing import Importer
from auditor.jobs.learning import judged_sources
from auditor.jobs.searching import Searcher
from auditor.settings import Settings
from auditor.storage import Database, open_database

SUPERVISOR = "supervisor@example.com"
"""Who is signed in."""
_HOST = "127.0.0.1"


def run_demo_serve(settings: Settings, *, out: Path, today: date, port: int, browse: bool) -> None:
    """Serves the sample team, signed in, until told to stop.

    Args:
        settings: of the classifier and the docket; database, key and address are the demo's own.
        out: folder that keeps the sample as it was read, for the next start.
        today: the sample stands as of the Monday of its week.
        port: to listen on; 0 for any that is free.
        browse: whether to open the browser.

    Raises:
        ConfigurationError: the port can't be used.
    """
    serving: Any = import_module("api.serving")  # stands above this package
    socket = serving.listen(_HOST, port)
    with tempfile.TemporaryDirectory(prefix="auditor-demo-") as folder:
        file = Path(folder) / "demo.db"
        own = settings.model_copy(
            update={
                "database_url": f"sqlite:///{file}",
                "secret_key": SecretStr(secrets.token_hex(32)),
                "public_url": None,
                "smtp_url": None,
                "digest_webhooks": {},
                "oidc_issuer": None,
                "oidc_client_id": None,
            }
        )
        _make_ready(file, own, out=out, today=today)
        token = secrets.token_urlsafe(32)
        link = f"http://{_HOST}:{socket.getsockname()[1]}/login/once/{token}"
        notice(f"Open this link to sign in; it works once:  {link}")
        notice("What you decide is in a temporary folder and gone after Ctrl-C.")
        opened = threading.Timer(1.0, webbrowser.open, [link]) if browse else None
        if opened is not None:
            opened.daemon = True
            opened.start()
        serving.serve(own, socket, log_as="quiet", once=(token, SUPERVISOR))


def _make_ready(file: Path, settings: Settings, *, out: Path, today: date) -> None:
    """Puts the sample into a file: as it was kept, else read now and kept."""
    sample, encoder = load_sample(today), Encoder(threads=settings.threads or None)
    judged = judged_sources(None)
    policy = make_policy(make_classifier(settings.classifier, settings, judged=judged), settings)
    kept = KeptSample(out, sample, policy, encoder)
    if kept.take(file):
        notice(f"The sample team's notes and calls were read before; kept in {out}.")
        return
    notice("Reading the sample team's notes and calls; the link follows.")
    with open_database(settings.database_url) as database:
        _fill(database, settings, sample, encoder)
    kept.keep(file)


def _fill(database: Database, settings: Settings, sample: SampleTeam, encoder: Encoder) -> None:
    """Imports, judges and indexes the sample, and adds its supervisor."""
    database.migrate()
    importer = Importer(database, "sample", sample.as_of, IntakeReport())
    importer.run([*sample.opportunities, *sample.activities])
    judged = judged_sources(database)
    classifier = make_classifier(settings.classifier, settings, judged=judged)
    policy = make_policy(classifier, settings)
    with progress("Reading notes and calls", total=count_due(database, policy)) as tick:
        judge_due(database, classifier, policy, on_judged=tick)
    with progress("Making the search", total=len(sample.activities)) as tick:
        Searcher(database, encoder).embed_missing(on_done=tick)
    with database.begin() as unit:
        unit.snapshots.take(sample.as_of)
    add_person(
        database,
        SUPERVISOR,
        "Demo supervisor",
        Role.SUPERVISOR,
        teams=None,
        owner=None,
        password=None,
        actor="demo",
    )
