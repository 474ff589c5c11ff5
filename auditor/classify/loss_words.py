"""Whether a record holds any word that a loss could be told by.

Most notes in a CRM report facts ("survey done, quote to do").  The labelled sets hold few of them,
and the model takes some for losses, as surely as real ones.  A loss has words: a negation, another
party, an ending, money, silence.  A record with none of them is no loss, whatever the model says.
The list was grown on dev: all 185 losses that model 0.3.0 finds there hold such a word.  Of 57 that
it finds in the sample's earlier activities, which mostly report facts, 8 hold none.
"""

from __future__ import annotations

import re

from auditor.domain.labels import Label

_WORDS = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|without|neither|nor|\w+n['’]?t|cannot|instead"
    r"|elsewhere|another|others?|else|rather|decided|chose\w*|pick\w*|went|gone|going with"
    r"|award\w*|appointed|w[io]n|los[te]|sign\w*|renew\w*|extend\w*|stay\w*|stick\w*"
    r"|keep\w*|kept|cancel\w*|scrap\w*|shelv\w*|drop\w*|kill\w*|dead|over|closed?|shut\w*"
    r"|fr[eo]ez\w*|stop\w*|ended|end of|withdr\w*|pull\w*|declin\w*|reject\w*|refus\w*"
    r"|turned down|unsubscribe|remove\w*|off (?:your|the) list|struck|left|leav\w*|retir\w*"
    r"|redundan\w*|replaced|moved on|sold|bought|buy\w*|purchas\w*|in-?house"
    r"|\w+sel(?:f|ves)|own|budget|cheaper|price|dear|costs?|too|enough|need\w*|worth"
    r"|interest\w*|priority|later|next year|someday|maybe|if|unless|back burner|on ice"
    r"|park\w*|fit|already|any ?more|thanks?|pass|sorry|afraid|unfortunately|regret\w*"
    r"|good luck|best of luck|vm|voicemail|ans|answer\w*|repl\w*|silen\w*|quiet|ghost\w*"
    r"|out[- ]of[- ]office|bounc\w*|unread|show\w*|once more|again)\b",
    re.IGNORECASE,
)
UNWORDED = 0.1
"""What is left of a loss's probability in a record without any such word."""


def holds_loss_words(text: str) -> bool:
    """Whether any word is there that a loss could be told by; broad on purpose."""
    return bool(_WORDS.search(text))


def without_loss(probabilities: dict[Label, float]) -> dict[Label, float]:
    """Probabilities with the loss all but ruled out; they sum to 1."""
    scaled = {
        label: p * UNWORDED if label is Label.IMPLICIT_LOSS else p
        for label, p in probabilities.items()
    }
    total = sum(scaled.values())
    return {label: p / total for label, p in scaled.items()}
