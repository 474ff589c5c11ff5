"""``auditor eval``: runs labelled sets, compares runs, measures agreement, checks sets.

Exit codes: 0 fine, 1 a gate that was asked for has failed or a check has findings, 2 bad usage or
input.  Heavy imports happen inside the commands, so that ``--help`` stays quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eval.labelling.commands import add_labelling
from eval.terminal import (
    console_beside,
    errors_told,
    progress_bar,
    write_json,
    write_lines,
    write_text,
)

if TYPE_CHECKING:
    from auditor.classify.protocol import Classifier
    from auditor.settings import Settings
    from eval.labelled import LabelledSet
    from eval.results import RunResult

app = typer.Typer(
    help="Hold classifiers to labelled sets, compare them, and gate changes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

JsonOption = Annotated[
    Path | None, typer.Option("--json", help="Write JSON to this file; '-' prints it.")
]
SkipOption = Annotated[
    bool, typer.Option("--skip-invalid", help="Leave out records with errors, and count them.")
]


SetArgument = Annotated[
    Path, typer.Argument(metavar="SET", help="Labelled set: a file or a folder.")
]
ClassifierOption = Annotated[
    str | None,
    typer.Option(
        help="local, rules, llm, cascade, or a baseline: tfidf, knn.", show_default="as configured"
    ),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write a report, one file that needs no network.")
]
FloorOption = Annotated[
    list[str] | None,
    typer.Option(metavar="SCORE=NUMBER", help="Exit 1 under it: macro_f1=0.85. Repeatable."),
]
TrainOption = Annotated[
    list[Path] | None, typer.Option(help="Labelled set that a baseline learns from.")
]
AnnotatorOption = Annotated[
    str | None, typer.Option(help="The one annotator to take from a tool's export.")
]
BatchOption = Annotated[
    Path | None,
    typer.Option("--batch-results", help="Answers of an OpenAI batch made by 'eval batch'."),
]
CeilingOption = Annotated[
    Path | None,
    typer.Option(help="A second annotator's labels: their scores are shown beside the run's."),
]
IdsOption = Annotated[
    Path | None, typer.Option("--ids", help="Run only the records named here, an id a line.")
]
CacheOption = Annotated[
    Path | None, typer.Option(help="Keep verdicts here, and go on where a run stopped.")
]
_TRAINED = ("tfidf", "knn")
"""Baselines that learn from ``--train`` first."""


@app.command()
def run(
    labelled_set: SetArgument,
    classifier: ClassifierOption = None,
    json_to: JsonOption = None,
    html_to: HtmlOption = None,
    fail_under: FloorOption = None,
    skip_invalid: SkipOption = False,
    train: TrainOption = None,
    annotator: AnnotatorOption = None,
    cache: CacheOption = None,
    batch_results: BatchOption = None,
    ceiling: CeilingOption = None,
    ids: IdsOption = None,
) -> None:
    """Run a labelled set and score the verdicts."""
    with errors_told():
        from auditor.settings import load_settings
        from eval.ceiling import measure_ceiling
        from eval.floors import broken_floors, parse_floor
        from eval.labelled import load_labelled
        from eval.slices import read_ids, take_slice
        from eval.summary import print_run

        floors = [parse_floor(f) for f in fail_under or ()]
        labelled = load_labelled(labelled_set, skip_invalid=skip_invalid, annotator=annotator)
        if ids is not None:
            labelled = take_slice(labelled, read_ids(ids), name=str(ids))
        beside = {"ceiling": measure_ceiling(labelled, ceiling)} if ceiling else {}
        settings = load_settings(classifier=None)
        judge = _make(classifier or settings.classifier, settings, train or [], batch_results)
        if batch_results is not None:
            _check_batch(labelled, batch_results, settings)
        console = console_beside(json_to)
        result = _run(labelled, judge, settings, cache).with_scores(beside)
        write_json(result.as_json(), json_to)
        if html_to is not None:
            _write_html(result, labelled, html_to)
        print_run(result, console)
        _print_odd(labelled)
        broken = broken_floors(floors, result.scores)
    for told in broken:
        typer.echo(f"gate failed: {told}", err=True)
    if broken:
        raise typer.Exit(1)


def _make(
    name: str, settings: Settings, train: list[Path], batch_results: Path | None
) -> Classifier:
    """The classifier of that name; a baseline is trained first.

    Raises:
        ConfigurationError: for a name that is unknown.
        InputError: for a baseline that has nothing to learn from.
    """
    from auditor.classify.registry import NAMES, make_classifier, make_from_batch
    from auditor.errors import ConfigurationError, InputError
    from auditor.jobs.learning import judged_sources

    if name not in (*NAMES, *_TRAINED):
        known = ", ".join((*NAMES, *_TRAINED))
        raise ConfigurationError(f"unknown classifier {name!r}; choose one of {known}")
    judged = judged_sources(None)
    if batch_results is not None:
        return make_from_batch(name, settings, batch_results, judged=judged)
    if name not in _TRAINED:
        return make_classifier(name, settings, judged=judged)
    from eval.baselines import Baseline, fit_baseline
    from eval.labelled import load_labelled

    if not train:
        raise InputError(f"baseline {name!r} has nothing to learn from; name sets with --train")
    records = [r for path in train for r in load_labelled(path)]
    return fit_baseline(Baseline(name), records)


def _check_batch(labelled: LabelledSet, results: Path, settings: Settings) -> None:
    """Says how many records the batch's results answer; refuses results that answer none."""
    from eval.batch import count_answered

    answered = count_answered(labelled, results, settings)
    typer.echo(f"{results}: answers {answered} of {len(labelled)} records", err=True)


