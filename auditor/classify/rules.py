"""The rules-only classifier: each clause's act told by phrases, the label by precedence.

It needs no model file.  It is the yardstick that the local model is measured against, and what a
person can follow by hand; its probabilities are set, not fitted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from auditor.classify.clauses import split_clauses
from auditor.classify.compose import compose
from auditor.classify.protocol import Candidate, ClauseAct, Opinion
from auditor.classify.silence import count_silence
from auditor.domain.labels import Act, Label, Test
from auditor.domain.records import Side
from auditor.reading.prepared import TEXT, Place, PreparedRecord, history_field

_DAY = (
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\b|\b\d{1,2}(?:st|nd|rd|th)\b"
    r"|\b\d{1,2}[/.]\d{1,2}\b|\btomorrow\b|\bweek \d+\b|\b\d{1,2} (?:jan|feb|mar|apr|may|jun"
    r"|jul|aug"
    r"|sep|oct|nov|dec)[a-z]*\b|\b(?:january|february|march|april|june|july|august|september"
    r"|october|november|december) \d{1,2}\b"
)
_EVENT = (
    r"\b(?:board|committee|vote|decides?|decision|sign(?:s|ing|ed)?|demo|workshop|site visit|survey"
    r"|pilot|trial|review|redlines?|kick-?off|presentation|go/no-?go|approv\w+|budget "
    r"(?:meeting|release)"
    r"|interview|tasting|test|walk-?through|shortlist)\b"
)
_AGREED = (
    r"\b(?:agreed|confirmed|accepted|booked|said yes|invited us|asked (?:me|us) to|wants? (?:me"
    r"|us) (?:to|in|there)"
    r"|they(?:'ll| will)|(?:s?he)(?:'ll| will)|meeting us|will sign)\b"
)
_PATTERNS: tuple[tuple[Act, tuple[re.Pattern[str], ...]], ...] = tuple(
    (act, tuple(re.compile(each, re.IGNORECASE) for each in patterns))
    for act, *patterns in (
        (
            Act.ADDRESSED_TO_AUDITOR,
            r"\b(?:ignore (?:all |your |previous )|label (?:this|it) (?:as )?|mark (?:this|it) "
            r"(?:as )?meaningful"
            r"|system prompt|you are an? (?:ai|auditor|assistant)|classif(?:y|ier))",
        ),
        (
            Act.LOST_ELSEWHERE,
            r"\b(?:went|going|gone|go) (?:with|w/) (?!us\b|our|you)|\bsigned (?:with"
            r"|elsewhere)\b|\b(?:chose|chosen|picked|awarded (?:it )?to)"
            r" (?!us\b)|\brenew(?:ed|ing|s)\b.{0,200}\b(?:with|for|another)\b|\bcompetitor (?:won"
            r"|got)\b|\bin-?house (?:instead|now)\b",
        ),
        (
            Act.CONTACT_GONE,
            r"\b(?:left the (?:company|business|firm|trust)|no longer (?:works|there|with)|has "
            r"left|moved on|retired|been let go|redundant)\b",
        ),
        (
            Act.DEAD,
            r"\b(?:cancel+ed the (?:project|tender)|project (?:is )?(?:dead|cancelled|canceled"
            r"|shelved|frozen|on ice)|no budget|budget (?:is )?(?:gone|cut|frozen)"
            r"|don'?t need|no (?:longer a )?need|not a (?:priority|fit)|too expensive for (?:us"
            r"|them)|no longer (?:a priority|needed|required))\b",
        ),
        (
            Act.REFUSAL,
            r"\b(?:not interested|no thank(?:s| you)|stop (?:calling|ringing|emailing)|take "
            r"(?:me|us) off|do(?:n'?t| not) (?:call|contact)"
            r"|not (?:for us|now|this year)|we'?ll (?:reach out|be in touch|call you) if|pass "
            r"on this|decline[ds]?)\b",
        ),
        (
            Act.YES_TO_BUY,
            r"\b(?:signed today|signed the (?:contract|order|agreement)|po (?:is )?(?:coming"
            r"|raised|received|in)|order (?:placed|confirmed)|verbal yes|gone ahead"
            r"|paperwork (?:is )?(?:under way|on its way)|happy to proceed|wants? to go ahead"
            r"|deposit (?:paid|in))\b",
        ),
        (Act.NO_SHOW, r"\bno[- ]?show|\b(?:didn'?t|never) (?:show|turn up|join|dial in)\b"),
        (
            Act.ATTEMPT,
            r"\b(?:left (?:a )?(?:vm|voicemail|message|msg)|lvm|no (?:answer|reply|response"
            r"|pick ?up)|rang out|straight to voicemail|unanswered|vm)\b",
        ),
        (
            Act.NO_PURPOSE,
            r"\b(?:catch[- ]?up|coffee|lunch|a pint|golf|touch base|check in|say hello|keep in "
            r"touch)\b",
        ),
        (
            Act.SEND_INFO,
            r"\b(?:send (?:me|us|over|him|her|them)?.{0,15}(?:info|brochure|details|something"
            r"|deck|pricing)|wants? (?:info|a brochure))\b",
        ),
        (
            Act.DEFER,
            r"\b(?:call (?:me |us )?(?:back )?in (?:\w+ )?(?:weeks?|months?|a bit)|(?:next"
            r"|after the) (?:month|quarter|year|summer|holidays)|try (?:again )?(?:in|later"
            r"|next)"
            r"|in (?:a few|a couple of|\d+|two|three|six) (?:weeks|months)|later in the year"
            r"|push(?:ed)? (?:it )?back|circle back)\b",
        ),
        (
            Act.AVAILABILITY,
            r"\b(?:on (?:leave|holiday|vacation)|out of (?:the )?office|away until|back on)\b",
        ),
        (
            Act.OPEN_CONDITION,
            r"\b(?:depends on|subject to|if (?:the|they|it|we)|unless|waiting on)\b",
        ),
        (
            Act.AWAITING,
            r"\b(?:will (?:get back|come back|let (?:me|us) know|revert)|get back to (?:me|us)"
            r"|has to (?:ask|check|speak)|legal (?:is|are) reviewing|needs to think)\b",
        ),
        (Act.COMMIT_DATED, _DAY, _EVENT, _AGREED),
        (Act.EVENT_DATED, _DAY, _EVENT),
        (
            Act.REP_INTENT,
            r"\b(?:(?:i|we)(?:'ll| will| am going to|'m going to)|will (?:follow|call|chase|try"
            r"|send|ring|email|check)|to (?:chase|call|follow up)|follow(?:ing)? up|fu\b"
            r"|chase)\b",
        ),
        (Act.COMMIT_UNDATED, _AGREED, _EVENT),
        (Act.EVENT_UNDATED, _EVENT),
        (
            Act.REP_HOPE,
            r"\b(?:seemed|keen|positive|confident|should be (?:good|fine)|great (?:call|chat)"
            r"|loves? it|hopeful|warm)\b",
        ),
        (Act.OBJECTION, r"\b(?:expensive|concern(?:ed)?|worried|dear|price is)\b"),
    )
)
_EVIDENCE_WEIGHT = {
    Label.IMPLICIT_LOSS: (
        Act.LOST_ELSEWHERE,
        Act.DEAD,
        Act.CONTACT_GONE,
        Act.REFUSAL,
        Act.NO_SHOW,
        Act.ATTEMPT,
    ),
    Label.MEANINGFUL_NEXT_STEP: (Act.YES_TO_BUY, Act.COMMIT_DATED, Act.EVENT_DATED),
    Label.VAGUE_CALLBACK: (
        Act.NO_PURPOSE,
        Act.DEFER,
        Act.REP_INTENT,
        Act.AWAITING,
        Act.SEND_INFO,
        Act.AVAILABILITY,
        Act.OPEN_CONDITION,
        Act.COMMIT_UNDATED,
        Act.ATTEMPT,
        Act.EVENT_UNDATED,
    ),
}


class RulesClassifier:
    """Judges by phrases and precedence alone."""

    name = "rules-1"

    def opine(self, records: Sequence[PreparedRecord]) -> list[Opinion]:
        """Gives one opinion a record, in order."""
        return [self._opine(r) for r in records]

    def _opine(self, prepared: PreparedRecord) -> Opinion:
        clauses = tag_clauses(prepared)
        history = prepared.record.history
        before = count_silence(
            [prepared.fields[history_field(index)].text for index in range(len(history))]
        )
        probabilities, reasons = compose(
            clauses,
            attempts_before=before.unanswered - before.no_shows,
            no_shows_before=before.no_shows,
        )
        label = max(probabilities, key=lambda k: probabilities[k])
        return Opinion(
            probabilities=probabilities,
            reasons=reasons,
            tests=_tests(clauses, label),
            clauses=tuple(clauses),
            evidence=tuple(_evidence(prepared, clauses, label)),
            abstains=not prepared.text.strip(),
        )


def tag_clauses(prepared: PreparedRecord) -> list[ClauseAct]:
    """Cuts the text into clauses and tells each one's act by its phrases."""
    spans: list[tuple[int, int, Side]] = []
    if prepared.conversation is None:
        spans = [(s.start, s.end, Side.UNKNOWN) for s in split_clauses(prepared.text)]
    else:
        for turn in prepared.conversation.turns:
            cut = split_clauses(prepared.text, start=turn.words_start, end=turn.end)
            spans += [(s.start, s.end, turn.side) for s in cut]
    return [
        ClauseAct(Place(TEXT, start, end), _act(prepared.text[start:end], side), 0.7)
        for start, end, side in spans
    ]


