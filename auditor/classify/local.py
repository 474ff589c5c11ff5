"""The local classifier: the shipped encoder behind the classifier protocol.

It works offline and without a key.  Records seen before are not encoded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.classify.encoder_input import EncoderInput, PastInput, PendingInput
from auditor.classify.loss_words import holds_loss_words, without_loss
from auditor.classify.protocol import Candidate, ClauseAct, Opinion
from auditor.classify.remembered import RememberedOpinions
from auditor.classify.silence import NO_SHOW, REPEATED, UNANSWERED, count_silence
from auditor.domain.labels import Act, Label
from auditor.domain.records import TextFormat
from auditor.domain.standing import SILENT_AFTER
from auditor.reading.language import foreign_language
from auditor.reading.prepared import SUBJECT, TEXT, Place, PreparedRecord, history_field

if TYPE_CHECKING:
    from auditor.classify.encoder import Encoder, Encoding

_LOSS_ACTS = (Act.REFUSAL, Act.LOST_ELSEWHERE, Act.DEAD, Act.CONTACT_GONE)
_LOSS_TOLD = 0.5


class LocalClassifier:
    """Judges with the shipped model."""

    def __init__(self, *, threads: int = 0, encoder: Encoder | None = None) -> None:
        """Loads nothing yet but the model's configuration.

        Args:
            threads: processor threads; 0 takes what the machine has.
            encoder: another encoder than the shipped one.

        Raises:
            ModelError: where the model's files are missing or of another make.
        """
        if encoder is None:
            from auditor.classify.encoder import shipped_encoder

            encoder = shipped_encoder(threads or None)
        self._encoder = encoder
        self._seen = RememberedOpinions()

    @property
    def name(self) -> str:
        """``local-`` and the model's version."""
        return f"local-{self._encoder.version}"

    @property
    def local_model(self) -> str:
        """Hash of the model's files, as stored with verdicts."""
        return self._encoder.files_hash

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        inputs = [encoder_input(r) for r in records]
        found = self._seen.recall(inputs)
        fresh = list(dict.fromkeys(i for i in inputs if i not in found))
        new = dict(zip(fresh, map(_opinion, self._encoder.encode(fresh), fresh), strict=True))
        self._seen.remember(new)
        found |= new
        return [found[i] for i in inputs]

    def forget(self) -> int:
        """Drops the opinions that are remembered; returns how many."""
        return self._seen.forget()


def encoder_input(prepared: PreparedRecord) -> EncoderInput:
    """What the encoder is given of a prepared record: clean texts throughout."""
    activity = prepared.record.activity
    pending = activity.next_activity
    subject = prepared.fields[SUBJECT].text if SUBJECT in prepared.fields else ""
    talk = prepared.conversation
    return EncoderInput(
        text=prepared.text,
        format=TextFormat.TRANSCRIPT.value if talk is not None else TextFormat.NOTE.value,
        kind=activity.kind.value,
        stage=prepared.record.opportunity.stage,
        occurred_at=activity.occurred_at,
        people=tuple((p.name, p.role) for p in activity.participants),
        pending=PendingInput(pending.kind.value, subject, pending.due_on) if pending else None,
        history=tuple(
            PastInput(past.kind.value, past.occurred_at, prepared.fields[history_field(i)].text)
            for i, past in enumerate(prepared.record.history)
        ),
        turns=talk.turns if talk is not None else (),
    )


def _opinion(encoding: Encoding, given: EncoderInput) -> Opinion:
    foreign = foreign_language(given.text)
    warning = f"the text seems to be {foreign}, which the local model was not trained on"
    return Opinion(
        probabilities=_by_the_codebook(encoding, given),
        reasons=encoding.reasons,
        tests=encoding.tests,
        clauses=tuple(
            ClauseAct(Place(c.field, c.start, c.end), c.act, c.acts[c.act])
            for c in encoding.clauses
        ),
        evidence=tuple(
            Candidate(Place(e.field, e.start, e.end), e.score) for e in encoding.evidence
        ),
        embedding=tuple(encoding.embedding.tolist()),
        warnings=(warning,) if foreign else (),
        abstains=bool(foreign) or not given.text.strip(),
    )


def _by_the_codebook(encoding: Encoding, given: EncoderInput) -> dict[Label, float]:
    """The model's probabilities, less a loss that no words or too few attempts could show."""
    told = [given.text, *(past.text for past in given.history)]
    if not any(map(holds_loss_words, told)) or _too_few_attempts(encoding, given):
        return without_loss(encoding.labels)
    return encoding.labels


def _too_few_attempts(encoding: Encoding, given: EncoderInput) -> bool:
    """Whether it is a first or second unanswered attempt, with no other loss told in the text."""
    if not (UNANSWERED.search(given.text) or NO_SHOW.search(given.text)):
        return False
    if REPEATED.search(given.text):
        return False
    before = count_silence([past.text for past in given.history])
    if before.unanswered + 1 >= SILENT_AFTER or before.no_shows or before.put_offs:
        return False
    told = [
        sum(clause.acts[act] for act in _LOSS_ACTS)
        for clause in encoding.clauses
        if clause.field == TEXT
    ]
    return max(told, default=0.0) < _LOSS_TOLD
