"""Dates in notes: found, and resolved against the time the note was written.

The words of a text are cut once (``page``); rules registered by the word they begin with
(``grammar``) read expressions into nodes (``node``); ``reader`` walks the words and turns nodes
into mentions. Every rule looks a bounded number of words ahead, so time is linear in the text.

Conventions: weeks begin on Monday; "next Friday" is that of the next calendar week (the nearest one
is its second reading); "end of May" is its last seven days, EOM its last day, EOW Friday; "by May"
ends before May begins, "by Friday" on Friday, and both begin on the reference day; "after" has no
end (``date.max``); a bare time or length of time carries the reference day.
"""

from auditor.reading.dates.mention import DateMention, DateValue, Direction, Kind
from auditor.reading.dates.reader import resolve_dates

__all__ = ["resolve_dates", "DateMention", "DateValue", "Kind", "Direction"]
