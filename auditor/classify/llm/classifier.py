"""The classifiers ``llm`` and ``cascade``: every record asked about, or only the undecided ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from auditor.classify.grounding import evidence_at
from auditor.classify.llm.asking import Asker
from auditor.classify.llm.metering import UseTally
from auditor.classify.llm.opinions import abstention, best, combine, fall_back
from auditor.classify.llm.verification import addresses_auditor
from auditor.classify.protocol import Classifier, Opinion
from auditor.domain.verdict import EvidenceRole
from auditor.reading.prepared import PreparedRecord

_PARTS = 1_000_000


@dataclass(frozen=True)
class CascadePolicy:
    """Which records a cascade asks about."""

    ask_below: float
    """A local confidence under this is asked about."""
    control_share: float
    """Share of the records that the local model decides which are asked about all the same."""


class LLMClassifier:
    """Asks about every record, and combines the answers with a local opinion where there is one."""

    def __init__(
        self,
        asker: Asker,
        *,
        tally: UseTally,
        base: Classifier | None = None,
        concurrency: int = 4,
    ) -> None:
        """Puts the parts together.

        Args:
            asker: puts the questions.
            tally: counts what is asked; the asker's own.
            base: the local classifier that answers are combined with and fall back to.
            concurrency: questions under way at once.
        """
        self._asker, self._tally, self._base = asker, tally, base
        self._concurrency = max(1, concurrency)

    @property
    def name(self) -> str:
        """``llm-`` and the model; the local one after a plus."""
        base = f"+{self._base.name}" if self._base else ""
        return f"llm-{self._asker.model}{base}"

    @property
    def prompts(self) -> str:
        """Fingerprint of prompts, parameters and weight, as stored in the policy."""
        return self._asker.fingerprint

    @property
    def local_model(self) -> str | None:
        """Hash of the local model's files, as stored with verdicts."""
        return getattr(self._base, "local_model", None)

    @property
    def corrections(self) -> str | None:
        """Hash of the corrections that shift the local model, as stored with verdicts."""
        return getattr(self._base, "corrections", None)

    @property
    def llm_use(self) -> dict[str, float]:
        """``calls``, ``tokens``, ``cost`` (US dollars) and what became of them so far."""
        return self._tally.as_dict()

    def choose(self, records: Sequence[PreparedRecord]) -> list[bool]:
        """Whether each record is one to ask about."""
        return [bool(r.text.strip()) for r in records]

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        local = self._local(records)
        return self._ask_all(records, local)

    def _local(self, records: Sequence[PreparedRecord]) -> list[Opinion | None]:
        return list(self._base.opine(records)) if self._base else [None] * len(records)

    def _ask_all(
        self, records: Sequence[PreparedRecord], local: Sequence[Opinion | None]
    ) -> list[Opinion]:
        self._tally.add(records=len(records))
        if len(records) < 2 or self._concurrency == 1:
            return [self._opine(r, o) for r, o in zip(records, local, strict=True)]
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="llm")
        try:
            return list(pool.map(self._opine, records, local))
        finally:
            pool.shutdown(cancel_futures=True)  # an interrupted run asks no more

    def _opine(self, prepared: PreparedRecord, local: Opinion | None) -> Opinion:
        """Asks of one record; whatever fails leaves the local opinion, and says so."""
        if not prepared.text.strip():
            return local or abstention()
        clauses = local.clauses if local else ()
        self._tally.add("asked")
        heard = self._asker.ask(prepared, clauses)
        if heard.verified is None:
            return fall_back(local, heard.asked)
        if local is not None and best(local) is not heard.verified.answer.label:
            self._tally.add("disagreed")
        wary = addresses_auditor(prepared, clauses)
        return combine(heard.verified, local, heard.asked, wary=wary)


class CascadeClassifier(LLMClassifier):
    """Asks only about what the local opinion leaves undecided, and a small share for control."""

    def __init__(
        self,
        asker: Asker,
        *,
        tally: UseTally,
        base: Classifier,
        policy: CascadePolicy,
        concurrency: int = 4,
    ) -> None:
        """Puts the parts together; see ``LLMClassifier``.

        Args:
            asker: puts the questions.
            tally: counts what is asked; the asker's own.
            base: the local classifier.
            policy: which records are asked about.
            concurrency: questions under way at once.
        """
        super().__init__(asker, tally=tally, base=base, concurrency=concurrency)
        self._judges, self._policy = base, policy

    @property
    def name(self) -> str:
        """``cascade-``, the local model, and the language model after a plus."""
        return f"cascade-{self._judges.name}+{self._asker.model}"

    @property
    def prompts(self) -> str:
        """Fingerprint of prompts, parameters, weight and what is asked about, as in the policy."""
        asked = f"below={self._policy.ask_below:g} control={self._policy.control_share:g}"
        return f"{super().prompts} {asked}"

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        opinions = self._judges.opine(records)
        undecided, control = self._split(records, opinions)
        self._tally.add(control=sum(control), decided_locally=undecided.count(False) - sum(control))
        chosen = [i for i, (u, c) in enumerate(zip(undecided, control, strict=True)) if u or c]
        asked = self._ask_all([records[i] for i in chosen], [opinions[i] for i in chosen])
        for index, opinion in zip(chosen, asked, strict=True):
            opinions[index] = opinion
        return opinions

    def choose(self, records: Sequence[PreparedRecord]) -> list[bool]:
        """Whether each record is one to ask about."""
        undecided, control = self._split(records, self._judges.opine(records))
        wanted = zip(super().choose(records), undecided, control, strict=True)
        return [has_text and (u or c) for has_text, u, c in wanted]

    def _split(
        self, records: Sequence[PreparedRecord], opinions: Sequence[Opinion]
    ) -> tuple[list[bool], list[bool]]:
        """Which records are undecided, and which of the others are of the control share."""
        below = self._policy.ask_below
        undecided = [is_undecided(r, o, below) for r, o in zip(records, opinions, strict=True)]
        control = [
            not u and in_control(r, self._policy.control_share)
            for r, u in zip(records, undecided, strict=True)
        ]
        return undecided, control


def is_undecided(prepared: PreparedRecord, opinion: Opinion, below: float) -> bool:
    """Whether a cascade asks about a record that has this local opinion.

    Args:
        prepared: the record.
        opinion: the local model's.
        below: confidence under which it asks; also asked about is what can't be read or quoted.
    """
    if opinion.abstains or max(opinion.probabilities.values()) < below:
        return True
    return not any(
        evidence_at(prepared, c.place, role=EvidenceRole.DECIDING) for c in opinion.evidence
    )


def in_control(prepared: PreparedRecord, share: float) -> bool:
    """Whether a record is of the control share: the same for the same content, always."""
    content = prepared.record.activity.text + str(prepared.record.activity.occurred_at)
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS < share * _PARTS
