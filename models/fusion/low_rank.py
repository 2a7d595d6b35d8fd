"""Low-rank fusion: modalities are multiplied with each other, at the price of a sum."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class LowRankConfig(Config):
    """Settings of low-rank fusion."""

    rank: int = setting(
        4, help="How many products are added; more can tell more combinations.", low=1, high=32
    )
    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "low_rank",
    config=LowRankConfig,
    title="Low-rank bilinear fusion",
    summary="Multiplies the modalities unit by unit, so that combinations count, and adds a few "
    "such products.",
)
class LowRank(Fusion):
    """Low-rank multimodal fusion (Liu et al. 2018, https://arxiv.org/abs/1806.00064):
    `O gelu(sum over r of product over present m of (1 + W_rm x_m))`.

    The 1 is the paper's constant appended to every vector, with its row of W fixed: the product
    keeps each modality alone beside all combinations, and an absent one is a factor of 1.
    """

    config: LowRankConfig

    def build(self, width: int) -> nn.ModuleDict:
        wide = self.config.rank * width
        return nn.ModuleDict(
            {
                "factors": nn.ModuleDict({m: nn.Linear(d, wide) for m, d in self.in_dims.items()}),
                "out": nn.Linear(width, self.out_dim),
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        factors = self.group("factors")
        product = present.new_ones(len(present), self.config.rank, self.width).to(torch.float32)
        for slot, x in enumerate(self.masked(embeddings, present)):
            factor = 1 + factors[self.modalities[slot]](x).unflatten(1, (self.config.rank, -1))
            product = product * torch.where(present[:, slot, None, None], factor, 1.0)
        # Of the constant term of each product nothing can be learned.
        hidden = F.gelu(product.sum(1) - self.config.rank)
        hidden = F.dropout(hidden, self.config.dropout, self.training)
        out = self.layers["out"](hidden)
        return FusionOutput(torch.where(present.any(1, keepdim=True), out, 0.0), None)
