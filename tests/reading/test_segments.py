"""Segments tell the newest message from what hangs on it, and cover the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.reading.segments import SegmentKind, segment

_THREAD = """Hi Dana,
Thursday 2pm works, we decide then.
Best regards,
Lee Marsh
Marsh Tooling | +44 20 7946 0000

CONFIDENTIALITY NOTICE: this e-mail is for the addressee only.

On Mon, 2 Mar 2026 at 10:11, Dana Wolfe <dana@seller.example> wrote:
> Could we meet Thursday?
"""


def _kinds(text: str) -> list[tuple[SegmentKind, str]]:
    return [(s.kind, text[s.start : s.end].strip()) for s in segment(text)]


def test_a_thread_is_cut_into_body_signature_disclaimer_and_quoted_mail() -> None:
    kinds = _kinds(_THREAD)
    assert [k for k, _ in kinds] == [
        SegmentKind.BODY,
        SegmentKind.SIGNATURE,
        SegmentKind.DISCLAIMER,
        SegmentKind.QUOTED,
    ]
    assert kinds[0][1].endswith("we decide then.")
    assert kinds[3][1].endswith("> Could we meet Thursday?")


def test_an_outlook_header_block_opens_quoted_mail() -> None:
    text = "Fine by us.\n\nFrom: Dana\nSent: Monday\nTo: Lee\nSubject: Quote\n\nAny news?\n"
    assert _kinds(text)[-1][0] is SegmentKind.QUOTED
    assert _kinds(text)[0] == (SegmentKind.BODY, "Fine by us.")


def test_a_message_pasted_as_the_note_is_body() -> None:
    assert _kinds("> we sign on Friday")[0][0] is SegmentKind.BODY


def test_summary_headings_are_told_apart() -> None:
    kinds = _kinds("Key topics\nPricing and roll-out.\nNext steps\nBoard votes on the 14th.")
    assert [k for k, _ in kinds].count(SegmentKind.HEADING) == 2


def test_a_closing_word_inside_a_sentence_opens_no_signature() -> None:
    assert (
        _kinds("Great call.\nThanks to Lee we got in.\nBoard on Friday.")[0][0] is SegmentKind.BODY
    )
    assert len(_kinds("Great call.\nThanks to Lee we got in.\nBoard on Friday.")) == 1


@given(
    st.lists(
        st.sampled_from(["> q", "Regards,", "", "On Mon, 2 Mar 2026 X wrote:", "text", "From: a"])
    )
)
def test_segments_cover_the_text_without_overlap(lines: list[str]) -> None:
    text = "\n".join(lines)
    at = 0
    for part in segment(text):
        assert part.start == at
        at = part.end
    assert at == len(text)
