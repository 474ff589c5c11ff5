"""What a digest says of the auditor itself: how sure, how often right, what it left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.digest.items import ShownBefore
from auditor.digest.words import count
from auditor.domain.docket import Docket
from auditor.domain.health.estimates import wilson

RULED_WEEKS = 8
"""Weeks over which it is told how often the auditor was right."""
ENOUGH = 20
"""Rulings from which on that is told as a share: under it the interval spans half the scale."""


@dataclass(frozen=True)
class Ruled:
    """What supervisors said of verdicts lately."""

    looked_at: int
    """Verdicts that they decided on, confirmed or corrected."""
    right: int
    """Of those, not corrected."""


@dataclass(frozen=True)
class Notes:
    """What a digest knows beyond its docket."""

    ruled: Ruled | None = None
    """None where no rulings are kept, as in a run over files."""
    not_judged: int = 0
    """Activities that were not judged yet."""
    over_budget: int = 0
    """Activities of the week judged without the language model, since its budget was used up."""
    failed: int = 0
    """Activities that can't be judged and wait for a person."""
    shown_before: Mapping[int, ShownBefore] = field(default_factory=dict)
    """What the digest before asked for, by the opportunity's number."""


def certainty_words(docket: Docket) -> str:
    """How sure the auditor is of this week's docket."""
    sure = docket.certainty
    if not sure.judged or sure.mean_confidence is None:
        return "Nothing could be decided from the words alone."
    left = sure.judged - sure.decided
    words = (
        f"The auditor decided {sure.decided} of {sure.judged} opportunities and expects to be "
        f"right on about {sure.mean_confidence:.0%} of them."
    )
    if left:
        words += f" It leaves {left} to you, since their words do not settle it."
    return words + " Where it is wrong, say so: the quotes show what it read."


def ruled_words(ruled: Ruled | None) -> str:
    """How often supervisors let its verdicts stand lately; empty where that is not kept."""
    if ruled is None:
        return ""
    if not ruled.looked_at:
        return (
            "How often it is right here is not known yet: nobody has ruled on its verdicts in the "
            f"last {RULED_WEEKS} weeks."
        )
    number = count(ruled.looked_at, "verdict")
    if ruled.looked_at < ENOUGH:
        return (
            f"Supervisors ruled on {number} in the last {RULED_WEEKS} weeks and let "
            f"{ruled.right} stand: not enough to say how often it is right."
        )
    share = ruled.right / ruled.looked_at
    low, high = wilson(share, ruled.looked_at)
    return (
        f"Supervisors ruled on {number} in the last {RULED_WEEKS} weeks and let {ruled.right} "
        f"stand: it was right on {share:.0%} (95% interval {low:.0%} to {high:.0%})."
    )


def caveats(notes: Notes, docket: Docket) -> tuple[str, ...]:
    """What the reader should know of this digest, a sentence each."""
    said = []
    if notes.not_judged:
        said.append(
            f"{count(notes.not_judged, 'activity is', 'activities are')} not judged yet and not "
            "counted here."
        )
    if notes.failed:
        said.append(
            f"{count(notes.failed, 'activity', 'activities')} could not be judged; whoever runs "
            "the service can see why."
        )
    if notes.over_budget:
        said.append(
            "The language model's budget was used up: "
            f"{count(notes.over_budget, 'activity', 'activities')} of the week "
            f"{'was' if notes.over_budget == 1 else 'were'} judged by the local model alone."
        )
    held = sum(i.held_until is not None for i in docket.lines)
    if held:
        said.append(
            f"{count(held, 'new item is', 'new items are')} with the reps first and will be on a "
            "later docket unless mended."
        )
    return tuple(said)
