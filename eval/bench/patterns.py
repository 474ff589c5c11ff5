"""How the run time of every regular expression grows: ``python -m eval.bench.patterns``.

Each pattern of the packages is collected, from the modules as they are imported and from calls of
``re`` in their source, and is searched in strings built to make it backtrack: what it repeats,
repeated, after what stands before it, with an end that does not fit.  A pattern is sound where the
slowest such string of 20,000 characters takes less than 50 ms, or twice the length takes no more
than about twice the time.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import pkgutil
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from eval.bench.pumping import pumped

PACKAGES = ("auditor", "api", "prompts", "eval")
LENGTH = 20_000
"""Characters of the longer string."""
BOUND_MS = 50.0
"""Time that a search of ``LENGTH`` characters may take whatever its growth."""
GROWTH = 3.0
"""Most by which the time may grow when the length doubles."""
_SHORT = 1_500
_MOST_TIMED = 4
_TRIES = 3
_PATIENCE_SECONDS = 2.0
_LEFT_OUT = ("auditor.storage.migrations", "eval.training")
_CALLS = frozenset("compile search match fullmatch findall finditer sub subn split".split())


@dataclass(frozen=True)
class Found:
    """A pattern and where it stands."""

    place: str
    """Module and name, or module and line."""
    pattern: re.Pattern[str]
    """Compiled."""


@dataclass(frozen=True)
class Timing:
    """The slowest string of a pattern."""

    place: str
    """Module and name, or module and line."""
    milliseconds: float
    """For ``LENGTH`` characters; infinite where it was given up."""
    growth: float
    """Time for ``LENGTH`` characters over that for half of them."""
    string: str
    """How the string begins."""

    @property
    def is_sound(self) -> bool:
        """Whether the pattern keeps to the bound, or grows with the length only."""
        return self.milliseconds < BOUND_MS or self.growth < GROWTH


def collect(packages: Sequence[str] = PACKAGES) -> list[Found]:
    """Every pattern over text of the packages' modules, each once."""
    found: dict[tuple[str, int], Found] = {}
    for module in _modules(packages):
        for name, pattern in _compiled(module):
            found.setdefault((pattern.pattern, pattern.flags), Found(name, pattern))
        for name, pattern in _written(module):
            found.setdefault((pattern.pattern, pattern.flags), Found(name, pattern))
    return list(found.values())


def slowest(found: Found, *, screened: int = _SHORT, timed: int = _MOST_TIMED) -> Timing:
    """Times a pattern on the strings built for it, the promising ones at full length.

    Args:
        found: the pattern.
        screened: characters of the strings by which the promising ones are told.
        timed: how many are promising.
    """
    short: list[tuple[float, str]] = []
    for text in pumped(found.pattern, screened):
        started = time.perf_counter()  # processor time comes in ticks too long for short strings
        if _seconds(found.pattern, text) >= _PATIENCE_SECONDS:
            return Timing(found.place, float("inf"), float("inf"), text[:60])
        short.append((time.perf_counter() - started, text))
    short.sort(key=lambda timed: timed[0], reverse=True)
    worst = Timing(found.place, 0.0, 1.0, "")
    for _, text in short[:timed]:
        worst = max(worst, _at_length(found, text), key=lambda each: each.milliseconds)
        if not worst.is_sound:
            break
    return worst


def _at_length(found: Found, text: str) -> Timing:
    """Times the string stretched to half and whole length: its middle third is repeated."""
    half, whole = _stretched(text, LENGTH // 2), _stretched(text, LENGTH)
    first = second = float("inf")
    for _ in range(_TRIES):  # the least of some tries: the machine may be busy
        first = min(first, _seconds(found.pattern, half))
        second = min(second, _seconds(found.pattern, whole))
        if second * 1000 < BOUND_MS or second < GROWTH * first or first >= _PATIENCE_SECONDS:
            break
    growth = second / max(first, 1e-5) if first < _PATIENCE_SECONDS else float("inf")
    return Timing(found.place, second * 1000, growth, text[:60])


def _stretched(text: str, length: int) -> str:
    third = len(text) // 3
    middle = text[third : 2 * third]
    needed = max(1, (length - len(text)) // max(1, len(middle)) + 1)
    return text[:third] + middle * (needed + 1) + text[2 * third :]


def _seconds(pattern: re.Pattern[str], text: str) -> float:
    """Processor time of finding all that fits, given up after a while."""
    started = time.process_time()
    try:
        with _patience():
            for _ in pattern.finditer(text):
                pass
            pattern.match(text)
    except TimeoutError:
        return float("inf")
    return time.process_time() - started


@contextmanager
def _patience() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _modules(packages: Sequence[str]) -> Iterator[ModuleType]:
    for package in packages:
        root = importlib.import_module(package)
        yield root
        for info in pkgutil.walk_packages(root.__path__, package + "."):
            if not info.name.startswith(_LEFT_OUT) and not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


def _compiled(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, value in vars(module).items():
        held = list(_within(value))
        for number, pattern in enumerate(held):
            at = f"[{number}]" if len(held) > 1 else ""
            yield f"{module.__name__}.{name}{at}", pattern
        if isinstance(value, type) and value.__module__ == module.__name__:
            for inner, told in vars(value).items():
                for pattern in _within(told):
                    yield f"{module.__name__}.{name}.{inner}", pattern


def _within(value: Any, depth: int = 0) -> Iterator[re.Pattern[str]]:
    """The patterns in a value, its items, or the attributes of small objects of ours."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth >= 4:
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _within(key, depth + 1)
            yield from _within(inner, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for inner in value:
            yield from _within(inner, depth + 1)
    elif type(value).__module__.startswith(PACKAGES):
        for inner in getattr(value, "__dict__", {}).values():
            yield from _within(inner, depth + 1)


def _written(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Patterns that stand as plain strings in calls of ``re``."""
    if module.__file__ is None:
        return
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        if not (of_re and node.func.attr in _CALLS and node.args):
            continue
        told = node.args[0]
        if isinstance(told, ast.Constant) and isinstance(told.value, str):
            flags = re.I if "re.I" in ast.unparse(node) else 0
            yield f"{module.__name__}:{node.lineno}", re.compile(told.value, flags)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table, the slowest first; 1 where a pattern is not sound."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--top", type=int, default=20, help="rows of the table")
    parser.add_argument("--json", type=Path, help="write all timings")
    options = parser.parse_args(arguments)
    found = collect()
    timed = sorted(map(slowest, found), key=lambda t: -t.milliseconds)
    if options.json:
        options.json.write_text(json.dumps([asdict(t) for t in timed], indent=1), "utf-8")
    write = sys.stdout.write
    write(f"{len(timed)} patterns, {LENGTH:,} characters each\n\n")
    write("| pattern | ms | growth at twice the length | string |\n|---|---|---|---|\n")
    for each in timed[: options.top]:
        flag = "" if each.is_sound else " **!**"
        growth = f"{each.growth:.1f}" if each.milliseconds >= BOUND_MS / 2 else ""
        begins = repr(each.string[:24]).replace("|", "\\|").replace("`", "'")
        write(f"| `{each.place}`{flag} | {each.milliseconds:.1f} | {growth} | `{begins}` |\n")
    bad = [each for each in timed if not each.is_sound]
    write(f"\n{len(bad)} not sound\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
