"""Hybrid fusion: modalities meet both before the score and in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.errors import ConfigError
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class HybridConfig(Config):
    """Settings of hybrid fusion."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "hybrid",
    config=HybridConfig,
    title="Hybrid fusion",
    summary="A joint part that reads all modalities beside one part per modality.",
)
class Hybrid(Fusion):
    """Output = `[joint; own_1; ...; own_M]`, lengths as equal as out_dim allows.

    The joint part reads the hidden layers of all towers (absent: zeros, with presence flags), so
    early and late fusion share their first layer.
    """

    config: HybridConfig

    def build(self, width: int) -> nn.ModuleDict:
        parts = len(self.modalities) + 1
        if self.out_dim < parts:
            raise ConfigError(f"Hybrid fusion of {parts - 1} modalities needs dim >= {parts}.")
        joint, *own = [len(part) for part in torch.arange(self.out_dim).tensor_split(parts)]
        seen = width * len(self.modalities) + len(self.modalities)
        return nn.ModuleDict(
            {
                "hidden": nn.ModuleDict(
                    {m: nn.Linear(dim, width) for m, dim in self.in_dims.items()}
                ),
                "own": nn.ModuleDict(
                    {
                        m: nn.Linear(width, length)
                        for m, length in zip(self.modalities, own, strict=True)
                    }
                ),
                "joint": nn.Linear(seen, width),
                "out": nn.Linear(width, joint),
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        hidden, slices = [], []
        for slot, x in enumerate(self.masked(embeddings, present)):
            modality, here = self.modalities[slot], present[:, [slot]]
            activation = F.gelu(self.group("hidden")[modality](x))
            activation = F.dropout(activation, self.config.dropout, self.training)
            hidden.append(torch.where(here, activation, 0.0))
            slices.append(torch.where(here, self.group("own")[modality](activation), 0.0))
        seen = torch.cat([*hidden, present.to(hidden[0].dtype)], dim=1)
        joint = self.layers["out"](F.gelu(self.layers["joint"](seen)))
        joint = torch.where(present.any(1, keepdim=True), joint, 0.0)
        return FusionOutput(torch.cat([joint, *slices], dim=1), None)
