"""Fits the cascade on recorded answers: threshold and weight against quality, calls and cost.

    python -m eval.bench.cascade eval/sets/dev eval/recorded/dev.classify.v2.results.jsonl \
        --prompt classify.v2

Nothing is asked: a cell of the table mixes local verdicts with those that recorded answers give.
Intervals are 95 %, from a bootstrap that draws families of records whole.  Tokens are counted with
the shipped model's word pieces, which are a little finer than those of chat models; a repair round
(two calls) happens where a recorded answer has defects, which a batch can't mend.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from auditor.classify.llm.asking import Asker, Heard
from auditor.classify.llm.batch import BatchResults
from auditor.classify.llm.classifier import is_undecided
from auditor.classify.llm.making import make_questions
from auditor.classify.llm.metering import Meter, UseTally
from auditor.classify.llm.opinions import combine, fall_back
from auditor.classify.llm.verification import addresses_auditor
from auditor.classify.local import LocalClassifier
from auditor.classify.protocol import Opinion
from auditor.classify.verdicts import make_finding
from auditor.domain.policy import Policy
from auditor.domain.verdict import Verdict
from auditor.reading.prepared import PreparedRecord, prepare
from auditor.settings import Settings
from eval import intervals, metrics
from eval.evidence_metrics import score_evidence
from eval.labelled import LabelledRecord, load_labelled
from eval.terminal import progress_bar

WEIGHTS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Weights of the language model that are tried."""
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.93, 0.94, 0.95, 0.98, 1.01)
"""Local confidences under which a record is asked about; 0 asks about what can't be read."""
NEAR = 0.01
"""The cascade may fall this far short of asking about everything, in macro-F1."""
MOST_CALLS = 350
"""Records in 1,000 that the default may ask about."""


class Prices(NamedTuple):
    """US dollars per million tokens."""

    read: float
    written: float


@dataclass(frozen=True)
class Case:
    """A record with all that is needed to score any threshold and weight."""

    gold: LabelledRecord
    prepared: PreparedRecord
    local: Opinion
    heard: Heard
    read: int
    """Tokens of its question."""
    written: int
    """Tokens of its answer."""


@dataclass(frozen=True)
class Cell:
    """What one threshold and weight come to."""

    below: float
    weight: float
    macro_f1: float
    interval: intervals.Interval
    pairs: float | None
    reasons: float | None
    deciding: float
    """Share of records whose deciding quote hits."""
    review: float
    """Share left to review."""
    calls: float
    """Records asked about, per 1,000."""
    cost: float
    """US dollars per 1,000 records."""


def read_cases(set_path: Path, results: Path, prompt: str) -> list[Case]:
    """Judges every record locally, and reads and verifies its recorded answer.

    Raises:
        InputError: a file can't be read.
    """
    from tokenizers import Tokenizer

    answers = BatchResults(results)
    settings = Settings(llm_prompt=prompt, llm_model="recorded")
    questions, local = make_questions(settings), LocalClassifier()
    asker = Asker(Meter(answers, tally=UseTally()), questions, tally=UseTally())
    pieces = Tokenizer.from_file(str(Path("auditor/models/tokenizer.json")))
    pieces.no_truncation()
    cases = []
    labelled = load_labelled(set_path)
    with progress_bar("reading") as bar:
        for gold in bar.track(labelled, total=len(labelled)):
            prepared = prepare(gold.record)
            opinion = local.opine([prepared])[0]
            messages = questions.first(prepared)
            read = sum(len(pieces.encode(m.content).ids) for m in messages)
            said = answers.complete(messages).text if answers.holds(messages) else ""
            written = len(pieces.encode(said).ids)
            heard = asker.ask(prepared, opinion.clauses)
            cases.append(Case(gold, prepared, opinion, heard, read, written))
    return cases


def verdicts_at(cases: Sequence[Case], weight: float, policy: Policy) -> list[Verdict]:
    """The verdicts where everything is asked about, at a weight."""
    out = []
    for case in cases:
        asked = case.heard.asked.model_copy(update={"weight": weight})
        if case.heard.verified is None:
            opinion = fall_back(case.local, asked)
        else:
            wary = addresses_auditor(case.prepared, case.local.clauses)
            opinion = combine(case.heard.verified, case.local, asked, wary=wary)
        out.append(make_finding(case.prepared, opinion, "cascade", policy).verdict)
    return out


def local_verdicts(cases: Sequence[Case], policy: Policy) -> list[Verdict]:
    """The verdicts where nothing is asked about."""
    return [make_finding(c.prepared, c.local, "local", policy).verdict for c in cases]


