"""``auditor demo --serve``: one command, signed in, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


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
