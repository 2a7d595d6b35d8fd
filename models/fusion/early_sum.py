"""Early fusion by summation: modalities are projected into one space and averaged there."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class EarlySumConfig(Config):
    """Settings of early fusion by summation."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "early_sum",
    config=EarlySumConfig,
    title="Early fusion, summed",
    summary="Projects every modality into one space, averages what is there, then one network.",
)
class EarlySum(Fusion):
    """`mean over present m of W_m x_m -> width -> out_dim`; the mean keeps the scale of an item
    with one modality equal to that of an item with all."""

    config: EarlySumConfig

    def build(self, width: int) -> nn.ModuleDict:
        towers = nn.ModuleDict({m: nn.Linear(dim, width) for m, dim in self.in_dims.items()})
        return nn.ModuleDict({"towers": towers, "out": nn.Linear(width, self.out_dim)})

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        slots = self.masked(embeddings, present)
        towers = self.group("towers")
        projected = torch.stack(
            [towers[m](x) for m, x in zip(self.modalities, slots, strict=True)], dim=1
        )
        here = present.unsqueeze(2).to(projected.dtype)
        mean = (projected * here).sum(1) / here.sum(1).clamp_min(1.0)
        hidden = F.dropout(F.gelu(mean), self.config.dropout, self.training)
        out = self.layers["out"](hidden)
        return FusionOutput(torch.where(present.any(1, keepdim=True), out, 0.0), None)
