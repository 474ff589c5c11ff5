"""Family files: a compact text form in which people write labelled records.

A *family* is one situation told as several records by small edits.  Writing it as JSON repeats
everything that the edits leave alone, and writing the acts apart from the text repeats the text;
a family file does neither.  ``compile_families`` turns it into the codebook's records and acts.

The form, line by line (blank lines and lines opened by ``//`` are skipped)::

    # fx-03                                   a family opens; its id
    stage: Proposal                           defaults of the family's records
    at: 2026-03-02T10:15
    kind: call                                call, email, meeting, task or note
    format: note                              note (default) or transcript
    who: Dana=rep, Lee=buyer                  participants; leave out where unknown
    next: call | Call back | 2026-06-02       pending activity; due may be "-"; "next: none"
    past: 2026-02-20T09:00 call | left vm     history, oldest first, a line each; "past: none"
    = a vague interval_callback w---- terse   a record: suffix, label, reason, tests, tags
    ok: no_purpose no_date                    alternates that are right too (optional)
    next: none                                overrides of the defaults for this record; ``past:``
                                              lines replace all of the family's
    : Chatted to Lee.{done} [[1:Call back in three months]].{defer} Lovely man.{rep_hope}

Each text line opens with ``:``.  ``{act}`` closes a clause that opened where the last one closed
or at the line's start; words after the last mark of a line are ``noise``.  ``[[1:words]]`` marks
evidence, 1 the deciding quote; it may also stand in a ``past:`` text or a ``next:`` subject.

Tests are five letters in the order *what, when, why then, agreed, advances*: ``w t y a d``, a
hyphen where one fails, with ``l`` appended where the record shows a loss: ``wt-ad``, ``-t---l``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

ACTS = frozenset(
    "commit_dated commit_undated yes_to_buy event_dated event_undated no_purpose rep_intent "
    "rep_hope done attempt no_show sign_of_life defer send_info availability awaiting "
    "open_condition withdrawn gatekeeper other_need refusal lost_elsewhere dead contact_gone "
    "objection noise addressed_to_auditor".split()
)
LABELS = {
    "meaningful": "meaningful_next_step",
    "vague": "vague_callback",
    "loss": "implicit_loss",
}
TESTS = ("what", "when", "why_then", "agreed", "advances")
_LETTERS = "wtyad"
_ACT_MARK = re.compile(r"\{([a-z_]+)\}")
_EVIDENCE_OPEN = re.compile(r"\[\[(\d):")
_LEADING = " \t,;.&)-–—"


class FamilyError(ValueError):
    """A family file that can't be compiled; the message names the line and the mend."""


@dataclass
class _Marked:
    """A text freed of its marks."""

    text: str
    acts: list[tuple[str, str]]
    evidence: list[tuple[int, str]]


@dataclass
class _Draft:
    """What a family or a record has said so far."""

    fields: dict[str, str] = field(default_factory=dict)
    past: list[str] | None = None
    lines: list[str] = field(default_factory=list)


@dataclass
class CompiledFamilies:
    """Records and acts in the codebook's form, in file order."""

    records: list[dict[str, Any]] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)


def _pull_evidence(line: str, where: str) -> tuple[str, list[tuple[int, int, int]]]:
    """Returns the line without evidence marks and (rank, start, end) spans in it."""
    out: list[str] = []
    spans: list[tuple[int, int, int]] = []
    open_mark: tuple[int, int] | None = None
    length = i = 0
    while i < len(line):
        opened = _EVIDENCE_OPEN.match(line, i)
        if opened:
            if open_mark:
                raise FamilyError(f"{where}: evidence opened inside evidence; close it with ]]")
            open_mark = (int(opened.group(1)), length)
            i = opened.end()
        elif open_mark and line.startswith("]]", i):
            spans.append((open_mark[0], open_mark[1], length))
            open_mark = None
            i += 2
        else:
            out.append(line[i])
            length += 1
            i += 1
    if open_mark:
        raise FamilyError(f"{where}: evidence {open_mark[0]} is never closed; add ]]")
    return "".join(out), spans


