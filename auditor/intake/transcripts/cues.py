"""Transcripts as subtitles: WebVTT (Zoom, Teams, Meet) and SRT.

A cue that can't be read is reported with its line, where the libraries drop it without a word.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import srt
import webvtt
from webvtt.errors import MalformedFileError

from auditor.errors import InputError, RowError
from auditor.intake.report import IntakeReport
from auditor.intake.transcripts.turns import Piece

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
_TAG = re.compile(r"</?(?:[cibuv]|ruby|rt|lang|font)(?:[.\s][^>]*)?>|<\d[\d:.]*>", re.IGNORECASE)
_VTT_TIMES = re.compile(
    r"^\s*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}"
)
_SRT_TIMES = re.compile(
    r"^\s*\d+\s*:\s*\d+\s*:\s*\d+[,.:]\d+\s*-->\s*\d+\s*:\s*\d+\s*:\s*\d+[,.:]\d+"
)
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
    """Reads SRT; what stands between sound cues is reported."""
    _report_bad_times(text, _SRT_TIMES, file, report)
    cues = [
        (cue.content, cue.start.total_seconds(), cue.end.total_seconds())
        for cue in srt.parse(text.lstrip("\ufeff"), ignore_errors=True)
    ]
    return _read_cues(cues)


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
