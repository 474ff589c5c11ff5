"""Transcripts and notes that are a file each, and JSON transcripts: to activities."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.domain.records import (
    Activity,
    ActivityKind,
    NextActivity,
    Opportunity,
    Participant,
    Side,
    TextFormat,
)
from auditor.errors import InputError, RowError
from auditor.intake.encoding import detect_encoding, read_all, without_lone_surrogates
from auditor.intake.sidecar import Sidecar, find_time, read_sidecar
from auditor.intake.sources import Source
from auditor.intake.tables import Intake
from auditor.intake.transcripts.cues import read_srt, read_vtt
from auditor.intake.transcripts.text import looks_like_turns, read_text_turns
from auditor.intake.transcripts.turns import (
    Transcript,
    join_pieces,
    length_of,
    participants_of,
    render_turns,
)

_MAIL_HEAD = re.compile(
    r"\A\s*(?:(?:from|to|cc|date|sent|subject|von|an|betreff|de|objet):.*\n){2}", re.I
)
_SMALLEST_CAP = 16 * 2**20


def read_text_file(source: Source, intake: Intake) -> str:
    """Reads a file of text whole; line ends become line feeds.

    Raises:
        InputError: it is empty.
        RowError: it is longer than any text that may be taken, or holds NUL characters.
    """
    cap = max(_SMALLEST_CAP, 4 * intake.options.max_text_bytes)
    size = 0
    with source.opener() as stream:
        while chunk := stream.read(2**20):
            size += len(chunk)
            if size > cap:
                raise _too_long(source, size, more=True)
    encoding = intake.options.encoding or detect_encoding(source.prefix())
    text, stray = read_all(source.opener(), encoding)
    tally = intake.report.tally(source.name)
    tally.encoding = encoding
    if stray:
        intake.report.warn(
            source.name, f"{stray} bytes are no {encoding}; they are read as Windows-1252"
        )
    if not text.strip():
        raise InputError(f"{source.name}: the file is empty")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise RowError(
            file=source.name,
            line=line,
            field=None,
            problem="a NUL character stands in the text",
            mend="remove it, or set the file's encoding",
        )
    return text


def read_recording_file(
    source: Source, kind: str, intake: Intake
) -> Iterator[Opportunity | Activity]:
    """Reads a ``.vtt``, ``.srt`` or text file.

    Raises:
        InputError: the file can't be read.
    """
    text = read_text_file(source, intake)
    if kind == "vtt":
        pieces = read_vtt(text, file=source.name, report=intake.report)
    elif kind == "srt":
        pieces = read_srt(text, file=source.name, report=intake.report)
    elif looks_like_turns(text):
        pieces = read_text_turns(text)
    else:
        yield from _note_items(text, source, intake)
        return
    if not pieces:
        raise InputError(f"{source.name}: no words can be found in it; check that it is {kind}")
    yield from transcript_items([Transcript(tuple(pieces))], source, intake)


def transcript_items(
    transcripts: list[Transcript], source: Source, intake: Intake
) -> Iterator[Opportunity | Activity]:
    """Turns the transcripts of one file into activities; each problem is reported."""
    sidecar = read_sidecar(source, intake.report)
    for number, transcript in enumerate(transcripts, start=1):
        turns = join_pieces(transcript.pieces)
        if not turns:
            problem = InputError(f"{source.name}: transcript {number} holds no words")
            intake.report.reject(problem, file=source.name)
            continue
        text = without_lone_surrogates(render_turns(turns)).replace("\0", "")
        if len(text.encode()) > intake.options.max_text_bytes:
            problem = _too_long(source, len(text.encode()))
            intake.report.reject(problem, file=source.name)
            continue
        default_id = source.key if len(transcripts) == 1 else f"{source.key}#{number}"
        yield from _items(
            sidecar,
            identity=sidecar.id or transcript.id or default_id,
            kind=ActivityKind.CALL,
            format=TextFormat.TRANSCRIPT,
            transcript=transcript,
            text=text,
            participants=_with_sides(participants_of(transcript, turns), sidecar),
            source=source,
            intake=intake,
        )


def _note_items(text: str, source: Source, intake: Intake) -> Iterator[Opportunity | Activity]:
    if len(text.encode("utf-8", "replace")) > intake.options.max_text_bytes:
        raise _too_long(source, len(text.encode("utf-8", "replace")))
    sidecar = read_sidecar(source, intake.report)
    yield from _items(
        sidecar,
        identity=sidecar.id or source.key,
        kind=ActivityKind.EMAIL if _MAIL_HEAD.match(text) else ActivityKind.NOTE,
        format=TextFormat.NOTE,
        transcript=Transcript(()),
        text=without_lone_surrogates(text),
        participants=sidecar.participants,
        source=source,
        intake=intake,
    )


def _items(
    sidecar: Sidecar,
    *,
    identity: str,
    kind: ActivityKind,
    format: TextFormat,  # noqa: A002 - the record's own word
    transcript: Transcript,
    text: str,
    participants: tuple[Participant, ...],
    source: Source,
    intake: Intake,
) -> Iterator[Opportunity | Activity]:
    deal = sidecar.as_opportunity()
    if deal is not None:
        yield deal
    pending: NextActivity | None = sidecar.next_activity
    when = find_time(source, sidecar, transcript.occurred_at, (intake.options, intake.report))
    yield Activity(
        id=identity,
        opportunity_id=deal.id if deal else None,
        kind=sidecar.kind or kind,
        format=format,
        occurred_at=when,
        text=text,
        participants=participants,
        next_activity=pending,
        owner=sidecar.owner,
        duration_seconds=sidecar.duration_seconds or length_of(transcript),
        subject=sidecar.subject or transcript.title,
        source=source.key,
    )


def _with_sides(speakers: tuple[Participant, ...], sidecar: Sidecar) -> tuple[Participant, ...]:
    """Speakers with the sides the sidecar gives them, then its people who did not speak."""
    told = {person.name.casefold(): person for person in sidecar.participants}
    if sidecar.owner:
        told.setdefault(sidecar.owner.casefold(), Participant(name=sidecar.owner, role=Side.REP))
    merged = [told.pop(person.name.casefold(), person) for person in speakers]
    silent = [person for person in sidecar.participants if person.name.casefold() in told]
    return (*merged, *silent)


def _too_long(source: Source, size: int, *, more: bool = False) -> RowError:
    return RowError(
        file=source.name,
        line=None,
        field=None,
        problem=f"holds a text of {'more than ' if more else ''}{size / 1e6:,.1f} MB",
        mend="raise --max-text-mb to take it",
    )
