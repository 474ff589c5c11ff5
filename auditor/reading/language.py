"""Tells text that is not English, so that it is left to a person rather than guessed at.

A note is short and full of names, so a language is named only on clear signs: letters of another
script, or several function words of one other language and hardly any English ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENGLISH = frozenset(
    "the a an and or but to of in on at for with is are was be he she they we i it you "
    "his her our not no will call back next week said wants has have from by as that this "
    "after before until will would vm left re meeting quote send sent new still going him "
    "them if so up out me my about had do does did".split()
)
_OTHERS: dict[str, frozenset[str]] = {
    "German": frozenset(
        "der die das und ist nicht ein eine einen mit für auf wir ich sie er wird noch nach "
        "von zu dem den auch haben hat im bei uns aber wenn bis keine kein mehr schon sich "
        "wurde sind".split()
    ),
    "French": frozenset(
        "le la les et est pas un une des du avec pour sur nous je il elle sera en dans que "
        "qui au aux ne vous mais plus été sont son sa leur chez cette".split()
    ),
    "Spanish": frozenset(
        "el la los las y es no un una con para por nos que se su en del al está pero más lo "
        "le muy ya hasta sobre cuando porque quiere tiene".split()
    ),
    "Italian": frozenset(
        "il lo la gli le e è non un una con per ci che si suo in del al sono ma più anche "
        "della nel questo ha hanno abbiamo perché quando dopo".split()
    ),
    "Dutch": frozenset(
        "de het een en is niet met voor op wij ik zij hij wordt nog naar van te dat ook "
        "hebben heeft bij ons maar als geen meer zijn aan om er".split()
    ),
    "Portuguese": frozenset(
        "o os as e é não um uma com para por nos que se seu em do da está mas mais já até "
        "sobre quando porque tem ele ela foi ao".split()
    ),
    "Polish": frozenset(
        "i w na z do nie się jest to że po za od ale jak tak już dla przez czy są był była "
        "będzie".split()
    ),
    "Swedish": frozenset(
        "och är inte en ett med för på vi jag de han hon som att det den har till av om men "
        "kan ska efter".split()
    ),
}
_LEAST_WORDS = 6
_LEAST_FOREIGN = 4
_LEAST_SHARE = 0.22
_SCRIPT_SHARE = 0.3
_LOOKED_AT = 4_000


def foreign_language(text: str) -> str | None:
    """Names the language of a text that is plainly not English; None where it is or may be.

    Args:
        text: clean text; the first 4,000 code points are looked at.
    """
    sample = text[:_LOOKED_AT]
    if sample.isascii() and len(sample) < _LEAST_WORDS:
        return None
    script = _script(sample)
    if script:
        return script
    words = [w.lower() for w in _WORD.findall(sample)]
    if len(words) < _LEAST_WORDS:
        return None
    english = sum(w in _ENGLISH for w in words)
    scores = {name: sum(w in known for w in words) for name, known in _OTHERS.items()}
    best = max(scores, key=lambda k: scores[k])
    clear = scores[best] >= max(_LEAST_FOREIGN, _LEAST_SHARE * len(words))
    return best if clear and scores[best] > 1.5 * english else None


def _script(sample: str) -> str | None:
    """The script of most letters where it is not Latin."""
    if sample.isascii():
        return None
    letters = [c for c in sample if c.isalpha()]
    if not letters:
        return None
    scripts = Counter(unicodedata.name(c, "UNKNOWN").split()[0] for c in letters if ord(c) > 0x24F)
    if not scripts:
        return None
    name, number = scripts.most_common(1)[0]
    return f"in {name.capitalize()} script" if number > _SCRIPT_SHARE * len(letters) else None
