"""Tensor fusion: every combination of one unit of each modality is an input of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality

_MOST_CELLS = 512
"""Of the tensor; with many modalities each gets fewer units."""


@dataclass(frozen=True, kw_only=True)
class TensorConfig(Config):
    """Settings of tensor fusion."""

    units: int = setting(
        8,
        help="Numbers that stand for each modality in the tensor; fewer with many modalities.",
        low=1,
        high=32,
    )
    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "tensor",
    config=TensorConfig,
    title="Tensor fusion",
    summary="Sees every product of one unit of each modality: the fullest form of interaction.",
)
class TensorFusion(Fusion):
    """Tensor fusion network (Zadeh et al. 2017, https://arxiv.org/abs/1707.07250):
    `T = [h_1; 1] x ... x [h_M; 1]`, `h_m = gelu(W_m x_m)`, then `T -> width -> out_dim`.

    The constants keep each modality alone and every smaller combination in T; an absent modality
    leaves `[0; 1]`, hence all that does not need it.
    """

    config: TensorConfig

    @property
    def units(self) -> int:
        """Per modality: as set, as far as the tensor stays below 512 cells."""
        able = self.config.units
        while able > 1 and (able + 1) ** len(self.in_dims) > _MOST_CELLS:
            able -= 1
        return able

    def build(self, width: int) -> nn.ModuleDict:
        units = self.units
        cells = (units + 1) ** len(self.in_dims)
        return nn.ModuleDict(
            {
                "towers": nn.ModuleDict({m: nn.Linear(d, units) for m, d in self.in_dims.items()}),
                "hidden": nn.Linear(cells, width),
                "out": nn.Linear(width, self.out_dim),
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        towers = self.group("towers")
        tensor = torch.ones(len(present), 1, device=present.device)
        for slot, x in enumerate(self.masked(embeddings, present)):
            units = F.gelu(towers[self.modalities[slot]](x))
            units = torch.where(present[:, [slot]], units, 0.0)
            slice_ = F.pad(units, (0, 1), value=1.0)
            tensor = (tensor.unsqueeze(2) * slice_.unsqueeze(1)).flatten(1)
        hidden = F.gelu(self.layers["hidden"](tensor))
        out = self.layers["out"](F.dropout(hidden, self.config.dropout, self.training))
        return FusionOutput(torch.where(present.any(1, keepdim=True), out, 0.0), None)
