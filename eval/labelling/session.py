"""A labelling session: what comes next, what was decided, and the way back.

Nothing here knows of a terminal.  The page of the service keeps its labels in the database instead;
what a label is, and the record that it makes, are the same (``auditor.domain.labelling``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from auditor.domain.labelling import UNSURE, GivenLabel, labelled_record
from auditor.domain.labels import LABEL_OF, Label, Reason
from auditor.reading.prepared import raw_fields
from eval.labelling.sheets import Sheet
from eval.labelling.store import LabelStore

_GROUPING = ("fam:", "pair:")


class LabelSession:
    """Records in an order, with what was labelled, skipped and undone."""

    def __init__(
        self,
        sheets: Sequence[Sheet],
        store: LabelStore,
        *,
        annotator: str = "",
        blind: bool = False,
    ) -> None:
        """Goes on where the store stops.

        Args:
            sheets: the records, in the order in which they are to come.
            store: the annotator's file.
            annotator: name or initials to note on each record.
            blind: hide what others said of the records, and keep it out of the file.
        """
        self._sheets = {s.id: s for s in sheets}
        self._store, self._annotator, self._blind = store, annotator, blind
        labelled = [i for i in store if i in self._sheets and self._same_text(i)]
        self._queue = deque(s.id for s in sheets if s.id not in set(labelled))
        self._done: list[tuple[str, bool]] = [(i, True) for i in labelled]
        self._undone: dict[str, GivenLabel] = {}

    def _same_text(self, record_id: str) -> bool:
        """Whether the stored label was given to the text that the set holds now."""
        stored = (self._store.get(record_id) or {}).get("activity") or {}
        return bool(stored.get("text") == self._sheets[record_id].record.activity.text)

    @property
    def current(self) -> Sheet | None:
        """The record to label; None where all are done or skipped."""
        return self._sheets[self._queue[0]] if self._queue else None

    @property
    def total(self) -> int:
        """Records in the set."""
        return len(self._sheets)

    @property
    def labelled(self) -> int:
        """Records of the set with a label."""
        return sum(kept for _, kept in self._done)

    @property
    def skipped(self) -> int:
        """Records passed over in this session."""
        return sum(not kept for _, kept in self._done)

    @property
    def unsure(self) -> int:
        """Records of the set marked as unsure."""
        return sum(
            kept and UNSURE in ((self._store.get(i) or {}).get("tags") or ())
            for i, kept in self._done
        )

    @property
    def former(self) -> GivenLabel | None:
        """What was decided on the current record before: undone just now, or given by the set."""
        sheet = self.current
        if sheet is None:
            return None
        if sheet.id in self._undone:
            return self._undone[sheet.id]
        return None if self._blind else read_decision(sheet.given, sheet)

    @property
    def said_by_others(self) -> Mapping[str, str]:
        """Labels of other annotators by name, for adjudication; empty in a blind session."""
        labels = self.current.raw.get("labels") if self.current and not self._blind else None
        return {str(k): str(v) for k, v in labels.items()} if isinstance(labels, Mapping) else {}

    def keep(self, decision: GivenLabel) -> None:
        """Saves the decision on the current record and goes to the next.

        Raises:
            InputError: where the file can't be written; the record stays the current one.
        """
        sheet = self._sheets[self._queue[0]]
        self._store.put(self._entry(sheet, decision))
        self._leave(kept=True)

    def skip(self) -> None:
        """Passes the current record over; it comes again with the next session."""
        self._leave(kept=False)

    def _leave(self, *, kept: bool) -> None:
        record_id = self._queue.popleft()
        self._undone.pop(record_id, None)
        self._done.append((record_id, kept))

    def undo(self) -> bool:
        """Goes back one record and takes its label out of the file; False at the start.

        The label is remembered as ``former``, so that it can be kept with one key.
        """
        if not self._done:
            return False
        record_id, kept = self._done[-1]
        if kept and (entry := self._store.take(record_id)):
            former = read_decision(entry, self._sheets[record_id])
            if former is not None:
                self._undone[record_id] = former
        self._done.pop()
        self._queue.appendleft(record_id)
        return True

    def _entry(self, sheet: Sheet, decision: GivenLabel) -> dict[str, Any]:
        """The record as it goes into the file."""
        raw = {k: v for k, v in sheet.raw.items() if k not in ("labels", "comment")}
        given = sheet.given if not self._blind else {}
        tags = [str(t) for t in raw.get("tags") or () if t != UNSURE]
        if self._blind:
            tags = [t for t in tags if t.startswith(_GROUPING)]
        kept: dict[str, Any] = {}
        if given.get("label") == decision.label.value and given.get("reason") == decision.reason:
            kept = {k: given[k] for k in ("reasons_ok", "tests") if k in given}
        entry = labelled_record(
            decision,
            raw | {"id": sheet.id},
            tags=tags,
            annotator=self._annotator,
            labelled_at=datetime.now(UTC),
        )
        return entry | kept


def read_decision(said: Mapping[str, Any], sheet: Sheet) -> GivenLabel | None:
    """The decision in a labelled record; None where it is not whole or no longer verbatim."""
    texts = [text for _, text in raw_fields(sheet.record)]
    quotes = tuple(q for q in said.get("evidence") or () if any(q in t for t in texts))
    try:
        label, reason = Label(str(said.get("label"))), Reason(str(said.get("reason")))
    except ValueError:
        return None
    if LABEL_OF[reason] is not label or not quotes:
        return None
    unsure = UNSURE in (said.get("tags") or ())
    return GivenLabel(label, reason, quotes, unsure, str(said.get("comment") or ""))
