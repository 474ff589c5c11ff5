"""``auditor audit`` and ``auditor digest`` over files: exports in, verdicts and docket out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import TextIO

from auditor.classify.protocol import Classifier
from auditor.classify.registry import make_classifier, make_from_batch, make_policy
from auditor.commands.intake_notes import print_intake, report_json
from auditor.commands.llm_use import print_llm_use
from auditor.commands.screen import Tick, notice, progress
from auditor.commands.writing import show_digest, verdict_line, write_digest
from auditor.digest.item_texts import ItemTexts
from auditor.digest.tables import item_cells
from auditor.digest.view import count
from auditor.domain.labels import Label
from auditor.domain.policy import Policy
from auditor.domain.stages import Stage
from auditor.domain.verdict import Action, Status, Verdict
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.intake import (
    ColumnMap,
    DateOrder,
    IntakeItem,
    IntakeOptions,
    IntakeReport,
    assemble,
    load_mapping_file,
    parse_map_option,
    read_paths,
)
from auditor.jobs.audit import AuditedOpportunity, audit, make_docket
from auditor.jobs.learning import judged_sources
from auditor.settings import Settings


@dataclass(frozen=True)
class FileOptions:
    """How the user wants files read."""

    mapping_file: Path | None = None
    """Mapping file."""
    maps: Sequence[str] = ()
    """``FIELD=COLUMN`` strings."""
    day_first: bool | None = None
    """Order of day and month."""
    encoding: str | None = None
    """Encoding of all files."""
    delimiter: str | None = None
    """Delimiter of CSV files."""
    max_text_mb: float = 2.0
    """Longest text of one field."""
    undated_as: datetime | None = None
    """When activities of tables without dates happened."""
    report: Path | None = None
    """Where to write the intake report."""
    verbose: bool = False
    """Show every column guess."""

    def intake(self, *, today: date) -> IntakeOptions:
        """The options in intake's terms.

        Raises:
            InputError: for a mapping that can't be understood.
        """
        mapping = load_mapping_file(self.mapping_file) if self.mapping_file else ColumnMap()
        for text in self.maps:
            mapping = mapping.merged(parse_map_option(text))
        orders = {True: DateOrder.DAY_FIRST, False: DateOrder.MONTH_FIRST, None: None}
        return IntakeOptions(
            mapping=mapping,
            date_order=orders[self.day_first],
            encoding=self.encoding,
            delimiter=self.delimiter,
            max_text_bytes=int(self.max_text_mb * 1_000_000),
            undated_as=self.undated_as,
            today=today,
        )


@dataclass
class Tally:
    """What an audit found, counted while it streams."""

    labels: Counter[Label] = field(default_factory=Counter)
    """Decided verdicts by label."""
    review: int = 0
    """Verdicts left to a person."""
    actions: Counter[Action] = field(default_factory=Counter)
    """Recommendations of the verdicts that speak for their opportunity."""

    def add(self, verdict: Verdict) -> None:
        """Counts a verdict."""
        if verdict.status is Status.DECIDED:
            self.labels[verdict.label] += 1
        else:
            self.review += 1

    @property
    def judged(self) -> int:
        """All verdicts."""
        return sum(self.labels.values()) + self.review


def run_audit(
    paths: Sequence[str],
    settings: Settings,
    files: FileOptions,
    *,
    out: Path | None,
    as_of: date,
    fail_on: Sequence[Action] = (),
    batch_results: Path | None = None,
) -> int:
    """Audits files and writes a verdict a line; returns the exit code.

    Args:
        paths: files and folders.
        settings: classifier and thresholds.
        files: how files are read.
        out: file for the verdicts; standard output where None.
        as_of: day of the audit.
        fail_on: recommendations that make the code 1.
        batch_results: answers of an OpenAI batch, in place of asking a language model now.

    Raises:
        InputError: where nothing could be read at all, or the output can't be written.
    """
    report = IntakeReport()
    tally = Tally()
    classifier = _classifier(settings, batch_results)
    policy = make_policy(classifier, settings)
    with whole_output(out) as stream:
        for audited in _audited(
            paths, classifier, policy, files, report, as_of=as_of, stages=settings.stages()
        ):
            for finding in audited.findings:
                tally.add(finding.verdict)
                stream.write(verdict_line(finding.verdict) + "\n")
            if audited.findings:
                tally.actions[_speaking(audited).recommendation.action] += 1
    finish_reading(report, files, paths)
    _print_tally(tally, out)
    print_llm_use(classifier)
    return 1 if any(tally.actions[a] for a in fail_on) else 0


def run_digest(
    paths: Sequence[str],
    settings: Settings,
    files: FileOptions,
    *,
    out: Path,
    week: Week,
    team: str | None,
    as_json: bool = False,
    csv: Path | None = None,
) -> None:
    """Audits files and writes the week's docket of the open opportunities in them.

    Raises:
        InputError: where nothing could be read, or no opportunity belongs to the team.
    """
    report = IntakeReport()
    classifier = _classifier(settings, None)
    policy = make_policy(classifier, settings)
    day, stages = week.reading_day, settings.stages()
    audited = list(_audited(paths, classifier, policy, files, report, as_of=day, stages=stages))
    finish_reading(report, files, paths)
    those = [a for a in audited if a.standing is not None and _in_team(a, team)]
    if team and not those:
        teams = sorted({a.opportunity.team for a in audited if a.opportunity.team})
        raise InputError(
            f"no open opportunity belongs to team {team!r}; the files hold "
            f"{', '.join(teams) or 'no teams'}"
        )
    docket = make_docket(
        those, week=week, policy=policy, shown=settings.decisions_shown, stages=stages
    )
    view = write_digest(docket, out, policy=policy, heading=team or "")
    cells = None if csv is None else ItemTexts.of(docket, item_cells(week))
    show_digest(docket, view, out, as_json=as_json, csv=csv, cells=cells)
    print_llm_use(classifier)


def _classifier(settings: Settings, batch_results: Path | None) -> Classifier:
    name, judged = settings.classifier, judged_sources(None)
    if batch_results is None:
        return make_classifier(name, settings, judged=judged)
    return make_from_batch(name, settings, batch_results, judged=judged)


def _in_team(audited: AuditedOpportunity, team: str | None) -> bool:
    return team is None or (audited.opportunity.team or "").casefold() == team.casefold()


def _audited(
    paths: Sequence[str],
    classifier: Classifier,
    policy: Policy,
    files: FileOptions,
    report: IntakeReport,
    *,
    as_of: date,
    stages: tuple[Stage, ...],
) -> Iterator[AuditedOpportunity]:
    items = read_paths(paths, options=files.intake(today=as_of), report=report)
    with progress("Reading files") as read:
        dossiers = assemble(_ticking(items, read), report=report)
        first = next(dossiers, None)
    if first is None:
        return
    with progress("Judging", total=report.read or None) as judged:
        yield from audit(
            chain((first,), dossiers),
            classifier,
            policy,
            as_of=as_of,
            stages=stages,
            on_judged=judged,
        )


def _ticking(items: Iterator[IntakeItem], tick: Tick) -> Iterator[IntakeItem]:
    for item in items:
        yield item
        tick(1)


@contextmanager
def whole_output(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is put in place only when it is whole."""
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as stream:
            yield stream
        part.replace(path)
    except OSError as exc:
        raise InputError(
            f"{path}: can't be written ({exc.strerror}); choose another --out"
        ) from exc


