"""The shipped local model: its files, spans and parity with training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.classify.clauses import split_clauses
from auditor.classify.composition import Role, compose_body, compose_context
from auditor.classify.encoder import Encoder, Encoding
from auditor.classify.encoder_input import EncoderInput, PastInput, PendingInput, from_record
from auditor.errors import ModelError

BOOKED = {
    "activity": {
        "kind": "call",
        "format": "note",
        "occurred_at": "2026-03-02T10:15:00",
        "text": "Lee takes the quote to the board on Thursday 5 March; they vote that night and "
        "she "
        "rings me Friday at 10 with the answer.",
        "next_activity": {"kind": "call", "subject": "Board's answer", "due_on": "2026-03-06"},
    },
    "opportunity": {"stage": "Proposal"},
}
LOST = {
    "activity": {
        "kind": "call",
        "format": "note",
        "occurred_at": "2026-03-02T10:15:00",
        "text": "They signed with another supplier last week, contract is done. Nice chat, will "
        "call in the summer.",
        "next_activity": {"kind": "call", "subject": "Summer call", "due_on": "2026-07-01"},
    },
    "opportunity": {"stage": "Proposal"},
}
TALK = {
    "activity": {
        "kind": "call",
        "format": "transcript",
        "occurred_at": "2026-03-02T10:15:00",
        "text": "[00:00:01] Dana: Hello Lee, did you see the offer?\n[00:00:05] Lee: Not now. Ring "
        "in three months, maybe.\n[00:00:09] Dana: Will do.",
        "participants": [{"name": "Dana", "role": "rep"}, {"name": "Lee", "role": "buyer"}],
        "next_activity": None,
    },
    "opportunity": {"stage": "Proposal"},
    "history": [
        {"kind": "call", "occurred_at": "2026-02-01T09:00:00", "text": "No answer, left a message."}
    ],
}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(threads=1)


def _field(record: EncoderInput, name: str) -> str:
    if name == "text":
        return record.text
    if name == "next_activity.subject":
        assert record.pending is not None
        return record.pending.subject
    return record.history[int(name[len("history[") : name.index("]")])].text


def _assert_sound(record: EncoderInput, encoding: Encoding) -> None:
    assert sum(encoding.labels.values()) == pytest.approx(1.0, abs=1e-4)
    assert sum(encoding.reasons.values()) == pytest.approx(1.0, abs=1e-4)
    assert np.linalg.norm(encoding.embedding) == pytest.approx(1.0, abs=1e-3)
    assert len(encoding.evidence) <= 4
    for span in [*encoding.evidence, *encoding.clauses]:
        words = _field(record, span.field)[span.start : span.end]
        assert words.strip()
        assert words == words.strip()


def test_the_shipped_model_tells_a_booked_decision_from_a_loss(encoder: Encoder) -> None:
    booked, lost = encoder.encode([from_record(BOOKED), from_record(LOST)])
    assert booked.label == "meaningful_next_step"
    assert lost.label == "implicit_loss"


def test_spans_are_words_of_the_fields_they_name(encoder: Encoder) -> None:
    records = [from_record(r) for r in (BOOKED, LOST, TALK)]
    for record, encoding in zip(records, encoder.encode(records), strict=True):
        _assert_sound(record, encoding)


def test_a_transcripts_quotes_stay_within_a_turn_and_leave_the_speaker_out(
    encoder: Encoder,
) -> None:
    record = from_record(TALK)
    for clause in encoder.encode([record])[0].clauses:
        if clause.field == "text":
            words = record.text[clause.start : clause.end]
            assert "\n" not in words
            assert not words.startswith(("[", "Dana:", "Lee:"))


def test_an_answer_does_not_depend_on_the_batch(encoder: Encoder) -> None:
    records = [from_record(r) for r in (BOOKED, TALK, LOST)]
    together = encoder.encode(records)
    for record, encoding in zip(records, together, strict=True):
        alone = encoder.encode([record])[0]
        assert alone.labels == pytest.approx(encoding.labels, abs=1e-6)
        assert [e.start for e in alone.evidence] == [e.start for e in encoding.evidence]


def test_a_long_transcript_is_read_in_windows_to_its_end(encoder: Encoder) -> None:
    turns = "\n".join(f"{'Dana' if i % 2 else 'Lee'}: well, number {i} it is" for i in range(300))
    activity = {**TALK["activity"], "text": turns}
    record = from_record({**TALK, "activity": activity})
    encoding = encoder.encode([record])[0]
    assert encoding.windows > 3
    assert any(c.end == len(turns) for c in encoding.clauses)
    _assert_sound(record, encoding)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    texts=st.lists(st.text(max_size=120), min_size=1, max_size=3),
    subject=st.text(max_size=30),
    transcript=st.booleans(),
)
def test_any_text_gives_a_sound_answer(
    encoder: Encoder, texts: Sequence[str], subject: str, transcript: bool
) -> None:
    turns = "\n".join(f"Lee: {t}" for t in texts)
    record = from_record(
        {
            "activity": {
                "kind": "email",
                "format": "transcript" if transcript else "note",
                "occurred_at": "2026-03-02T10:15:00",
                "text": turns,
                "next_activity": {"kind": "call", "subject": subject, "due_on": None},
            },
            "history": [{"kind": "call", "occurred_at": "2026-02-01", "text": t} for t in texts],
        }
    )
    _assert_sound(record, encoder.encode([record])[0])


@given(st.text())
def test_clauses_are_in_order_and_do_not_overlap(text: str) -> None:
    last = 0
    for clause in split_clauses(text):
        assert last <= clause.start < clause.end <= len(text)
        last = clause.end


def test_a_clause_keeps_times_dates_and_abbreviations_whole() -> None:
    text = "Mr. Vaughan said Thursday, 5 March at 2.30pm suits him. Nothing else."
    cut = [text[a:b] for a, b in split_clauses(text)]
    assert cut == ["Mr. Vaughan said Thursday, 5 March at 2.30pm suits him.", "Nothing else."]


def test_pieces_lead_back_to_the_raw_fields() -> None:
    record = EncoderInput(
        text=str(TALK["activity"]["text"]),  # type: ignore[index]
        format="transcript",
        kind="call",
        stage="Proposal",
        occurred_at=datetime(2026, 3, 2, 10, 15),
        pending=PendingInput("call", "Ring Lee", date(2026, 6, 2)),
        history=(PastInput("call", datetime(2026, 2, 1), "No answer."),),
        turns=from_record(TALK).turns,
    )
    sources = {0: record.text, 1: "Ring Lee", 2: "No answer."}
    for made in (compose_context(record), compose_body(record)):
        ends = [*made.starts[1:], len(made.text)]
        for start, end, field, shift in zip(
            made.starts, ends, made.fields, made.shifts, strict=True
        ):
            if field >= 0:
                assert sources[field][start + shift : end + shift] == made.text[start:end]
    assert Role.BUYER in compose_body(record).roles


def test_a_folder_without_a_model_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        Encoder(tmp_path)


def test_a_model_of_another_make_is_refused(tmp_path: Path) -> None:
    raw = json.loads((files("auditor") / "models" / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**raw, "features": 3}))
    with pytest.raises(ModelError, match="retrain"):
        Encoder(tmp_path)


def test_the_shipped_files_stay_under_25_megabytes() -> None:
    folder = files("auditor") / "models"
    assert sum(len(p.read_bytes()) for p in folder.iterdir() if p.is_file()) <= 25_000_000


def test_the_exported_graph_says_what_torch_says(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    onnxruntime = pytest.importorskip("onnxruntime")
    from eval.training.export import export_tokens, fuse
    from eval.training.loop import Model
    from eval.training.settings import Settings

    torch.manual_seed(3)
    model = Model(Settings()).eval()
    export_tokens(model, tmp_path / "plain.onnx")
    fuse(tmp_path / "plain.onnx", tmp_path / "fused.onnx")
    ids = torch.randint(1000, 20000, (3, 20))
    mask = torch.ones_like(ids)
    mask[1, 12:] = 0
    roles = torch.randint(0, len(Role), (3, 20))
    types = (roles > 2).long()
    shares = torch.rand(3, 20)
    with torch.inference_mode():
        said = model.tokens(ids, mask, types, roles, shares)
    session = onnxruntime.InferenceSession(str(tmp_path / "fused.onnx"))
    names = ("ids", "mask", "types", "roles", "shares")
    given_inputs = {
        n: t.numpy() for n, t in zip(names, (ids, mask, types, roles, shares), strict=True)
    }
    acts, evidence, pooled = session.run(None, given_inputs)
    here = mask.bool().numpy()
    assert np.allclose(acts[here], said.acts.numpy()[here], atol=1e-4)
    assert np.allclose(evidence[here], said.evidence.numpy()[here], atol=1e-4)
    assert np.allclose(pooled, said.pooled.numpy(), atol=1e-4)
