"""What a run, a comparison or an agreement found, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from auditor.domain.labels import Label
from eval.agreement import Agreement, Coefficient
from eval.compare import Comparison, Difference
from eval.results import RunResult
from eval.score_rows import score_rows

MIN_SLICE = 20
"""Tags with fewer records are left to the JSON: their scores are mostly chance."""
SHOWN_TAGS = 12
SHOWN_CHANGES = 15
_SHORT = {
    Label.MEANINGFUL_NEXT_STEP: "meaningful",
    Label.VAGUE_CALLBACK: "vague",
    Label.IMPLICIT_LOSS: "loss",
}


def print_run(result: RunResult, console: Console) -> None:
    """Prints the scores of a run."""
    s = result.scores
    console.print(
        f"[bold]{escape(str(s['set']['path']))}[/]: {s['set']['n']} records, "
        f"{escape(str(s['classifier']))}, {s['seconds']:.1f} s"
    )
    console.print(_head_table(s))
    if ceiling := s.get("ceiling"):
        console.print(
            f"annotators: {escape(str(ceiling['path']))} scored against the set on the "
            f"{ceiling['n']} records that both labelled (Cohen's kappa {_number(ceiling['kappa'])})"
        )
    console.print(_label_table(s))
    if tags := _tag_table(s["by_tag"]):
        console.print(tags)


def _head_table(s: Mapping[str, Any]) -> Table:
    """The scores of the whole set; with a second annotator's, where they were measured."""
    ceiling = s.get("ceiling")
    heads = ["score", "value", "95 % interval", *(["annotators"] if ceiling else [])]
    table = Table(*heads, box=None, pad_edge=False)
    for row in score_rows(s):
        cells = [row.name, _number(row.value), _spread(row.interval)]
        table.add_row(*cells, *([_beside(row.ceiling)] if ceiling else []))
    return table


def _beside(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _label_table(s: Mapping[str, Any]) -> Table:
    ceiling = s.get("ceiling")
    said = (f"as {name}" for name in _SHORT.values())
    heads = ["label", "precision", "recall", "F1", *(["ceiling"] if ceiling else [])]
    table = Table(*heads, "n", *said, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for label in Label:
        own, row = s["per_label"][label.value], s["confusion"][label.value]
        scores = [_number(own[k]) for k in ("precision", "recall", "f1")]
        if ceiling:
            scores.append(_beside(ceiling["per_label"][label.value]["f1"]))
        table.add_row(_SHORT[label], *scores, str(own["n"]), *(str(row[p.value]) for p in Label))
    return table


def _tag_table(by_tag: Mapping[str, Mapping[str, Any]]) -> Table | None:
    """The weakest of the tags that have enough records."""
    big = [(t, v) for t, v in by_tag.items() if v["n"] >= MIN_SLICE]
    if not big:
        return None
    table = Table("tag", "n", "accuracy", "macro-F1", box=None, title="weakest tags")
    for tag, value in sorted(big, key=lambda x: x[1]["accuracy"])[:SHOWN_TAGS]:
        cells = (str(value["n"]), _number(value["accuracy"]), _number(value["macro_f1"]))
        table.add_row(escape(tag), *cells)
    return table


def print_comparison(found: Comparison, console: Console) -> None:
    """Prints the differences, the records that changed and the outcome in words."""
    table = Table("score", "first", "second", "difference", "95 % interval", box=None)
    _difference_row(table, "macro-F1", found.macro_f1)
    _difference_row(table, "accuracy", found.accuracy)
    for label, difference in found.f1.items():
        _difference_row(table, f"F1 {_SHORT[label]}", difference)
    console.print(table)
    m = found.mcnemar
    console.print(
        f"only the first right: {m.only_a}, only the second right: {m.only_b}, "
        f"McNemar exact p = {m.p_value:.3g}"
    )
    for a, b in found.changed[:SHOWN_CHANGES]:
        mark = "right" if b.right else "wrong"
        moved = f"{_SHORT[a.label]} to {_SHORT[b.label]}"
        console.print(f"  {escape(a.id)}: {moved} (gold {_SHORT[a.gold]}: {mark})")
    if len(found.changed) > SHOWN_CHANGES:
        console.print(f"  and {len(found.changed) - SHOWN_CHANGES} more changed; --json lists them")
    for warning in found.warnings:
        console.print(f"[yellow]{escape(warning)}[/]")
    console.print(f"[bold]{found.sentence}[/]")


def _difference_row(table: Table, name: str, d: Difference) -> None:
    spread = f"{d.interval.low:+.3f} to {d.interval.high:+.3f}"
    table.add_row(name, _number(d.a), _number(d.b), f"{d.change:+.3f}", spread)


def print_agreement(found: Agreement, console: Console) -> None:
    """Prints the coefficients and how often each label met each other."""
    table = Table("measure", "value", "95 % interval", box=None)
    table.add_row("observed agreement", _number(found.observed), "")
    for (a, b), kappa in found.kappa.items():
        names = "" if len(found.kappa) == 1 else f" {escape(a)} / {escape(b)}"
        table.add_row(f"Cohen's kappa{names}", *_cells(kappa))
    table.add_row("Krippendorff's alpha", *_cells(found.alpha))
    console.print(f"{found.n} records labelled by two or more, {found.only_one} by one only")
    console.print(table)
    for (a, b), counts in found.confusion.items():
        heads = [f"{_SHORT[label]}" for label in Label]
        grid = Table("", *heads, box=None, title=f"{escape(a)} (rows) by {escape(b)}")
        for label in Label:
            row = counts[label.value]
            grid.add_row(_SHORT[label], *(str(row[other.value]) for other in Label))
        console.print(grid)
    console.print(f"{len(found.disagreements)} records to adjudicate")


def _cells(coefficient: Coefficient) -> tuple[str, str]:
    interval = coefficient.interval
    return _number(coefficient.value), _spread(interval.as_list() if interval else None)


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


def _spread(interval: list[float] | None) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