def finish_reading(report: IntakeReport, files: FileOptions, paths: Sequence[str]) -> None:
    """Shows and writes the intake report; refuses an input that held nothing at all."""
    tell_reading(report, files)
    if not report.read:
        named = ", ".join(map(repr, paths))
        raise InputError(f"nothing to audit in {named}; see the problems above")


def tell_reading(report: IntakeReport, files: FileOptions) -> None:
    """Shows the intake report, and writes it where asked for."""
    print_intake(report, verbose=files.verbose)
    if files.report:
        try:
            files.report.write_text(report_json(report), encoding="utf-8")
        except OSError as exc:
            raise InputError(
                f"{files.report}: can't be written ({exc.strerror}); choose another --report"
            ) from exc


def _speaking(audited: AuditedOpportunity) -> Verdict:
    """The verdict that speaks for the opportunity: the deciding one, else the latest."""
    deciding = audited.standing.activity_id if audited.standing else None
    for finding in audited.findings:
        if finding.activity.id == deciding:
            return finding.verdict
    return audited.findings[-1].verdict


def _print_tally(tally: Tally, out: Path | None) -> None:
    words = {
        Label.MEANINGFUL_NEXT_STEP: ("meaningful next step", "meaningful next steps"),
        Label.VAGUE_CALLBACK: ("vague callback", "vague callbacks"),
        Label.IMPLICIT_LOSS: ("implicit loss", "implicit losses"),
    }
    parts = [count(tally.labels[label], *words[label]) for label in Label]
    judged = count(tally.judged, "activity", "activities")
    notice(f"{judged}: {', '.join(parts)}, {tally.review:,} to review")
    asked = [
        f"{verb} {tally.actions[action]:,}"
        for action, verb in ((Action.CLOSE, "close"), (Action.ADVANCE, "advance"))
        if tally.actions[action]
    ]
    if asked:
        notice(f"Opportunities to {', to '.join(asked)}; `auditor digest` makes the docket of them")
    if out:
        notice(f"Written: {out}")
