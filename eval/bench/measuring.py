"""Times, processor time and memory of work, in this process and in others.

Where other work shares the machine, wall-clock times say little: processor time stands beside them
everywhere, and what is compared is measured by turns in one run.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
"""The source folder, in which processes are started."""
AUDITOR = (sys.executable, "-c", "from auditor.cli import main; main()")
"""The command line, by this interpreter."""
_KB_IN_MB = 1024
_LOOKS_EVERY = 0.02


class Cost(NamedTuple):
    """What something took."""

    seconds: float
    """By the clock on the wall."""
    processor: float
    """Processor seconds of all threads."""


@dataclass(frozen=True)
class Ended:
    """What a process took and said."""

    cost: Cost
    """From its start to its end."""
    peak_mb: float
    """Most memory that it held at once."""
    output: str
    """Its standard output."""


def timed(work: Callable[[], object]) -> Cost:
    """Does something once, in this process."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - began, time.process_time() - worked)


def by_turns(
    contenders: Mapping[str, Callable[[int], Cost]], *, repeats: int
) -> dict[str, list[Cost]]:
    """Measures contenders by turns, every second round backwards, so that all meet the same load.

    Args:
        contenders: each takes the number of the round and gives its cost.
        repeats: rounds.
    """
    found: dict[str, list[Cost]] = {name: [] for name in contenders}
    for turn in range(repeats):
        order = list(contenders) if turn % 2 == 0 else list(contenders)[::-1]
        for name in order:
            found[name].append(contenders[name](turn))
    return found


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each part."""
    return Cost(median(c.seconds for c in costs), median(c.processor for c in costs))


def ratio(costs: Sequence[Cost], against: Sequence[Cost]) -> Cost:
    """How many times as much the others took, round by round; the median of each part."""
    pairs = list(zip(costs, against, strict=True))
    return Cost(
        median(_over(b.seconds, a.seconds) for a, b in pairs),
        median(_over(b.processor, a.processor) for a, b in pairs),
    )


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else math.nan


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Exponent b of cost = a * size ** b, by least squares on logarithms; 1 is linear.

    Raises:
        ValueError: under two different sizes, or a size or cost that is not above 0.
    """
    if min(*sizes, *costs) <= 0 or len(set(sizes)) < 2:
        raise ValueError("a slope needs two sizes or more, and all numbers above 0")
    xs, ys = [math.log(s) for s in sizes], [math.log(c) for c in costs]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum(
        (a - x) ** 2 for a in xs
    )


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile; 0.99 is p99, and of under 100 values the highest."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def run_apart(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    accept: Sequence[int] = (0,),
) -> Ended:
    """Runs a process to its end.

    Args:
        command: program and arguments.
        environment: variables beside those of this process.
        folder: where it works; the source folder where None.
        accept: exit codes that are no failure.

    Raises:
        RuntimeError: it ended otherwise, with the end of what it said.
    """
    process = start_apart(command, environment=environment, folder=folder)
    return finish_apart(process, accept=accept)


@dataclass(frozen=True)
class Started:
    """A process under way."""

    process: subprocess.Popen[str]
    """The process; its output goes to files."""
    began: float
    """By ``time.perf_counter``."""
    said: tuple[Path, Path]
    """Files of its output and errors."""


def start_apart(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Started:
    """Starts a process; see ``run_apart``."""
    kept = Path(tempfile.mkdtemp(prefix="bench-said-"))
    said = kept / "out", kept / "err"
    variables = os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
    with said[0].open("w") as out, said[1].open("w") as err:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the project's own command
            list(command), env=variables, cwd=folder or ROOT, stdout=out, stderr=err, text=True
        )
    return Started(process, began, said)


def finish_apart(started: Started, *, accept: Sequence[int] = (0,)) -> Ended:
    """Waits for a process; see ``run_apart``."""
    peak = _Peak(started.process.pid)
    peak.start()
    _, status, used = os.wait4(started.process.pid, 0)
    seconds = time.perf_counter() - started.began
    peak.ended.set()
    started.process.returncode = code = os.waitstatus_to_exitcode(status)
    out, err = (path.read_text(encoding="utf-8", errors="replace") for path in started.said)
    for path in started.said:
        path.unlink()
    started.said[0].parent.rmdir()
    if code not in accept:
        raise RuntimeError(f"{started.process.args!r} ended with {code}: {err[-2_000:]}")
    cost = Cost(seconds, used.ru_utime + used.ru_stime)
    peak.join()
    return Ended(cost, peak.mb, out)


class _Peak(threading.Thread):
    """Looks at a process's peak every now and then.

    What the kernel tells of an ended process (``ru_maxrss``) counts its parent's memory before
    ``exec`` too.
    """

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self.mb = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(_LOOKS_EVERY):
            self.mb = max(self.mb, memory_mb("VmHWM", self._process))


def memory_mb(kind: str, process: int | str = "self") -> float:
    """Memory of a process: ``VmRSS`` now, ``VmHWM`` at most; 0 where the system doesn't tell."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    lines = (line.split() for line in told.splitlines() if line.startswith(f"{kind}:"))
    return next((int(line[1]) / _KB_IN_MB for line in lines), 0.0)


def peak_mb() -> float:
    """Most memory that this process has held at once."""
    return memory_mb("VmHWM")
