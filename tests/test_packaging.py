"""The wheel is whole: installed outside the repository it finds its sample, templates and model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds nothing of the project but what the wheel carries."""
    where = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(where), str(ROOT)]
    subprocess.run([*pip, *build], check=True, capture_output=True, cwd=where)
    wheel = next(where.glob("*.whl"))
    target = where / "site"
    install = ["install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True, cwd=where)
    return target


def _run(installed: Path, *code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *code],
        check=False,
        capture_output=True,
        text=True,
        cwd=installed.parent,
        env=environment,
    )


@pytest.mark.slow
def test_the_installed_demo_writes_the_docket(installed: Path) -> None:
    main = (
        "import sys; sys.argv = ['auditor', 'demo', '--out', 'd']\n"
        "from auditor.cli import main; main()"
    )
    done = _run(installed, "-c", main)
    assert done.returncode == 0, done.stderr
    assert "decisions for this week" in done.stdout
    files = {p.name for p in (installed.parent / "d").iterdir()}
    assert files == {"digest.html", "digest.txt", "digest.json", "verdicts.jsonl"}
    where = _run(installed, "-c", "import auditor; print(auditor.__file__)")
    assert str(installed) in where.stdout


def test_the_wheel_carries_the_model_its_card_and_no_labelled_sets(installed: Path) -> None:
    names = {p.relative_to(installed).as_posix() for p in installed.rglob("*") if p.is_file()}
    assert {"auditor/models/model.onnx", "auditor/models/CARD.md", "auditor/py.typed"} <= names
    assert {"api/document/docs.html.j2", "api/document/docs.css"} <= names
    assert not [n for n in names if n.startswith("eval/sets")]
    model = sum(p.stat().st_size for p in (installed / "auditor/models").iterdir())
    assert model <= 25_000_000
