"""Rebuilds a stored verdict from what it was made from, and tells what has changed if it differs.

Nothing is asked anew: the local model runs again, and a language model's answer comes from the
cache of answers.  The verdict is rebuilt under the policy and with the weight that it was given
under, whatever is set now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from auditor.classify.llm.asking import answer_key, hash_of_answer, heard, read_reply
from auditor.classify.llm.client import Reply, request_key
from auditor.classify.llm.examples import JudgedSources, shown_example
from auditor.classify.llm.failures import AnswerUnusable
from auditor.classify.llm.opinions import combine, fall_back
from auditor.classify.llm.questions import AskOptions, Precedent, Questions
from auditor.classify.llm.verification import addresses_auditor
from auditor.classify.llm.view import view_record
from auditor.classify.protocol import Classifier, Opinion
from auditor.classify.redaction import redactor_for
from auditor.classify.verdicts import make_finding
from auditor.domain.policy import CODEBOOK_VERSION, Policy
from auditor.domain.provenance import Asked, Provenance
from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Verdict
from auditor.errors import InputError
from auditor.intake.dossier import HISTORY_LIMIT
from auditor.reading.prepared import PreparedRecord, prepare
from auditor.storage import Database, DueActivity
from prompts import PromptError, load_prompt

Recall = Callable[[str], Reply | None]
"""Gives the kept answer of a key, or None."""
_TRACE = frozenset({"classifier"})
"""Fields that name who judged; a change of them is told as a change of the model."""


class Part(StrEnum):
    """What a verdict rests on."""

    INPUT = "input"
    POLICY = "policy"
    MODEL = "model"
    CORRECTIONS = "corrections"
    PROMPT = "prompt"
    QUESTION = "question"
    ANSWER = "answer"
    PROVENANCE = "provenance"


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was when the verdict was given."""

    part: Part
    """What it is."""
    told: str
    """How it has changed."""


@dataclass(frozen=True)
class Difference:
    """A field of the verdict that comes out otherwise."""

    field: str
    """Its name."""
    then: Any
    """As stored."""
    now: Any
    """As rebuilt."""


@dataclass(frozen=True)
class Replay:
    """A verdict rebuilt."""

    stored: Verdict
    """As it was given."""
    provenance: Provenance | None
    """What it was made with."""
    rebuilt: Verdict | None
    """As it comes out now; None where it can't be rebuilt."""
    changes: tuple[Change, ...]
    """What is not as it was."""
    differences: tuple[Difference, ...]
    """Fields that differ; empty where nothing could be rebuilt."""

    @property
    def is_same(self) -> bool:
        """Whether the same verdict came out."""
        return self.rebuilt is not None and not self.differences


@dataclass(frozen=True)
class _Stored:
    verdict: Verdict
    provenance: Provenance
    policy: Policy
    due: DueActivity


def replay(
    database: Database,
    key: int,
    *,
    base: Classifier,
    recall: Recall,
    judged: JudgedSources,
    cache_days: int,
) -> Replay:
    """Rebuilds a verdict.

    Args:
        database: holds it.
        key: its number there.
        base: the local classifier.
        recall: gives kept answers.
        judged: where examples in questions came from.
        cache_days: how long answers are kept, to say why one is gone.

    Raises:
        InputError: there is no verdict of that number.
        StorageError: the database failed.
    """
    with database.read() as unit:
        found = unit.browsing.verdict(key)
        if found is None:
            raise InputError(
                f"verdict {key} is not in database {database.shown}; the numbers stand in the "
                "pages' addresses and in /v1/opportunities/ID/verdicts"
            )
        policy = unit.verdicts.policies()[found.policy]
        due = unit.activities.one(found.activity_key, history_limit=HISTORY_LIMIT)
    verdict, provenance = found.finding.verdict, found.finding.provenance
    changes: list[Change] = []
    if due is None:
        changes.append(Change(Part.INPUT, "the activity has been deleted"))
    elif not found.is_on_current_input:
        told = "the activity, or what came before it, is known otherwise now"
        changes.append(Change(Part.INPUT, told))
    if provenance is None:
        told = "an earlier version gave it, which did not keep what it was made with"
        changes.append(Change(Part.PROVENANCE, told))
    if due is None or provenance is None:
        return Replay(verdict, provenance, None, tuple(changes), ())
    stored = _Stored(verdict, provenance, policy, due)
    changes += _model_changes(stored, base)
    rebuilt, more = _Rebuilding(stored, base, recall, judged, cache_days).run()
    changes += _correction_changes(stored, base)
    differences = tuple(_differences(verdict, rebuilt)) if rebuilt else ()
    return Replay(verdict, provenance, rebuilt, (*changes, *more), differences)


