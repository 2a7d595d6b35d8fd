"""Aligned fusion: the modalities of an item learn to agree before they are joined."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.losses import candidate_softmax_loss
from models.modality import Modality

_MOST_PAIRS = 512
"""Items that are told apart in one step."""


@dataclass(frozen=True, kw_only=True)
class AlignedConfig(Config):
    """Settings of aligned fusion."""

    alignment: float = setting(
        0.05, help="How much agreement counts beside the recommendations.", low=0.0, high=10.0
    )
    temperature: float = setting(
        0.1, help="Lower tells alike items apart more strictly.", low=0.01, high=1.0, expert=True
    )
    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "aligned",
    config=AlignedConfig,
    title="Contrastive-aligned fusion",
    summary="Draws an item's modalities together in one space while it learns, then averages them.",
)
class Aligned(Fusion):
    """Align before fuse (Li et al. 2021, https://arxiv.org/abs/2107.07651) without its
    Transformer: `z_m = W_m x_m` of length 1, `z` the mean over the present, output `O gelu(z)`.

    In training `penalty` is `alignment` times InfoNCE both ways, averaged over the pairs of
    modalities: `z_m` of an item has to find `z_n` of the same item among others that have both.
    """

    config: AlignedConfig

    def build(self, width: int) -> nn.ModuleDict:
        towers = nn.ModuleDict({m: nn.Linear(dim, width) for m, dim in self.in_dims.items()})
        return nn.ModuleDict({"towers": towers, "out": nn.Linear(width, self.out_dim)})

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        towers = self.group("towers")
        slots = self.masked(embeddings, present)
        shared = torch.stack(
            [F.normalize(towers[m](x), dim=1) for m, x in zip(self.modalities, slots, strict=True)],
            dim=1,
        )
        here = present.unsqueeze(2).to(shared.dtype)
        mean = (shared * here).sum(1) / here.sum(1).clamp_min(1.0)
        # Rows of length 1 have small entries; the activation wants them of size 1.
        hidden = F.gelu(mean * self.width**0.5)
        hidden = F.dropout(hidden, self.config.dropout, self.training)
        out = torch.where(present.any(1, keepdim=True), self.layers["out"](hidden), 0.0)
        penalty = self._disagreement(shared, present) if self.training else None
        return FusionOutput(out, None, penalty)

    def _disagreement(self, shared: Tensor, present: Tensor) -> Tensor | None:
        losses = []
        for first, second in combinations(range(len(self.modalities)), 2):
            both = (present[:, first] & present[:, second]).nonzero()[:, 0]
            if len(both) < 2:
                continue
            if len(both) > _MOST_PAIRS:
                both = both[torch.randperm(len(both), device=both.device)[:_MOST_PAIRS]]
            one, other = shared[both, first], shared[both, second]
            own = torch.arange(len(both), device=both.device)
            scale = 1 / self.config.temperature
            losses += [
                candidate_softmax_loss(one * scale, other, other, own),
                candidate_softmax_loss(other * scale, one, one, own),
            ]
        if not losses or not self.config.alignment:
            return None
        return self.config.alignment * torch.stack(losses).mean()
