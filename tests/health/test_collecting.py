"""Collections are held off while a report is added up, and come back afterwards."""

from __future__ import annotations

import gc

import pytest

from auditor.health.collecting import no_collections


def test_they_are_off_until_the_last_one_is_done() -> None:
    assert gc.isenabled()
    first, second = no_collections(), no_collections()
    with first:
        with second:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_they_come_back_after_a_failure() -> None:
    with pytest.raises(ValueError, match="broken"), no_collections():
        raise ValueError("broken")
    assert gc.isenabled()


def test_where_they_were_off_before_they_stay_off() -> None:
    gc.disable()
    try:
        with no_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
