"""The clock that other tests rely on tells a square from a line."""

from __future__ import annotations

import time

from tests.timing import grows_linearly


def test_a_square_is_no_line() -> None:
    assert grows_linearly(lambda times: time.sleep(0.02 * times))
    assert not grows_linearly(lambda times: time.sleep(0.02 * times**2), tries=3)


def test_one_long_interruption_says_nothing() -> None:
    held_up = iter([0.0, 0.5])
    assert grows_linearly(lambda times: time.sleep(0.02 * times + next(held_up, 0.0)))


def test_what_takes_hardly_any_time_need_not_be_a_line() -> None:
    assert grows_linearly(lambda times: time.sleep(0.001 * times**2))