def _read_line(line: str, where: str) -> _Marked:
    """Splits one marked line into clean text, acts and evidence."""
    marked, spans = _pull_evidence(line, where)
    clean: list[str] = []
    acts: list[tuple[str, str]] = []
    removed: list[tuple[int, int]] = []
    last = 0
    for mark in _ACT_MARK.finditer(marked):
        name = mark.group(1)
        if name not in ACTS:
            raise FamilyError(f"{where}: unknown act {name!r}; see the codebook's list of acts")
        piece = marked[last : mark.start()]
        clean.append(piece)
        clause = piece.strip().lstrip(_LEADING).strip()
        if clause:
            acts.append((clause, name))
        removed.append((mark.start(), mark.end() - mark.start()))
        last = mark.end()
    tail = marked[last:]
    clean.append(tail)
    if tail.strip().lstrip(_LEADING).strip():
        acts.append((tail.strip().lstrip(_LEADING).strip(), "noise"))
    text = "".join(clean)

    def shift(at: int) -> int:
        return at - sum(size for start, size in removed if start < at)

    quotes = [(rank, text[shift(start) : shift(end)].strip()) for rank, start, end in spans]
    return _Marked(text, acts, quotes)


def _parse_tests(code: str, where: str) -> dict[str, bool]:
    """Reads ``wt-ad`` or ``-t---l`` into the five tests and the loss sign."""
    loss = code.endswith("l")
    five = code.removesuffix("l")
    if len(five) != len(_LETTERS) or any(
        c not in (want, "-") for c, want in zip(five, _LETTERS, strict=False)
    ):
        raise FamilyError(
            f"{where}: tests {code!r}: write five of 'wtyad' or '-', then 'l' for a loss"
        )
    tests = {name: c != "-" for name, c in zip(TESTS, five, strict=True)}
    return {**tests, "loss": loss}


def _parse_next(value: str, where: str) -> tuple[dict[str, Any] | None, list[tuple[int, str]]]:
    if value.strip() == "none":
        return None, []
    parts = [p.strip() for p in value.split("|")]
    if len(parts) != 3:
        raise FamilyError(f"{where}: next: wants 'kind | subject | due' or 'none', got {value!r}")
    subject = _read_line(parts[1], where)
    due = None if parts[2] in ("-", "") else parts[2]
    return {"kind": parts[0], "subject": subject.text, "due_on": due}, subject.evidence


def _parse_past(line: str, where: str) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    head, bar, text = line.partition("|")
    words = head.split()
    if not bar or len(words) != 2:
        raise FamilyError(f"{where}: past: wants 'date kind | text', got {line!r}")
    marked = _read_line(text.strip(), where)
    at = words[0] if "T" in words[0] else f"{words[0]}T09:00"
    return {"kind": words[1], "occurred_at": _seconds(at), "text": marked.text}, marked.evidence


def _seconds(stamp: str) -> str:
    return stamp if stamp.count(":") == 2 else f"{stamp}:00"


