"""Late fusion: modalities never meet before the score."""

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
class LateConfig(Config):
    """Settings of late fusion."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "late",
    config=LateConfig,
    title="Late fusion",
    summary="One network per modality with its own part of the embedding; they meet in the score.",
)
class Late(Fusion):
    """Tower m writes slice m of the output, so a dot product with it is a sum of per-modality
    scores. Slices differ by at most one in length; an absent modality leaves zeros."""

    config: LateConfig

    def build(self, width: int) -> nn.ModuleDict:
        count = len(self.modalities)
        if self.out_dim < count:
            raise ConfigError(f"Late fusion of {count} modalities needs dim >= {count}.")
        lengths = [len(part) for part in torch.arange(self.out_dim).tensor_split(count)]
        return nn.ModuleDict(
            {
                modality: nn.ModuleDict(
                    {"hidden": nn.Linear(dim, width), "out": nn.Linear(width, length)}
                )
                for (modality, dim), length in zip(self.in_dims.items(), lengths, strict=True)
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        slices = []
        for slot, x in enumerate(self.masked(embeddings, present)):
            tower = self.group(self.modalities[slot])
            hidden = F.dropout(F.gelu(tower["hidden"](x)), self.config.dropout, self.training)
            slices.append(torch.where(present[:, [slot]], tower["out"](hidden), 0.0))
        return FusionOutput(torch.cat(slices, dim=1), None)
