"""Date resolution measured beside libraries: ``python -m eval.bench.dates PATH``.

PATH holds one JSON object a line: ``input``, ``reference`` and ``expected`` mentions as the
Recognizers-Text project writes them (inclusive offsets, TIMEX values). Counted are mentions of type
date, datetime and daterange. The file is cut in two by a hash of the input. Rules were first
developed on half A alone, with B counted but unread (exact 0.73, then 0.77 as forms were added
from other sources). Then B was read too, in two quarters: the second, still unread when the
first had been worked through, stood at 0.81 exact, 0.86 recall and 0.7 % false alarms, which is
what to expect of sentences never seen.

* recall: an expected mention that a found one overlaps.
* exact: one of the values found there equals one that is expected. Expected ranges end on the day
  after their last, or, between two named days, on the second; either end counts. An open side of
  an expected range is not compared, and "after" a day may begin on it or the day after. Mentions
  for which the set gives no value (seasons, school years) count for recall only.
* false alarms: sentences with a found mention of these three kinds that overlaps no expected
  mention of any type.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import time as clock
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from auditor.reading.dates import Kind, resolve_dates

KINDS = ("date", "datetime", "daterange")
_DAY = timedelta(days=1)


class Value(NamedTuple):
    """One reading of a found mention."""

    earliest: date
    latest: date
    at: time | None


class Found(NamedTuple):
    """A mention that a library found; ``end`` is exclusive."""

    start: int
    end: int
    values: list[Value]


Finder = Callable[[str, datetime], list[Found]]


@dataclass
class Score:
    """Counts of one library on one part of the file."""

    expected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    valued: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    overlapped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    exact: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    sentences: int = 0
    alarmed: int = 0
    seconds: float = 0.0
    failed: int = 0
    misses: list[str] = field(default_factory=list)


def is_half_a(text: str) -> bool:
    """Whether a sentence belongs to the half on which rules were developed."""
    return int(hashlib.blake2b(text.encode()).hexdigest(), 16) % 2 == 0


def _ours(text: str, reference: datetime) -> list[Found]:
    return [
        Found(m.start, m.end, [Value(v.earliest, v.latest, v.time) for v in m.values])
        for m in resolve_dates(text, reference=reference)
        if m.kind in (Kind.DATE, Kind.DATETIME, Kind.DATERANGE)
    ]


def _point(at: datetime) -> Value:
    return Value(at.date(), at.date(), at.time().replace(microsecond=0, tzinfo=None))


def _located(text: str, pairs: list[tuple[str, datetime]]) -> list[Found]:
    """Finds the words that a library returns without their place, in order."""
    found, begin = [], 0
    for words, at in pairs:
        start = text.find(words, begin)
        if start >= 0:
            begin = start + len(words)
            found.append(Found(start, begin, [_point(at)]))
    return found


def _dateparser() -> Finder:
    search = importlib.import_module("dateparser.search").search_dates

    def find(text: str, reference: datetime) -> list[Found]:
        settings = {"RELATIVE_BASE": reference, "PREFER_DATES_FROM": "future"}
        return _located(text, search(text, languages=["en"], settings=settings) or [])

    return find


def _datefinder() -> Finder:
    find_dates = importlib.import_module("datefinder").find_dates

    def find(text: str, reference: datetime) -> list[Found]:
        found = find_dates(text, index=True, base_date=reference)
        return [Found(start, end, [_point(at)]) for at, (start, end) in found]

    return find


def _parsedatetime() -> Finder:
    calendar = importlib.import_module("parsedatetime").Calendar()

    def find(text: str, reference: datetime) -> list[Found]:
        found = calendar.nlp(text, sourceTime=reference) or ()
        # flag 2 is a bare time, which the three kinds leave out
        return [Found(s, e, [_point(at)]) for at, flag, s, e, _ in found if flag != 2]

    return find


def _timefhuman() -> Finder:
    module = importlib.import_module("timefhuman")

    def value(item: Any) -> list[Value]:
        if isinstance(item, datetime):
            return [_point(item)]
        if isinstance(item, date):
            return [Value(item, item, None)]
        if isinstance(item, tuple) and item and isinstance(item[0], date):
            first, last = (i.date() if isinstance(i, datetime) else i for i in item[:2])
            return [Value(first, last, None)]
        return [v for i in item for v in value(i)] if isinstance(item, list) else []

    def find(text: str, reference: datetime) -> list[Found]:
        config = module.tfhConfig(now=reference, return_matched_text=True)
        found = []
        for _, (start, end), item in module.timefhuman(text, config=config):
            found += [Found(start, end, value(item))] if value(item) else []
        return found

    return find


LIBRARIES: dict[str, Callable[[], Finder]] = {
    "auditor": lambda: _ours,
    "dateparser.search": _dateparser,
    "datefinder": _datefinder,
    "parsedatetime.nlp": _parsedatetime,
    "timefhuman": _timefhuman,
}


def _matches(kind: str, expected: dict[str, Any], value: Value) -> bool:
    if kind == "date":
        day = date.fromisoformat(expected["value"])
        return value.earliest == day == value.latest
    if kind == "datetime":
        at = datetime.fromisoformat(expected["value"])
        return value.earliest == at.date() and value.at == at.time()
    starts, ends = expected.get("start"), expected.get("end")
    if starts:
        start = date.fromisoformat(starts[:10])
        allowed = {start, start + _DAY} if "after" in expected.get("Mod", "") else {start}
        if value.earliest not in allowed:
            return False
    if ends:
        end = date.fromisoformat(ends[:10])
        return value.latest in (end, end - _DAY)
    return bool(starts)


def _resolved(mention: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        value
        for value in mention.get("values") or []
        if value.get("start") or value.get("end") or value.get("value", "not")[:3] != "not"
    ]


def _count(score: Score, record: dict[str, Any], found: list[Found]) -> None:
    score.sentences += 1
    for mention in record["expected"]:
        kind = (mention.get("type") or mention.get("TypeName") or "").rpartition(".")[2]
        if kind not in KINDS:
            continue
        score.expected[kind] += 1
        over = [f for f in found if f.start <= mention["end"] and f.end > mention["start"]]
        score.overlapped[kind] += bool(over)
        wanted = _resolved(mention)
        if not wanted:
            continue
        score.valued[kind] += 1
        exact = any(_matches(kind, w, v) for w in wanted for f in over for v in f.values)
        score.exact[kind] += exact
        if not exact:
            score.misses.append(
                f"{record['reference'][:10]} | {record['input']} | {kind} {mention['text']!r} "
                f"{[(w.get('value'), w.get('start'), w.get('end')) for w in wanted]} found "
                f"{[(record['input'][f.start : f.end], f.values[:3]) for f in over]}"
            )
    spans = [(mention["start"], mention["end"]) for mention in record["expected"]]
    alarms = [f for f in found if not any(f.start <= end and f.end > start for start, end in spans)]
    score.alarmed += bool(alarms)
    if alarms:
        words = [record["input"][f.start : f.end] for f in alarms]
        score.misses.append(f"ALARM {record['input']} | {words}")


def measure(records: list[dict[str, Any]], find: Finder) -> Score:
    """Runs one library over the records; a sentence on which it raises counts as not found."""
    score = Score()
    for record in records:
        reference = datetime.fromisoformat(record["reference"])
        begin = clock.perf_counter()
        try:
            found = find(record["input"], reference)
        except Exception:  # noqa: BLE001  a library's failure is a result, and is counted
            found = []
            score.failed += 1
        score.seconds += clock.perf_counter() - begin
        _count(score, record, found)
    return score


def _merged(first: Score, second: Score) -> Score:
    """The counts of two parts together."""
    both = Score()
    for name in ("expected", "valued", "overlapped", "exact"):
        one, other = getattr(first, name), getattr(second, name)
        setattr(both, name, {kind: one[kind] + other[kind] for kind in KINDS})
    for name in ("sentences", "alarmed", "seconds", "failed"):
        setattr(both, name, getattr(first, name) + getattr(second, name))
    return both


def _ratio(part: dict[str, int], whole: dict[str, int], *kinds: str) -> str:
    names = kinds or KINDS
    total = sum(whole[kind] for kind in names)
    return f"{sum(part[kind] for kind in names) / total:.3f}" if total else "-"


def _row(name: str, half: str, score: Score) -> str:
    cells = [
        name,
        half,
        str(score.sentences),
        _ratio(score.overlapped, score.expected),
        _ratio(score.exact, score.valued),
        *(_ratio(score.exact, score.valued, kind) for kind in KINDS),
        f"{100 * score.alarmed / max(1, score.sentences):.1f} %",
        f"{1000 * score.seconds / max(1, score.sentences):.3f}",
        str(score.failed),
    ]
    return "| " + " | ".join(cells) + " |"


_HEAD = (
    "| library | half | sentences | recall | exact | date | datetime | daterange "
    "| false alarms | ms | failed |"
)


def main() -> None:
    """Prints the table for the libraries that are installed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path, help="JSONL file of sentences with expected mentions")
    parser.add_argument("--only", help="name of one library to run")
    parser.add_argument("--misses", action="store_true", help="list half A's misses of --only")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    records = [json.loads(line) for line in args.path.read_text("utf-8").splitlines() if line]
    half_a = [record for record in records if is_half_a(record["input"])]
    half_b = [record for record in records if not is_half_a(record["input"])]
    print(_HEAD)  # noqa: T201  the table is what the command is for
    print("|" + "---|" * 11)  # noqa: T201
    for name, load in LIBRARIES.items():
        if args.only not in (None, name):
            continue
        try:
            find = load()
        except ImportError:
            continue
        find("warm up on 2 March", datetime(2026, 3, 2))
        scores = {"A": measure(half_a, find), "B": measure(half_b, find)}
        scores["both"] = _merged(scores["A"], scores["B"])
        for label, score in scores.items():
            print(_row(name, label, score))  # noqa: T201
        if args.misses:
            print("\n".join(scores["A"].misses))  # noqa: T201


if __name__ == "__main__":
    main()
