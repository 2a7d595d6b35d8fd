"""Attention fusion: a small cross-modal Transformer with one token per modality."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality

HEADS = 4


@dataclass(frozen=True, kw_only=True)
class AttentionConfig(Config):
    """Settings of attention fusion."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "attention",
    config=AttentionConfig,
    title="Attention fusion",
    summary="A small Transformer in which the modalities of an item look at each other.",
)
class Attention(Fusion):
    """One pre-norm Transformer block (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762) over
    the present modalities, then pooling by a learned query whose attention is `weights`.

    The pooling averages values without a residual, so `weights` sum to one over the present.
    """

    uses_weights = True
    width_step = HEADS
    config: AttentionConfig

    def build(self, width: int) -> nn.ModuleDict:
        return nn.ModuleDict(
            {
                "tokens": nn.ModuleDict({m: nn.Linear(d, width) for m, d in self.in_dims.items()}),
                "norm_attention": nn.LayerNorm(width),
                "queries_keys_values": nn.Linear(width, 3 * width),
                "mix": nn.Linear(width, width),
                "norm_feedforward": nn.LayerNorm(width),
                "up": nn.Linear(width, 2 * width),
                "down": nn.Linear(2 * width, width),
                "pool": nn.Linear(width, 1, bias=False),
                "out": nn.Linear(width, self.out_dim),
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        layers, tokens_of = self.layers, self.group("tokens")
        tokens = torch.stack(
            [
                tokens_of[m](x)
                for m, x in zip(self.modalities, self.masked(embeddings, present), strict=True)
            ],
            dim=1,
        )
        tokens = tokens + self._look_around(layers["norm_attention"](tokens), present)
        inner = F.gelu(layers["up"](layers["norm_feedforward"](tokens)))
        tokens = tokens + layers["down"](F.dropout(inner, self.config.dropout, self.training))
        weights = _attention(layers["pool"](torch.tanh(tokens)).squeeze(2), present)
        joint = (weights.unsqueeze(2) * tokens).sum(1)
        out = torch.where(present.any(1, keepdim=True), layers["out"](F.gelu(joint)), 0.0)
        return FusionOutput(out, weights)

    def _look_around(self, tokens: Tensor, present: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        split = self.layers["queries_keys_values"](tokens).view(
            batch, count, 3, HEADS, width // HEADS
        )
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        logits = queries @ keys.transpose(2, 3) / (width // HEADS) ** 0.5
        reach = present[:, None, None, :].expand_as(logits)
        seen = (_attention(logits, reach) @ values).transpose(1, 2).reshape(batch, count, width)
        mixed: Tensor = self.layers["mix"](seen)
        return mixed


def _attention(logits: Tensor, present: Tensor) -> Tensor:
    """Softmax over the last axis among the present; zero elsewhere, also where none is present."""
    none = ~present.any(-1, keepdim=True)
    weights = torch.softmax(logits.masked_fill(~present & ~none, -torch.inf), dim=-1)
    return torch.where(present, weights, 0.0)
