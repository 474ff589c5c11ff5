"""``auditor audit --batch-out``: the questions that an audit would ask, as an OpenAI batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path

from auditor.classify.llm.batch import BatchOptions, request_lines
from auditor.classify.llm.classifier import LLMClassifier
from auditor.classify.llm.making import make_questions
from auditor.classify.registry import make_classifier, make_from_batch
from auditor.commands.audit import FileOptions, finish_reading, whole_output
from auditor.commands.screen import notice
from auditor.digest.view import count
from auditor.domain.records import AuditRecord
from auditor.intake import IntakeReport, assemble, read_paths
from auditor.jobs.audit import BATCH
from auditor.jobs.learning import judged_sources
from auditor.reading.prepared import PreparedRecord, prepare
from auditor.settings import Settings


def run_batch_out(
    paths: Sequence[str], settings: Settings, files: FileOptions, *, out: Path, as_of: date
) -> None:
    """Writes a request for each record that the classifier would ask about.

    Args:
        paths: files and folders.
        settings: classifier (``llm`` or ``cascade``), model and prompt.
        files: how files are read.
        out: file for the requests.
        as_of: day of the audit.

    Raises:
        ConfigurationError: where the classifier asks no model, or no model is named.
        InputError: where nothing could be read at all, or the file can't be written.
    """
    judged = judged_sources(None)
    classifier = make_from_batch(settings.classifier, settings, None, judged=judged)
    base = make_classifier("local", settings) if settings.llm_shipped_precedents else None
    questions = make_questions(settings, base=base, judged=judged)
    options = BatchOptions.of(settings)
    report = IntakeReport()
    items = read_paths(paths, options=files.intake(today=as_of), report=report)
    records = (r for d in assemble(items, report=report) for r in d.records)
    written = 0
    with whole_output(out) as stream:
        for line in request_lines(_chosen(records, classifier), questions, options):
            stream.write(line + "\n")
            written += 1
    finish_reading(report, files, paths)
    notice(f"Written: {count(written, 'request', 'requests')} in {out}; run them as an OpenAI")
    notice(f"batch, then: auditor audit … --classifier {settings.classifier} --batch-results FILE")


def _chosen(records: Iterator[AuditRecord], classifier: LLMClassifier) -> Iterator[PreparedRecord]:
    while part := [prepare(r) for r in islice(records, BATCH)]:
        yield from (r for r, wanted in zip(part, classifier.choose(part), strict=True) if wanted)
