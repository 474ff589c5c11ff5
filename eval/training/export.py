"""Model files for the run time: ONNX graphs, quantised, with tokenizer and configuration."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from torch import Tensor, nn

from auditor.classify.composition import Role
from auditor.classify.features import FEATURES
from auditor.classify.model_files import CONFIG_FILE, HEADS_FILE, TOKENIZER_FILE, TOKENS_FILE
from eval.training.bert import HEADS, HIDDEN
from eval.training.data import ACTS, LABELS, REASONS, SIGNS
from eval.training.loop import Model
from eval.training.model import EMBEDDING, POOLED, POSITIONS, RecordOutput, TokenOutput

OPSET = 18
_LARGE = 10_000
FLOAT_FILE = "model.float32.onnx"
"""The encoder before quantisation; kept only where asked for."""


class _Tokens(nn.Module):
    """Takes the arguments in the order of the graph's inputs."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.inner = model.tokens

    def forward(
        self, ids: Tensor, mask: Tensor, types: Tensor, roles: Tensor, shares: Tensor
    ) -> TokenOutput:
        out: TokenOutput = self.inner(ids, mask, types, roles, shares)
        return out


class _Heads(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        self.inner = model.records

    def forward(
        self, pooled: Tensor, places: Tensor, member: Tensor, features: Tensor
    ) -> RecordOutput:
        out: RecordOutput = self.inner(pooled, places, member, features)
        return out


def export(
    model: Model,
    folder: Path,
    *,
    tokenizer: Path,
    version: str,
    temperature: float,
    max_tokens: int,
    deciding_acts: NDArray[np.float64],
    keep_float: bool = False,
) -> dict[str, int]:
    """Writes the model's files.

    Args:
        model: trained, in evaluation mode.
        folder: where to; made if missing.
        tokenizer: the base model's ``tokenizer.json``.
        version: of the new model.
        temperature: of the label probabilities.
        max_tokens: longest window.
        deciding_acts: share of each act among deciding clauses, (reasons, acts).
        keep_float: also keep the encoder in float32, for comparison.

    Returns:
        Size of each file in bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = (folder if keep_float else Path(scratch)) / FLOAT_FILE
        export_tokens(model, plain)
        joined = Path(scratch) / "joined.onnx"
        fuse(plain, joined)
        quantise(joined, folder / TOKENS_FILE)
    export_heads(model, folder / HEADS_FILE)
    halve(folder / HEADS_FILE)
    (folder / TOKENIZER_FILE).write_bytes(tokenizer.read_bytes())
    config = _config(version, temperature, max_tokens)
    config["deciding_acts"] = [[round(float(x), 4) for x in row] for row in deciding_acts]
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return {p.name: p.stat().st_size for p in sorted(folder.iterdir()) if p.is_file()}


def _config(version: str, temperature: float, max_tokens: int) -> dict[str, Any]:
    return {
        "version": version,
        "labels": list(LABELS),
        "reasons": list(REASONS),
        "acts": list(ACTS),
        "signs": list(SIGNS),
        "temperature": round(temperature, 4),
        "max_tokens": max_tokens,
        "embedding": EMBEDDING,
        "features": FEATURES,
        "roles": len(Role),
    }


def export_tokens(model: Model, path: Path) -> None:
    """Writes the encoder with its token heads as float32 ONNX."""
    whole = torch.ones(2, 24, dtype=torch.int64)
    names = ["ids", "mask", "types", "roles", "shares"]
    _export(
        _Tokens(model).eval(),
        (whole, whole, whole, whole, torch.ones(2, 24)),
        path,
        inputs=names,
        outputs=["acts", "evidence", "pooled"],
        axes={n: {0: "windows", 1: "tokens"} for n in [*names, "acts", "evidence"]}
        | {"pooled": {0: "windows"}},
    )


def export_heads(model: Model, path: Path) -> None:
    """Writes the record's heads as float32 ONNX."""
    sample = (
        torch.rand(3, POOLED),
        torch.rand(3, POSITIONS),
        torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        torch.rand(2, FEATURES),
    )
    outputs = ["labels", "reasons", "signs", "embedding"]
    _export(
        _Heads(model).eval(),
        sample,
        path,
        inputs=["pooled", "places", "member", "features"],
        outputs=outputs,
        axes={
            "pooled": {0: "windows"},
            "places": {0: "windows"},
            "member": {0: "records", 1: "windows"},
            "features": {0: "records"},
        }
        | {o: {0: "records"} for o in outputs},
    )


def _export(
    module: nn.Module,
    sample: tuple[Tensor, ...],
    path: Path,
    *,
    inputs: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that are constant on purpose
        torch.onnx.export(
            module,
            sample,
            str(path),
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def fuse(source: Path, target: Path) -> None:
    """Joins the parts of each layer into single operators, which run faster and count the same."""
    fused = optimizer.optimize_model(
        str(source),
        model_type="bert",
        num_heads=HEADS,
        hidden_size=HIDDEN,
        optimization_options=FusionOptions("bert"),
        opt_level=0,
    )
    joined = fused.get_fused_operator_statistics()
    assert joined["Attention"] > 0, "attention was not recognised; the padding mask would be wrong"
    fused.save_model_to_file(str(target))


def quantise(source: Path, target: Path) -> None:
    """Quantises the encoder's weights to int8, channel by channel; the token heads stay float."""
    graph = onnx.load(str(source))
    quantize_dynamic(
        graph,
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=_head_nodes(graph),
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
    )


def halve(path: Path) -> None:
    """Stores the large weights of a graph in half precision; it still reckons in single."""
    graph = onnx.load(str(path))
    casts = []
    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type == TensorProto.FLOAT and values.size >= _LARGE:
            stored = f"{weight.name}.half"
            casts.append(helper.make_node("Cast", [stored], [weight.name], to=TensorProto.FLOAT))
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
    for cast in reversed(casts):
        graph.graph.node.insert(0, cast)
    onnx.save(graph, str(path))


def _head_nodes(graph: onnx.ModelProto) -> list[str]:
    """Matrix products whose weight is as narrow as a token head."""
    narrow = {
        i.name
        for i in graph.graph.initializer
        if i.data_type == TensorProto.FLOAT
        and len(i.dims) == 2
        and numpy_helper.to_array(i).shape[1] <= len(ACTS)
    }
    return [n.name for n in graph.graph.node if n.op_type == "MatMul" and set(n.input) & narrow]
