"""Early fusion by concatenation: one network sees all modalities at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class EarlyConcatConfig(Config):
    """Settings of early fusion by concatenation."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "early_concat",
    config=EarlyConcatConfig,
    title="Early fusion, concatenated",
    summary="Lays the modalities side by side and lets one network read them together.",
)
class EarlyConcat(Fusion):
    """`[x_1; ...; x_M; present] -> width -> out_dim`.

    The presence flags let the network tell an absent modality from a vector of zeros.
    """

    config: EarlyConcatConfig

    def build(self, width: int) -> nn.ModuleDict:
        joint = sum(self.in_dims.values()) + len(self.modalities)
        return nn.ModuleDict(
            {"hidden": nn.Linear(joint, width), "out": nn.Linear(width, self.out_dim)}
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        slots = self.masked(embeddings, present)
        joint = torch.cat([*slots, present.to(slots[0].dtype)], dim=1)
        hidden = F.gelu(self.layers["hidden"](joint))
        hidden = F.dropout(hidden, self.config.dropout, self.training)
        out = self.layers["out"](hidden)
        return FusionOutput(torch.where(present.any(1, keepdim=True), out, 0.0), None)
