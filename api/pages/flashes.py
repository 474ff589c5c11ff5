"""What is said at the top of a page after something was done, with the way to take it back."""

from __future__ import annotations

from dataclasses import dataclass

from api.context import Context
from api.pages.choices import key_of
from api.pages.words import decision_words, label_words
from api.security import Principal
from auditor.digest.items import title_of


@dataclass(frozen=True)
class Flash:
    """Something that was just done."""

    words: str
    """What."""
    undo: str | None = None
    """Address of the form that takes it back."""


def decision_flash(
    context: Context, who: Principal, *, done: str | None, undone: str | None
) -> Flash | None:
    """Says that a decision was made, or taken back, where the reader may see it."""
    key = key_of(done) or key_of(undone)
    if key is None:
        return None
    with context.database.read() as unit:
        decision = unit.decisions.get(key)
        stored = unit.browsing.opportunity(decision.opportunity_key) if decision else None
    if decision is None or stored is None or not who.may_see(stored.opportunity):
        return None
    words = decision_words(decision, context.settings.today())
    title = title_of(stored.opportunity)
    if done and decision.stands:
        return Flash(f"{title}. {words}.", f"/decisions/{key}/undo")
    if undone and not decision.stands:
        return Flash(f"Taken back on {title}. {words}.")
    return None


def correction_flash(
    context: Context, who: Principal, *, corrected: str | None, restored: str | None
) -> Flash | None:
    """Says that a label was corrected, or the correction taken back."""
    key = key_of(corrected) or key_of(restored)
    if key is None:
        return None
    with context.database.read() as unit:
        correction = unit.corrections.get(key)
        found = unit.browsing.activity(correction.activity_key) if correction else None
    deal = found.opportunity if found else None
    if correction is None or deal is None or not who.may_see(deal):
        return None
    if corrected and correction.stands:
        words = (
            f"The label is now “{label_words(correction.label)}”. It counts at once, and the "
            "auditor learns from it."
        )
        return Flash(words, f"/corrections/{key}/undo")
    if restored and not correction.stands:
        return Flash("The correction is taken back; the auditor's own label counts again.")
    return None
