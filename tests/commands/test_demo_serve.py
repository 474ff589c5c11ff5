"""``auditor demo --serve``: one command, signed in, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import httpx
import pytest

from auditor.classify.encoder import Encoder
from auditor.classify.registry import make_classifier, make_policy
from auditor.commands.kept_sample import KeptSample
from auditor.intake.sample import load_sample
from auditor.settings import Settings
from auditor.storage import open_database

ROOT = Path(__file__).parents[2]


def test_what_was_read_is_kept_for_the_same_policy_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, settings = tmp_path / "out", Settings(classifier="rules")
    sample, encoder = load_sample(date(2026, 3, 2)), Encoder()
    policy = make_policy(make_classifier("rules", settings), settings)
    other = policy.model_copy(update={"review_below": 0.9})
    filled = tmp_path / "filled.db"
    with open_database(f"sqlite:///{filled}") as database:
        database.migrate()
    kept = KeptSample(out, sample, policy, encoder)
    assert not kept.take(tmp_path / "a.db")
    (out).mkdir()
    (out / "sample-of-mine.db").write_text("mine")
    KeptSample(out, sample, other, encoder).keep(filled)
    kept.keep(filled)
    assert kept.take(tmp_path / "a.db")
    assert not KeptSample(out, sample, other, encoder).take(tmp_path / "b.db")
    assert not KeptSample(out, load_sample(date(2026, 3, 9)), policy, encoder).take(
        tmp_path / "b.db"
    )
    files = sorted(f.name for f in out.iterdir())
    assert len(files) == 2
    assert "sample-of-mine.db" in files
    [file] = [f for f in out.iterdir() if f.name != "sample-of-mine.db"]
    file.write_bytes(b"cut off")
    assert not kept.take(tmp_path / "c.db")
    assert "read anew" in capsys.readouterr().err
    assert not (tmp_path / "c.db").exists()


def test_a_folder_that_cannot_be_written_only_costs_the_next_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(classifier="rules")
    policy = make_policy(make_classifier("rules", settings), settings)
    (tmp_path / "out").write_text("a file")
    filled = tmp_path / "filled.db"
    filled.write_bytes(b"")
    sample = load_sample(date(2026, 3, 2))
    KeptSample(tmp_path / "out", sample, policy, Encoder()).keep(filled)
    assert "can't be kept" in capsys.readouterr().err


@pytest.mark.slow
def test_one_command_opens_the_sample_signed_in_and_leaves_nothing(tmp_path: Path) -> None:
    settings = {"AUDITOR_CLASSIFIER": "rules", "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from auditor.cli import main; main()",
            "demo",
            "--serve",
            "--no-open",
        ],
        cwd=tmp_path,
        env=os.environ | settings,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stderr is not None
        link = ""
        while not link and (line := started.stderr.readline()):
            found = re.search(r"http://127\.0\.0\.1:\d+/login/once/[\w-]+", line)
            link = found[0] if found else ""
        with httpx.Client(follow_redirects=True, timeout=60) as browser:
            page = browser.get(link)
            assert "12 decisions for this week" in page.text
            assert "supervisor@example.com" in page.text
            assert browser.get(link).status_code == 404, "the link counts once"
    finally:
        started.send_signal(signal.SIGINT)
        started.wait(60)
        if started.stderr is not None:
            started.stderr.close()
    assert not list(tmp_path.glob("auditor-demo-*"))
