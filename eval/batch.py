"""Labelled sets as OpenAI Batch API files, so that prompts are tried at batch price or offline."""

from __future__ import annotations

from pathlib import Path

from auditor.classify.llm.batch import BatchOptions, BatchResults, request_lines
from auditor.classify.llm.making import make_questions
from auditor.classify.llm.questions import Questions
from auditor.classify.registry import make_classifier
from auditor.errors import InputError
from auditor.jobs.learning import judged_sources
from auditor.reading.prepared import prepare
from auditor.settings import Settings
from eval.labelled import LabelledSet


def write_requests(labelled: LabelledSet, settings: Settings, out: Path) -> int:
    """Writes a request for each different question; nothing of the labels goes into it.

    Args:
        labelled: the set.
        settings: prompt, model and redaction.
        out: the file.

    Returns:
        The number of requests.

    Raises:
        ConfigurationError: where no model or an unknown prompt is named.
        InputError: where the file can't be written.
    """
    options = BatchOptions.of(settings)
    records = (prepare(r.record) for r in labelled)
    lines = list(request_lines(records, _questions(settings), options, named=True))
    try:
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{str(out)!r} can't be written ({exc.strerror}); check it") from exc
    return len(lines)


def _questions(settings: Settings) -> Questions:
    """What puts records into words, with shipped examples where they are set."""
    shipped = settings.llm_shipped_precedents and settings.llm_precedents
    base = make_classifier("local", settings) if shipped else None
    return make_questions(settings, base=base, judged=judged_sources(None))


def count_answered(labelled: LabelledSet, results: Path, settings: Settings) -> int:
    """How many records a batch's results answer.

    Raises:
        InputError: where they answer none, so that a run would only show the local model.
    """
    questions, found = _questions(settings), BatchResults(results)
    answered = sum(found.holds(questions.first(prepare(r.record))) for r in labelled)
    if not answered:
        raise InputError(
            f"{str(results)!r} answers no question of {labelled.path!r} by prompt "
            f"{settings.llm_prompt!r}; make the batch anew with 'auditor eval batch', or set the "
            "prompt and redaction that it was made with"
        )
    return answered
