"""The BERT encoder in plain torch, with an embedding for the role of each token.

Written out rather than taken from ``transformers`` so that it exports to a small ONNX graph whose
parts the run time's optimiser recognises, and so that layers can be left out.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, HEADS, INNER, WORDS, POSITIONS = 384, 12, 1536, 30522, 512
EPSILON = 1e-12
_SHORT = 256
"""Up to this many tokens the CPU's plain attention trains faster than the fused one."""


class Layer(nn.Module):
    """One transformer layer, norms after the sums as BERT has them."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(HIDDEN, HIDDEN)
        self.key = nn.Linear(HIDDEN, HIDDEN)
        self.value = nn.Linear(HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm1 = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)
        self.norm2 = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Maps (batch, tokens, HIDDEN) to the same shape; ``bias`` closes off padding."""
        x = self.norm1(x + self.dropout(self.out(self._attend(x, bias))))
        inner = functional.gelu(self.up(x))
        normed: Tensor = self.norm2(x + self.dropout(self.down(inner)))
        return normed

    def _attend(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, tokens, _ = x.shape

        def heads(t: Tensor) -> Tensor:
            return t.view(batch, tokens, HEADS, HIDDEN // HEADS).transpose(1, 2)

        q, k, v = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        if self.training and tokens <= _SHORT:
            scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) + bias.to(q.dtype)
            mixed = torch.softmax(scores, dim=-1).to(v.dtype) @ v
        else:
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        return mixed.transpose(1, 2).reshape(batch, tokens, HIDDEN)


class Encoder(nn.Module):
    """Embeddings and layers."""

    def __init__(self, *, layers: int, roles: int, dropout: float) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, HIDDEN, padding_idx=0)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.types = nn.Embedding(2, HIDDEN)
        self.roles = nn.Embedding(roles, HIDDEN)
        nn.init.zeros_(self.roles.weight)
        self.norm = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(layers))

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor, roles: Tensor) -> Tensor:
        """Hidden states (batch, tokens, HIDDEN) of integer inputs (batch, tokens)."""
        places = torch.arange(ids.shape[1], device=ids.device)[None, :]
        summed = self.words(ids) + self.positions(places) + self.types(types) + self.roles(roles)
        x: Tensor = self.dropout(self.norm(summed))
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        return x


_PARTS = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "out",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "norm2",
}
_EMBEDDINGS = {
    "word_embeddings": "words",
    "position_embeddings": "positions",
    "token_type_embeddings": "types",
    "LayerNorm": "norm",
}


def load_base(encoder: Encoder, weights: Path) -> None:
    """Fills an encoder with the base model's weights, leaving the role embedding as it is."""
    theirs = load_file(str(weights))
    ours: dict[str, Tensor] = {}
    for name, tensor in theirs.items():
        head, _, rest = name.partition(".")
        if head == "embeddings":
            part, _, kind = rest.rpartition(".")
            if part in _EMBEDDINGS:
                ours[f"{_EMBEDDINGS[part]}.{kind}"] = tensor
        elif head == "encoder":
            _, number, rest = rest.split(".", 2)
            part, _, kind = rest.rpartition(".")
            if int(number) < len(encoder.layers):
                ours[f"layers.{number}.{_PARTS[part]}.{kind}"] = tensor
    missing, unexpected = encoder.load_state_dict(ours, strict=False)
    assert not unexpected, unexpected
    assert set(missing) == {"roles.weight"}, missing
