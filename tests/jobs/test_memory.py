"""A long-running process keeps few heaps, and hands back what nobody uses."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's own")

_HEAPS = """
import ctypes, os, re, sys, tempfile, threading
from auditor.jobs.memory import limit_heaps
if sys.argv[1] == "limited":
    limit_heaps()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(12)
def work():
    together.wait()
    libc.malloc(2_000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[t.start() for t in threads]
[t.join() for t in threads]
with tempfile.NamedTemporaryFile() as file:
    told = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, told)
    libc.fclose(told)
    print(len(re.findall(b"<heap nr", file.read())))
"""
_FREED = """
import time
from auditor.jobs.memory import MemoryKeeper
def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6
keeper = MemoryKeeper(every=0.05)
keeper.start()
before = rss()
held = [bytes(2_000) for _ in range(40_000)]
last = held[-1]  # at the end of the heap: nothing before it goes back by itself
most = rss()
del held
until = time.monotonic() + 10
while rss() - before > 8 and time.monotonic() < until:
    time.sleep(0.05)
keeper.stop()
print(most - before, rss() - before)
"""


def _run(code: str, *given: str) -> str:
    command = [sys.executable, "-c", code, *given]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_threads_share_few_heaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert int(_run(_HEAPS, "limited")) <= 2
    assert int(_run(_HEAPS, "as it was")) > 2


def test_the_operators_own_limit_of_heaps_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "5")
    assert 2 < int(_run(_HEAPS, "limited")) <= 5


def test_free_memory_between_what_is_held_is_handed_back() -> None:
    taken, left = map(float, _run(_FREED).split())
    assert taken > 60
    assert left < 10