def _model_changes(stored: _Stored, base: Classifier) -> Iterator[Change]:
    then, now = stored.provenance.local_model, getattr(base, "local_model", None)
    if base.name not in stored.verdict.classifier:
        yield Change(Part.MODEL, f"{stored.verdict.classifier} judged then, {base.name} does now")
    elif then != now:
        yield Change(Part.MODEL, f"the files of {base.name} are others: {then} then, {now} now")
    if stored.policy.codebook != CODEBOOK_VERSION:
        told = f"codebook {stored.policy.codebook} then, {CODEBOOK_VERSION} now"
        yield Change(Part.POLICY, told)


def _correction_changes(stored: _Stored, base: Classifier) -> Iterator[Change]:
    """Told once the base has judged: only then is known what it put to use."""
    then, now = stored.provenance.corrections, getattr(base, "corrections", None)
    if then != now:
        told = (
            f"corrections have been made or taken back: {then or 'none'} then, {now or 'none'} now"
        )
        yield Change(Part.CORRECTIONS, told)


@dataclass
class _Rebuilding:
    """One verdict being rebuilt."""

    stored: _Stored
    base: Classifier
    recall: Recall
    judged: JudgedSources
    cache_days: int

    def run(self) -> tuple[Verdict | None, list[Change]]:
        prepared = prepare(self._record(), day_first=self.stored.policy.day_first)
        local = self.base.opine([prepared])[0]
        asked = self.stored.provenance.asked
        changes: list[Change] = []
        opinion: Opinion | None = local
        if asked is not None:
            changes = [*_prompt_changes(asked), *self._question_changes(prepared, asked)]
            opinion, more = self._asked(prepared, local, asked)
            changes += more
        if opinion is None:
            return None, changes
        finding = make_finding(
            prepared,
            opinion,
            self.stored.verdict.classifier,
            self.stored.policy,
            pending_known=self.stored.due.pending_known,
        )
        return finding.verdict, changes

    def _record(self) -> AuditRecord:
        """The record with the stage and account of when it was judged: no hash covers them."""
        then, record = self.stored.provenance, self.stored.due.record
        told = {"stage": then.stage, "account": then.account}
        return record.model_copy(update={"opportunity": record.opportunity.model_copy(update=told)})

    def _question_changes(self, prepared: PreparedRecord, asked: Asked) -> Iterator[Change]:
        known: dict[str, Precedent] = {}
        if asked.precedents:
            for kind, source in (
                ("correction", self.judged.corrections),
                ("shipped", self.judged.shipped),
            ):
                known |= {e.id: e for e in (shown_example(kind, j) for j in source())}
        gone = [name for name in asked.precedents if name not in known]
        if gone:
            yield Change(Part.QUESTION, f"examples that it carried are gone: {', '.join(gone)}")
        options = AskOptions(
            prompt=asked.prompt,
            redact_names=asked.redact_names,
            max_record_chars=asked.max_record_chars,
        )
        try:
            questions = Questions(options)
        except PromptError:
            return  # told as a change of the prompt
        examples = [known[name] for name in asked.precedents if name in known]
        now = f"sha256:{request_key(questions.first(prepared, examples=examples))}"
        if now != asked.question_sha256 and not gone:
            yield Change(Part.QUESTION, "the record would be put to the model in other words now")

    def _asked(
        self, prepared: PreparedRecord, local: Opinion, asked: Asked
    ) -> tuple[Opinion | None, list[Change]]:
        """The opinion with the language model's part in it; None where that is lost."""
        if asked.failure is not None:
            return fall_back(local, asked), []
        reply = self.recall(answer_key(asked))
        if reply is None:
            told = f"the model's answer is not kept any more (answers are kept {self.cache_days} "
            told += "days, see AUDITOR_LLM_CACHE_DAYS), or this machine never had it"
            return None, [Change(Part.ANSWER, told)]
        changes = []
        if hash_of_answer(reply) != asked.answer_sha256:
            changes.append(Change(Part.ANSWER, "the model was asked again and answered otherwise"))
        redactor = redactor_for(prepared.record, names=asked.redact_names)
        view_record(prepared, redactor, max_chars=asked.max_record_chars)  # hands out the marks
        try:
            verified = read_reply(prepared, reply, redactor, local.clauses)
        except AnswerUnusable as exc:
            return None, [*changes, Change(Part.ANSWER, f"it is refused now: {exc}")]
        then = heard(asked, replace(reply, repaired=asked.repaired), verified).asked
        wary = addresses_auditor(prepared, local.clauses)
        return combine(verified, local, then, wary=wary), changes


def _prompt_changes(asked: Asked) -> Iterator[Change]:
    try:
        now = load_prompt(asked.prompt).sha256
    except PromptError:
        yield Change(Part.PROMPT, f"prompt {asked.prompt!r} is not in this version")
        return
    if now != asked.prompt_sha256:
        told = f"prompt {asked.prompt!r} has been changed: {asked.prompt_sha256} then, {now} now"
        yield Change(Part.PROMPT, told)


def _differences(then: Verdict, now: Verdict) -> Sequence[Difference]:
    old, new = then.as_line(), now.as_line()
    return [Difference(name, old[name], new[name]) for name in old if not _same(name, old, new)]


def _same(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return name in _TRACE or old[name] == new[name]
