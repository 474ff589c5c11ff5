"""One thread reads in the order of asking, while another takes what was read."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from auditor.health.ahead import reading_ahead


def test_pages_and_answers_come_in_the_order_of_asking_from_one_other_thread() -> None:
    told: list[tuple[str, str]] = []

    def read(name: str) -> str:
        told.append((name, threading.current_thread().name))
        return name

    with reading_ahead() as ahead:
        first = ahead.pages(lambda: (read(f"a{n}") for n in range(20)))
        second = ahead.pages(lambda: (read(f"b{n}") for n in range(3)))
        last = ahead.answer(lambda: read("c"))
        names = [*first, *second, last.result()]
    assert names == [name for name, _ in told]
    assert names == [*(f"a{n}" for n in range(20)), "b0", "b1", "b2", "c"]
    [thread] = {thread for _, thread in told}
    assert thread != threading.current_thread().name


def test_no_more_is_read_than_there_is_room_for() -> None:
    read: list[int] = []
    full = threading.Event()

    def numbers() -> Iterator[int]:
        for n in range(100):
            read.append(n)
            if n == 2:
                full.set()
            yield n

    with reading_ahead() as ahead:
        pages = ahead.pages(numbers)
        assert full.wait(5)
        assert read == [0, 1, 2]  # two that wait, and the one for which there is no room
        assert list(pages) == list(range(100))


def test_what_reading_raises_is_raised_where_it_is_taken() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise ValueError("no such table")

    with reading_ahead() as ahead:
        pages = ahead.pages(fail)
        assert next(pages) == 1
        with pytest.raises(ValueError, match="no such table"):
            next(pages)


def test_an_error_stops_reading_and_leaves_no_thread() -> None:
    read: list[int] = []

    def numbers() -> Iterator[int]:
        for n in range(1000):
            read.append(n)
            yield n

    before = threading.active_count()

    def add_up() -> None:
        with reading_ahead() as ahead:
            pages = ahead.pages(numbers)
            late = ahead.answer(lambda: read.append(-1))
            next(pages)
            assert not late.done()
            raise KeyError("adding up failed")

    with pytest.raises(KeyError):
        add_up()
    assert len(read) < 10
    assert -1 not in read
    assert threading.active_count() == before