def _act(words: str, side: Side) -> Act:
    for act, patterns in _PATTERNS:
        if _fits(patterns, words):
            promised = act in (Act.COMMIT_DATED, Act.COMMIT_UNDATED, Act.EVENT_DATED)
            return Act.REP_INTENT if promised and side is Side.REP else act
    return Act.NOISE


def _fits(patterns: Sequence[re.Pattern[str]], words: str) -> bool:
    """Whether one line holds something of each pattern, in any order."""
    if len(patterns) == 1:
        return patterns[0].search(words) is not None
    return any(all(p.search(line) for p in patterns) for line in words.split("\n"))


def _tests(clauses: Sequence[ClauseAct], label: Label) -> dict[Test, float]:
    acts = {c.act for c in clauses}
    stands = label is Label.MEANINGFUL_NEXT_STEP
    commits = bool(acts & {Act.COMMIT_DATED, Act.COMMIT_UNDATED, Act.YES_TO_BUY})
    named = commits or bool(acts & {Act.EVENT_DATED, Act.EVENT_UNDATED})
    dated = bool(acts & {Act.COMMIT_DATED, Act.EVENT_DATED})
    passed = {
        Test.WHAT: named or stands,
        Test.WHEN: dated,
        Test.WHY_THEN: Act.EVENT_DATED in acts,
        Test.AGREED: commits or stands,
        Test.ADVANCES: named and not acts & {Act.NO_PURPOSE},
    }
    return {test: 0.8 if ok else 0.2 for test, ok in passed.items()}


def _evidence(
    prepared: PreparedRecord, clauses: Sequence[ClauseAct], label: Label
) -> list[Candidate]:
    order = _EVIDENCE_WEIGHT[label]
    found = [
        Candidate(c.place, 1.0 - order.index(c.act) / len(order)) for c in clauses if c.act in order
    ]
    if not found and clauses:
        longest = max(clauses, key=lambda c: c.place.end - c.place.start)
        found = [Candidate(longest.place, 0.1)]
    return sorted(found, key=lambda c: -c.score)