def _run(
    labelled: LabelledSet, judge: Classifier, settings: Settings, cache: Path | None
) -> RunResult:
    from auditor.classify.registry import make_policy
    from eval.run import run_set
    from eval.verdict_cache import VerdictCache

    with progress_bar("judging") as bar:
        task = bar.add_task("judging", total=len(labelled))
        return run_set(
            labelled,
            judge,
            make_policy(judge, settings),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            cache=VerdictCache(cache) if cache else None,
        )


def _write_html(result: RunResult, labelled: LabelledSet, path: Path) -> None:
    from eval.report_html import render_report

    write_text(render_report(result, labelled), path)


def _print_odd(labelled: LabelledSet) -> None:
    """Says what was left out of the set, and what is odd in it."""
    if labelled.n_skipped:
        typer.echo(f"{labelled.n_skipped} records with errors were left out:", err=True)
    for error in labelled.skipped:
        typer.echo(f"  {error}", err=True)
    if labelled.warnings:
        typer.echo(
            f"{len(labelled.warnings)} oddities in the set; 'eval check' lists them", err=True
        )


@app.command()
def batch(
    labelled_set: SetArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the requests, as JSONL.")],
    model: Annotated[
        str | None, typer.Option(help="Model to name in them; AUDITOR_LLM_MODEL if unset.")
    ] = None,
    skip_invalid: SkipOption = False,
) -> None:
    """Write a labelled set's questions as an OpenAI Batch API file."""
    with errors_told():
        from auditor.settings import load_settings
        from eval.batch import write_requests
        from eval.labelled import load_labelled

        settings = load_settings(llm_model=model)
        labelled = load_labelled(labelled_set, skip_invalid=skip_invalid)
        written = write_requests(labelled, settings, out)
        typer.echo(f"Written: {written} requests in {out}; read the results with", err=True)
        typer.echo(
            f"  auditor eval run {labelled_set} --classifier llm --batch-results …", err=True
        )


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A.json", help="The run that stands.")],
    second: Annotated[Path, typer.Argument(metavar="B.json", help="The run to replace it.")],
    json_to: JsonOption = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit 1 where B is worse.")] = False,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="F1 of implicit_loss that B may lose.")
    ] = 0.03,
) -> None:
    """Compare two runs of one set, record by record."""
    with errors_told():
        from eval.compare import compare_runs
        from eval.results import read_result
        from eval.summary import print_comparison

        found = compare_runs(read_result(first), read_result(second), margin=margin)
        print_comparison(found, console_beside(json_to))
        write_json(found.as_json(), json_to)
    if gate and found.regressions:
        for told in found.regressions:
            typer.echo(f"gate failed: {told}", err=True)
        raise typer.Exit(1)


@app.command()
def agreement(
    labellings: Annotated[
        list[Path], typer.Argument(metavar="A.jsonl B.jsonl...", help="One file an annotator.")
    ],
    json_to: JsonOption = None,
    disagreements_to: Annotated[
        Path | None,
        typer.Option("--disagreements", help="Write the records to adjudicate as JSONL."),
    ] = None,
) -> None:
    """Measure how far annotators agree."""
    with errors_told():
        from eval.agreement import measure_agreement, read_labelling
        from eval.summary import print_agreement

        found = measure_agreement([read_labelling(path) for path in labellings])
        print_agreement(found, console_beside(json_to))
        write_json(found.as_json(), json_to)
        if disagreements_to is not None:
            write_lines(list(found.disagreements), disagreements_to)


@app.command()
def check(
    labelled_set: SetArgument,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 also where something is only odd.")
    ] = False,
) -> None:
    """Check a labelled set: list every error and oddity, then count the labels."""
    with errors_told():
        from auditor.errors import LabelledSetError
        from eval.labelled import load_labelled

        try:
            labelled = load_labelled(labelled_set)
        except LabelledSetError as exc:
            typer.echo(str(exc))
            raise typer.Exit(1) from exc
        for warning in labelled.warnings:
            typer.echo(f"odd: {warning}")
        counts = {label: sum(r.label is label for r in labelled) for label in _labels()}
        told = ", ".join(f"{label} {n}" for label, n in counts.items())
        typer.echo(f"{len(labelled)} records, no error, {len(labelled.warnings)} odd: {told}")
    if strict and labelled.warnings:
        raise typer.Exit(1)


def _labels() -> tuple[Any, ...]:
    from auditor.domain.labels import Label

    return tuple(Label)


add_labelling(app)
