"""The secret key is made once, readable by its owner only, and gives a key for each purpose."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from auditor.access import secret_key
from auditor.access.secret_key import load_secret_key
from auditor.errors import ConfigurationError
from auditor.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's data folder that is not there yet."""
    made = tmp_path / "data"
    monkeypatch.setattr(secret_key, "data_folder", lambda: made)
    return made


def test_it_is_made_once_for_its_owner_only(folder: Path) -> None:
    first = load_secret_key(Settings())
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_secret_key(Settings()).derive("a") == first.derive("a")


def test_a_set_one_goes_before_and_makes_no_file(folder: Path) -> None:
    key = load_secret_key(Settings(secret_key="s" * 32))  # type: ignore[arg-type]
    assert not folder.exists()
    assert "sss" not in repr(key)
    assert len({key.derive(purpose) for purpose in ("a", "b", "ab")}) == 3


def test_of_two_processes_that_make_one_the_first_ones_stays(folder: Path) -> None:
    load_secret_key(Settings())
    file = folder / "secret.key"
    before = file.read_text()
    secret_key._make(file)
    assert file.read_text() == before
    assert list(folder.iterdir()) == [file]


def test_a_short_or_unreadable_one_is_refused_without_being_shown(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="token_hex") as told:
        load_secret_key(Settings(secret_key="hunter2"))  # type: ignore[arg-type]
    assert "hunter2" not in str(told.value)
    folder.parent.joinpath("data").write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match="AUDITOR_SECRET_KEY"):
        load_secret_key(Settings())
