"""What kind of contact an activity was, and which days the buyer committed to.

Told from the clauses' acts first, then from what the source knows (length of the call), then from
the words that reps and dialers use for an unanswered call.
"""

from __future__ import annotations

from datetime import date

from auditor.classify.grounding import evidence_at
from auditor.classify.protocol import Opinion
from auditor.classify.silence import CHASER, NO_SHOW, UNANSWERED
from auditor.domain.findings import Commitment, Contact
from auditor.domain.labels import Act
from auditor.domain.records import Activity, ActivityKind, Side, TextFormat
from auditor.domain.verdict import EvidenceRole
from auditor.reading.dates import DateMention
from auditor.reading.prepared import TEXT, Place, PreparedRecord

_LIVE = frozenset(
    {
        Act.COMMIT_DATED,
        Act.COMMIT_UNDATED,
        Act.YES_TO_BUY,
        Act.EVENT_DATED,
        Act.EVENT_UNDATED,
        Act.NO_PURPOSE,
        Act.SIGN_OF_LIFE,
        Act.DEFER,
        Act.SEND_INFO,
        Act.REFUSAL,
        Act.LOST_ELSEWHERE,
        Act.DEAD,
        Act.OBJECTION,
        Act.AWAITING,
    }
)
_SURE = 0.5
_TALK_SECONDS = 60
_ATTEMPT_SECONDS = 25
_DEADLINES = ("by", "before", "until")
_COMMITTING = (Act.COMMIT_DATED, Act.EVENT_DATED)


def judge_contact(prepared: PreparedRecord, opinion: Opinion) -> tuple[Contact, int]:
    """The kind of contact, and how many unanswered attempts the activity reports itself."""
    activity = prepared.record.activity
    if activity.format is TextFormat.TRANSCRIPT:
        return _in_transcript(prepared)
    acts = [c.act for c in opinion.clauses if c.probability >= _SURE and c.place.field == TEXT]
    live = sum(a in _LIVE for a in acts)
    no_shows = acts.count(Act.NO_SHOW) or len(NO_SHOW.findall(prepared.text))
    tried = acts.count(Act.ATTEMPT) or bool(UNANSWERED.search(prepared.text))
    short = activity.duration_seconds is not None and activity.duration_seconds < _ATTEMPT_SECONDS
    if no_shows and not live:
        return Contact.NO_SHOW, 0
    if (tried or (short and activity.kind is ActivityKind.CALL)) and not live:
        return Contact.ATTEMPT, 1
    if activity.kind in (ActivityKind.TASK, ActivityKind.NOTE) and not live:
        return Contact.NONE, 0
    if activity.kind is ActivityKind.EMAIL and not live:
        return _mail_contact(activity)
    return Contact.TWO_WAY, 0


def _in_transcript(prepared: PreparedRecord) -> tuple[Contact, int]:
    conversation = prepared.conversation
    spoke = conversation is not None and any(t.side is Side.BUYER for t in conversation.turns)
    unclear = conversation is not None and len({t.speaker for t in conversation.turns}) > 1
    return (Contact.TWO_WAY, 0) if spoke or unclear else (Contact.ATTEMPT, 1)


def _mail_contact(activity: Activity) -> tuple[Contact, int]:
    """A mail without a live act: received, a chaser that waits for an answer, or something sent.

    What the buyer asked to be sent (a quote, a brochure) is no attempt (codebook, "Loss").
    """
    first = activity.text.lstrip()[:200].lower()
    if first.startswith(("re:", "from:", "received")) or "replied" in first:
        return Contact.TWO_WAY, 0
    return (Contact.ATTEMPT, 1) if CHASER.search(activity.text) else (Contact.NONE, 0)


def attempt_place(prepared: PreparedRecord, opinion: Opinion) -> Place | None:
    """The clause that tells of the unanswered attempt or the no-show, where words do."""
    found = NO_SHOW.search(prepared.text) or UNANSWERED.search(prepared.text)
    if found is None:
        return None
    for clause in opinion.clauses:
        place = clause.place
        if place.field == TEXT and place.start <= found.start() < place.end:
            return place
    return Place(TEXT, *found.span())


def find_commitments(prepared: PreparedRecord, opinion: Opinion) -> tuple[Commitment, ...]:
    """Dated commitments and buyer events: clauses of those acts with a diary date in them."""
    found = []
    for clause in opinion.clauses:
        if clause.act not in _COMMITTING or clause.place.field != TEXT:
            continue
        for mention in prepared.dates:
            inside = clause.place.start <= mention.start and mention.end <= clause.place.end
            if inside and mention.is_diary:
                words = evidence_at(prepared, clause.place, role=EvidenceRole.SUPPORTING)
                if words:
                    found.append(Commitment(*_days(mention), words))
    return tuple(found)


def _days(mention: DateMention) -> tuple[date, date]:
    """First and last day of a mention: a deadline is its last day, "after X" is X."""
    if mention.latest == date.max:
        return mention.earliest, mention.earliest
    if mention.modifier in _DEADLINES:
        return mention.latest, mention.latest
    return mention.earliest, mention.latest
