"""What every fusion strategy is: several vectors per item, some absent, in; one vector out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from models.config import Config
from models.modality import Modality
from models.registry import Registry


@dataclass(frozen=True)
class FusionOutput:
    """`embedding` f32[B, out_dim]; `weights` f32[B, M] in the order of `modalities`, or None."""

    embedding: Tensor
    weights: Tensor | None


class Fusion(nn.Module, ABC):
    """Joins per-modality vectors into one.

    Contract (tests/contracts/test_fusion.py): what stands in an absent slot never changes the
    output; no modality present gives exactly zero; permuting the batch permutes the output; at
    equal `out_dim` all strategies have the same parameter count within 10 % of `budget`, which
    each reaches by choosing its own hidden width. `out_dim` is always what the caller asked for,
    also for late fusion (modalities occupy disjoint slices, so that they meet only in the dot
    product) and hybrid fusion (a joint slice beside the disjoint ones).
    """

    uses_weights: ClassVar[bool] = False
    """True where the output tells per-modality weights (gates, attention)."""

    def __init__(
        self, config: Config, in_dims: Mapping[Modality, int], out_dim: int, budget: int
    ) -> None:
        super().__init__()
        self.config = config
        self.modalities: tuple[Modality, ...] = tuple(in_dims)
        self.in_dims = dict(in_dims)
        self.out_dim = out_dim
        self.budget = budget

    @abstractmethod
    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        """`embeddings[m]` f32[B, in_dims[m]]; `present` bool[B, M] in the order of `modalities`."""


FUSIONS: Registry[Fusion] = Registry("fusion", "models.fusion")
