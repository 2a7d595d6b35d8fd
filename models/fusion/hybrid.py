"""Hybrid fusion: modalities meet both before the score and in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.errors import ConfigError
from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.fusion._products import pair_products
from models.modality import Modality

_PULL = 0.3
"""On the squared length of products. Without it they learn single choices by heart: where taste is
for one modality at a time, NDCG@20 falls by a fifth."""


@dataclass(frozen=True, kw_only=True)
class HybridConfig(Config):
    """Settings of hybrid fusion."""

    dropout: float = setting(
        0.0, help="Share of hidden units dropped in training.", low=0.0, high=0.9, expert=True
    )
    together: str = setting(
        "network",
        help="What fills the joint part: a network that reads all modalities, or products of two, "
        "which keep taste for combinations apart from what each modality says alone.",
        choices=("network", "products"),
        expert=True,
    )


@FUSIONS.register(
    "hybrid",
    config=HybridConfig,
    title="Hybrid fusion",
    summary="A joint part that reads all modalities beside one part per modality.",
)
class Hybrid(Fusion):
    """Output = `[joint; own_1; ...; own_M]`, lengths as equal as out_dim allows.

    The joint part of a network reads the hidden layers of all towers (absent: zeros, with presence
    flags), so early and late fusion share their first layer.

    That of products is `O sum over pairs of tanh(P_a x_a) * tanh(P_b x_b)` (`pair_products`): zero
    where fewer than two modalities are present, so that in a dot product it adds exactly the
    interaction of modalities. With one modality it is a network after all.
    """

    config: HybridConfig

    @property
    def multiplies(self) -> bool:
        """Whether the joint part is made of products."""
        return self.config.together == "products" and len(self.modalities) > 1

    def build(self, width: int) -> nn.ModuleDict:
        parts = len(self.modalities) + 1
        if self.out_dim < parts:
            raise ConfigError(f"Hybrid fusion of {parts - 1} modalities needs dim >= {parts}.")
        joint, *own = [len(part) for part in torch.arange(self.out_dim).tensor_split(parts)]
        layers: dict[str, nn.Module] = {
            "hidden": self._towers(width),
            "own": nn.ModuleDict(
                {
                    m: nn.Linear(width, length)
                    for m, length in zip(self.modalities, own, strict=True)
                }
            ),
        }
        if self.multiplies:
            layers["factors"] = self._towers(width)
            # Without a constant: nothing stands here that no combination has said.
            layers["out"] = nn.Linear(width, joint, bias=False)
        else:
            seen = width * len(self.modalities) + len(self.modalities)
            layers["joint"] = nn.Linear(seen, width)
            layers["out"] = nn.Linear(width, joint)
        return nn.ModuleDict(layers)

    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        given = self.masked(embeddings, present)
        hidden, slices = [], []
        for slot, x in enumerate(given):
            modality, here = self.modalities[slot], present[:, [slot]]
            activation = F.gelu(self.group("hidden")[modality](x))
            activation = F.dropout(activation, self.config.dropout, self.training)
            hidden.append(torch.where(here, activation, 0.0))
            slices.append(torch.where(here, self.group("own")[modality](activation), 0.0))
        penalty = None
        if self.multiplies:
            joint = self._products(given, present)
            if self.training:
                penalty = _PULL * joint.square().sum(1).mean()
        else:
            seen = torch.cat([*hidden, present.to(hidden[0].dtype)], dim=1)
            joint = self.layers["out"](F.gelu(self.layers["joint"](seen)))
            joint = torch.where(present.any(1, keepdim=True), joint, 0.0)
        return FusionOutput(torch.cat([joint, *slices], dim=1), None, penalty)

    def _products(self, given: list[Tensor], present: Tensor) -> Tensor:
        factors = [
            torch.where(present[:, [slot]], torch.tanh(self.group("factors")[m](x)), 0.0)
            for slot, (m, x) in enumerate(zip(self.modalities, given, strict=True))
        ]
        products = F.dropout(pair_products(factors), self.config.dropout, self.training)
        joint: Tensor = self.layers["out"](products)
        return joint

    def _towers(self, width: int) -> nn.ModuleDict:
        return nn.ModuleDict({m: nn.Linear(dim, width) for m, dim in self.in_dims.items()})
