"""Transcripts as subtitles: WebVTT (Zoom, Teams, Meet) and SRT.

A cue that can't be read is reported with its line, never dropped without a word.  SRT is read line
by line, so the time it takes grows with the length of the file and nothing else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import webvtt
from webvtt.errors import MalformedFileError

from auditor.errors import InputError, RowError
from auditor.intake.report import IntakeReport
from auditor.intake.transcripts.turns import Piece

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+(?![ \t])([^<>]*)>")
_TAG = re.compile(r"</?(?:[cibuv]|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<\d[\d:.]*>", re.IGNORECASE)
_VTT_TIMES = re.compile(
    r"^\s*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}"
)
_SRT_TIME = r"(\d{1,4})[ \t]*:[ \t]*(\d{1,4})[ \t]*:[ \t]*(\d{1,4})[,.:](\d{1,9})"
_SRT_TIMES = re.compile(rf"^[ \t]*{_SRT_TIME}[ \t]*-->[ \t]*{_SRT_TIME}")
_SRT_NUMBER = re.compile(r"\A[ \t]*-?\d{1,12}(?:\.\d{0,12})?[ \t]*")
_ARROW = re.compile(r"-->|^\s*\d+:\d{2}[:.,\d]*\s*[-–—=]*>")
_NAMED = re.compile(r"^(?P<name>[^\W\d_][^:\n<>]{0,58}?)[ \t]*:[ \t]*(?P<words>.*)$", re.DOTALL)


def read_vtt(text: str, *, file: str, report: IntakeReport) -> list[Piece]:
    """Reads WebVTT.

    Raises:
        InputError: the text does not begin with ``WEBVTT``.
    """
    text = text.lstrip("\ufeff")
    try:
        captions = webvtt.from_string(text).captions
    except MalformedFileError as exc:
        raise InputError(f"{file}: no WebVTT file: its first line must be WEBVTT") from exc
    _report_bad_times(text, _VTT_TIMES, file, report)
    cues = [
        (caption.raw_text, float(caption.start_in_seconds), float(caption.end_in_seconds))
        for caption in captions
    ]
    return _read_cues(cues)


def read_srt(text: str, *, file: str, report: IntakeReport) -> list[Piece]:
    """Reads SRT; a cue goes on, over empty lines too, to the number or times of the next."""
    lines = text.lstrip("\ufeff").split("\n")
    _report_bad_times("\n".join(lines), _SRT_TIMES, file, report)
    timed = [(at, match) for at, line in enumerate(lines) if (match := _SRT_TIMES.match(line))]
    starts = [at - _is_numbered(lines, at) for at, _ in timed]
    return _read_cues(
        [
            ("\n".join(lines[at + 1 : end]).strip("\n"), *_srt_seconds(match))
            for (at, match), end in zip(timed, [*starts[1:], len(lines)], strict=False)
        ]
    )


def _is_numbered(lines: list[str], at: int) -> bool:
    """Tells whether the line above a cue's times is the cue's number."""
    return at > 0 and _SRT_NUMBER.fullmatch(lines[at - 1]) is not None


def _srt_seconds(match: re.Match[str]) -> tuple[float, float]:
    told = match.groups()
    begins, ends = (
        int(h) * 3600 + int(m) * 60 + int(s) + int(part[:3].ljust(3, "0")) / 1000
        for h, m, s, part in (told[:4], told[4:])
    )
    return begins, ends


def _report_bad_times(text: str, times: re.Pattern[str], file: str, report: IntakeReport) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if _ARROW.search(line) and not times.match(line):
            problem = RowError(
                file=file,
                line=number,
                field=None,
                problem=f"the cue's times {line.strip()[:60]!r} can't be read; its words are lost",
                mend="write them as 00:01:02.345 --> 00:01:04.000",
            )
            report.reject(problem, file=file)


def _read_cues(cues: list[tuple[str, float, float]]) -> list[Piece]:
    named_alone = _names_stand_alone([text for text, _, _ in cues])
    pieces: list[Piece] = []
    for text, start, end in cues:
        pieces.extend(
            Piece(speaker, words, start, end) for speaker, words in _split_cue(text, named_alone)
        )
    return pieces


def _split_cue(text: str, named_alone: frozenset[str]) -> Iterator[tuple[str | None, str]]:
    voices = _VOICE.split(text)
    if len(voices) > 1:
        if voices[0].strip():
            yield None, _plain(voices[0])
        for name, words in zip(voices[1::2], voices[2::2], strict=True):
            yield _plain(name).strip() or None, _plain(words)
        return
    plain = _plain(text)
    first, _, rest = plain.partition("\n")
    if first.strip().rstrip(":") in named_alone and rest.strip():
        yield first.strip().rstrip(":"), rest
        return
    match = _NAMED.match(plain.strip())
    if match and len(match["name"].split()) <= 5:
        yield match["name"].strip(), match["words"]
    else:
        yield None, plain


def _names_stand_alone(cues: list[str]) -> frozenset[str]:
    """First lines that are names: short, without an end mark, on at least two cues."""
    counts: dict[str, int] = {}
    for text in cues:
        first, _, rest = _plain(text).partition("\n")
        name = first.strip().rstrip(":")
        if rest.strip() and re.fullmatch(r"[^\W\d_][\w .'’()-]{1,40}", name):
            counts[name] = counts.get(name, 0) + 1
    return frozenset(
        name
        for name, count in counts.items()
        if count >= 2 and all(word[:1].isupper() for word in name.split() if word[:1].isalpha())
    )


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text))
