"""Gated fusion: every item decides how much each of its modalities counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class GatedConfig(Config):
    """Settings of gated fusion."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "gated",
    config=GatedConfig,
    title="Gated fusion",
    summary="A gate per item weighs its modalities before they are added.",
)
class Gated(Fusion):
    """Gated multimodal unit (Arevalo et al. 2017, https://arxiv.org/abs/1702.01992), with a
    softmax over the present modalities in place of independent gates, so weights sum to one.

    `h_m = gelu(W_m x_m)`; `w = softmax(G [h_1; ...; h_M; present])`; output `O sum_m w_m h_m`.
    """

    uses_weights = True
    config: GatedConfig

    def build(self, width: int) -> nn.ModuleDict:
        count = len(self.modalities)
        return nn.ModuleDict(
            {
                "towers": nn.ModuleDict({m: nn.Linear(d, width) for m, d in self.in_dims.items()}),
                "gate": nn.Linear(count * width + count, count),
                "out": nn.Linear(width, self.out_dim),
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        towers = self.group("towers")
        hidden = torch.stack(
            [
                torch.where(present[:, [slot]], F.gelu(towers[self.modalities[slot]](x)), 0.0)
                for slot, x in enumerate(self.masked(embeddings, present))
            ],
            dim=1,
        )
        seen = torch.cat([hidden.flatten(1), present.to(hidden.dtype)], dim=1)
        weights = _masked_softmax(self.layers["gate"](seen), present)
        joint = (weights.unsqueeze(2) * hidden).sum(1)
        joint = F.dropout(joint, self.config.dropout, self.training)
        out = torch.where(present.any(1, keepdim=True), self.layers["out"](joint), 0.0)
        return FusionOutput(out, weights)


def _masked_softmax(logits: Tensor, present: Tensor) -> Tensor:
    """f32[B, M]: softmax over the present ones; zero elsewhere, also where none is present."""
    none = ~present.any(1, keepdim=True)
    weights = torch.softmax(logits.masked_fill(~present & ~none, -torch.inf), dim=1)
    return torch.where(present, weights, 0.0)
