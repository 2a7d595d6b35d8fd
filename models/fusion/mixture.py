"""Mixture of experts: several joint networks, and for every item a choice among them."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class MixtureConfig(Config):
    """Settings of the mixture of experts."""

    experts: int = setting(
        4, help="Joint networks to choose among; each is the smaller, the more.", low=2, high=16
    )
    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )


@FUSIONS.register(
    "mixture",
    config=MixtureConfig,
    title="Mixture of experts",
    summary="Small networks that each read all modalities; an item decides whom it listens to.",
)
class Mixture(Fusion):
    """`sum over e of g_e * O_e gelu(W_e [x_1; ...; x_M; present])`, `g = softmax(G [x; present])`:
    the dense mixture of Jacobs et al. 1991 (https://doi.org/10.1162/neco.1991.3.1.79).

    The weights belong to experts, each of which sees everything, so no modality has one.
    """

    config: MixtureConfig

    def build(self, width: int) -> nn.ModuleDict:
        joint = sum(self.in_dims.values()) + len(self.modalities)
        count = self.config.experts
        return nn.ModuleDict(
            {
                "gate": nn.Linear(joint, count),
                "hidden": nn.ModuleList(nn.Linear(joint, width) for _ in range(count)),
                "out": nn.ModuleList(nn.Linear(width, self.out_dim) for _ in range(count)),
            }
        )

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        slots = self.masked(embeddings, present)
        joint = torch.cat([*slots, present.to(slots[0].dtype)], dim=1)
        gate = torch.softmax(self.layers["gate"](joint), dim=1)
        hidden, out = self.layers["hidden"], self.layers["out"]
        assert isinstance(hidden, nn.ModuleList)
        assert isinstance(out, nn.ModuleList)
        said = [
            last(F.dropout(F.gelu(first(joint)), self.config.dropout, self.training))
            for first, last in zip(hidden, out, strict=True)
        ]
        mixed = (gate.unsqueeze(2) * torch.stack(said, dim=1)).sum(1)
        return FusionOutput(torch.where(present.any(1, keepdim=True), mixed, 0.0), None)