def score_cell(
    cases: Sequence[Case],
    local: Sequence[Verdict],
    asked: Sequence[Verdict],
    *,
    below: float,
    weight: float,
    prices: Prices,
) -> Cell:
    """Scores one threshold and weight."""
    chosen = [is_undecided(c.prepared, c.local, below) for c in cases]
    said = [a if take else v for take, v, a in zip(chosen, local, asked, strict=True)]
    gold = [c.gold.label for c in cases]
    labels = [v.label for v in said]
    right = [g is p for g, p in zip(gold, labels, strict=True)]
    drawn = intervals.resampled_confusions(gold, labels, [c.gold.cluster for c in cases])
    reasons = metrics.reason_accuracy(
        c.gold.accepts(v.reason) if c.gold.reason else None
        for c, v in zip(cases, said, strict=True)
    )
    hits = [
        score_evidence(c.gold.record, c.gold.evidence, v.evidence).deciding_hit
        for c, v in zip(cases, said, strict=True)
    ]
    told = [h for h in hits if h is not None]
    costs = (
        case.read * prices.read + case.written * prices.written
        for case, take in zip(cases, chosen, strict=True)
        if take
    )
    n = len(cases)
    return Cell(
        below=below,
        weight=weight,
        macro_f1=float(metrics.macro_f1(metrics.confusion_matrix(gold, labels))),
        interval=intervals.percentile_interval(metrics.macro_f1(drawn)),
        pairs=metrics.group_consistency((c.gold.pair for c in cases), right).rate,
        reasons=reasons,
        deciding=sum(told) / len(told),
        review=sum(v.status.value == "needs_review" for v in said) / n,
        calls=1_000 * sum(chosen) / n,
        cost=sum(costs) / 1_000 / n,
    )


def surprise(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> float:
    """Mean negative log probability of the gold label: what a weight is fitted by, lower is better.

    Source: log-linear pools are fitted by it in M. West (1984) and R. Genest et al. (1986).
    """
    chances = [v.probabilities[c.gold.label] for c, v in zip(cases, verdicts, strict=True)]
    return float(-np.log(np.maximum(chances, 1e-4)).mean())


def choose(cells: Sequence[Cell]) -> Cell:
    """The fewest calls that come within ``NEAR`` of asking about everything."""
    best = max(cells, key=lambda c: c.calls)
    near = [c for c in cells if c.macro_f1 >= best.macro_f1 - NEAR]
    return min(near, key=lambda c: c.calls)


def _rows(cells: Sequence[Cell]) -> Iterator[str]:
    yield (
        "| asked below | calls per 1,000 | macro-F1 | 95 % interval | pairs | reason | "
        "deciding quote | to review | $ per 1,000 |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for c in cells:
        below = "everything" if c.below > 1 else f"{c.below:.2f}"
        yield (
            f"| {below} | {c.calls:.0f} | {c.macro_f1:.3f} | {c.interval.low:.3f} to "
            f"{c.interval.high:.3f} | {_say(c.pairs)} | {_say(c.reasons)} | {c.deciding:.2f} | "
            f"{c.review:.2f} | {c.cost:.2f} |"
        )


def _in_words(cell: Cell) -> str:
    return f"below {cell.below:.2f}, {cell.calls:.0f} per 1,000, macro-F1 {cell.macro_f1:.3f}"


def _say(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _print(text: str) -> None:
    print(text)  # noqa: T201 - the table is this script's output


def main(argv: Sequence[str] | None = None) -> None:
    """Prints weights, the curve, and the choice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_RAW)
    parser.add_argument("set", type=Path, help="labelled set")
    parser.add_argument("results", type=Path, help="recorded answers")
    parser.add_argument("--prompt", required=True, help="prompt that they answer")
    parser.add_argument("--price-read", type=float, default=0.40, help="US dollars a million")
    parser.add_argument("--price-written", type=float, default=1.60, help="US dollars a million")
    parser.add_argument("--weight", type=float, help="of the curve; the fitted one if unset")
    given = parser.parse_args(argv)
    prices = Prices(given.price_read, given.price_written)
    policy = Policy(classifier="cascade")
    cases = read_cases(given.set, given.results, given.prompt)
    local = local_verdicts(cases, policy)
    asked = {w: verdicts_at(cases, w, policy) for w in WEIGHTS}
    _print(
        f"{given.set}: {len(cases)} records, {given.results.name}, tokens a question "
        f"{np.mean([c.read for c in cases]):.0f} read, "
        f"{np.mean([c.written for c in cases]):.0f} written; prices {prices.read:g} and "
        f"{prices.written:g} US dollars a million\n"
    )
    _print("| weight | log loss | macro-F1, all asked | overruled by the local model |")
    _print("|---|---|---|---|")
    for weight, verdicts in asked.items():
        cell = score_cell(cases, local, verdicts, below=1.01, weight=weight, prices=prices)
        over = sum(_is_overruled(c, v) for c, v in zip(cases, verdicts, strict=True))
        _print(f"| {weight:g} | {surprise(cases, verdicts):.4f} | {cell.macro_f1:.3f} | {over} |")
    fitted = given.weight or min(asked, key=lambda w: surprise(cases, asked[w]))
    cells = [
        score_cell(cases, local, asked[fitted], below=t, weight=fitted, prices=prices)
        for t in THRESHOLDS
    ]
    _print(f"\nWeight {fitted:g}:\n")
    for row in _rows(cells):
        _print(row)
    _print(f"\nFewest calls within {NEAR} of asking about everything: {_in_words(choose(cells))}")
    within = max((c for c in cells if c.calls <= MOST_CALLS), key=lambda c: c.macro_f1)
    _print(f"Best within {MOST_CALLS} calls per 1,000: {_in_words(within)}")


def _is_overruled(case: Case, verdict: Verdict) -> bool:
    label = case.heard.asked.label
    return label is not None and verdict.label is not label


_RAW = argparse.RawDescriptionHelpFormatter

if __name__ == "__main__":
    main()