def _build(
    family: str, defaults: _Draft, head: str, own: _Draft, where: str
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Makes one record (and its acts) of a head line, defaults and overrides."""
    words = head.split(maxsplit=4)
    if len(words) < 4:
        raise FamilyError(f"{where}: wants '= suffix label reason tests tags', got {head!r}")
    suffix, label, reason, code = words[:4]
    tags = [t.strip() for t in (words[4] if len(words) > 4 else "").split(",") if t.strip()]
    if label not in LABELS:
        raise FamilyError(f"{where}: label {label!r}: write meaningful, vague or loss")
    said = {**defaults.fields, **own.fields}
    missing = [k for k in ("stage", "at", "kind") if k not in said]
    if missing or not own.lines:
        raise FamilyError(f"{where}: record {family}{suffix} lacks {missing or ['text lines']}")
    lines = [_read_line(line, where) for line in own.lines]
    pending, quotes = _parse_next(said.get("next", "none"), where)
    past_lines = own.past if own.past is not None else (defaults.past or [])
    past = [_parse_past(p, where) for p in past_lines]
    quotes = quotes + [q for _, qs in past for q in qs] + [q for m in lines for q in m.evidence]
    activity: dict[str, Any] = {
        "kind": said["kind"],
        "format": said.get("format", "note"),
        "occurred_at": _seconds(said["at"]),
        "text": "\n".join(m.text.strip() if m.text.strip() else "" for m in lines).strip("\n"),
    }
    if said.get("who", "none") != "none":
        pairs = [p.partition("=") for p in said["who"].split(",")]
        activity["participants"] = [{"name": n.strip(), "role": r.strip()} for n, _, r in pairs]
    activity["next_activity"] = pending
    record: dict[str, Any] = {
        "id": f"{family}{suffix}",
        "label": LABELS[label],
        "reason": reason,
        "evidence": [q for _, q in sorted(quotes, key=lambda x: x[0])],
        "opportunity": {"stage": said["stage"]},
        "activity": activity,
        "tests": _parse_tests(code, where),
        "tags": [f"fam:{family}", *tags],
        "source": "written",
    }
    if said.get("ok"):
        record["reasons_ok"] = said["ok"].split()
    if past:
        record["history"] = [p for p, _ in past]
    marked = any(_ACT_MARK.search(line) for line in own.lines)
    acts = [list(a) for m in lines for a in m.acts]
    return record, ({"id": record["id"], "acts": acts} if marked else None)


class _Reader:
    """Walks a family file line by line and emits records."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.out = CompiledFamilies()
        self.family = ""
        self.defaults = _Draft()
        self.head: tuple[str, str] | None = None
        self.own = _Draft()

    def flush(self) -> None:
        if self.head:
            head, where = self.head
            record, acts = _build(self.family, self.defaults, head, self.own, where)
            self.out.records.append(record)
            if acts:
                self.out.acts.append(acts)
        self.head = None
        self.own = _Draft()

    def feed(self, number: int, line: str) -> None:
        where = f"{self.name}:{number}"
        if line.startswith("# "):
            self.flush()
            self.family, self.defaults = line[2:].strip(), _Draft()
        elif line.startswith("= "):
            self.flush()
            self.head = (line[2:].strip(), where)
        elif line.startswith(":"):
            if not self.head:
                raise FamilyError(f"{where}: a text line before any record; open one with '='")
            self.own.lines.append(line[1:].removeprefix(" "))
        else:
            self._setting(line, where)

    def _setting(self, line: str, where: str) -> None:
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon or key not in {"stage", "at", "kind", "format", "who", "next", "past", "ok"}:
            raise FamilyError(f"{where}: not understood: {line[:60]!r}")
        draft = self.own if self.head else self.defaults
        if key == "past":
            draft.past = (draft.past or []) + ([] if value == "none" else [value])
        else:
            draft.fields[key] = value


def compile_families(text: str, *, name: str = "families") -> CompiledFamilies:
    """Compiles a family file.

    Args:
        text: the file's content.
        name: what errors call the file.

    Raises:
        FamilyError: at the first line that can't be read.
    """
    reader = _Reader(name)
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("//"):
            reader.feed(number, line)
    reader.flush()
    return reader.out


def main(argv: list[str]) -> int:
    """Compiles family files into a record file and, where asked for, an acts file."""
    import argparse
    import json
    from pathlib import Path

    parser = argparse.ArgumentParser(prog="python -m eval.authoring", description=__doc__)
    parser.add_argument("out", type=Path, help="records, one JSON object a line")
    parser.add_argument("families", type=Path, nargs="+", help="family files")
    parser.add_argument("--acts", type=Path, help="acts, one JSON object a line")
    given = parser.parse_args(argv)
    whole = CompiledFamilies()
    for path in given.families:
        one = compile_families(path.read_text(encoding="utf-8"), name=path.name)
        whole.records += one.records
        whole.acts += one.acts
    for path, rows in ((given.out, whole.records), (given.acts, whole.acts)):
        if path is not None:
            lines = (json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
