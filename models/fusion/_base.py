"""What every fusion strategy is: several vectors per item, some absent, in; one vector out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from models.config import Config
from models.errors import ConfigError
from models.modality import Modality
from models.registry import Registry


@dataclass(frozen=True)
class FusionOutput:
    """`embedding` f32[B, out_dim]; `weights` f32[B, M] in the order of `modalities`, or None.

    `penalty`: a scalar that the strategy wants small beside the model's own loss, in training only.
    """

    embedding: Tensor
    weights: Tensor | None
    penalty: Tensor | None = None


class Fusion(nn.Module, ABC):
    """Joins per-modality vectors into one.

    Contract (tests/contracts/test_fusion.py): what stands in an absent slot never changes the
    output; no modality present gives exactly zero; permuting the batch permutes the output; at
    equal `out_dim` all strategies have the same parameter count within 10 % of `budget`, which
    each reaches by its hidden `width`. `out_dim` is always what the caller asked for, also for
    late fusion (modalities occupy disjoint slices, so that they meet only in the dot product) and
    hybrid fusion (a joint slice beside the disjoint ones).
    """

    uses_weights: ClassVar[bool] = False
    """True where the output tells per-modality weights (gates, attention)."""
    width_step: ClassVar[int] = 1
    """Hidden widths are multiples of this (the number of heads, say)."""

    def __init__(
        self, config: Config, in_dims: Mapping[Modality, int], out_dim: int, budget: int
    ) -> None:
        """Chooses the hidden width whose parameter count comes nearest to `budget`."""
        super().__init__()
        if not in_dims:
            raise ConfigError("A fusion needs at least one modality; encode the catalogue first.")
        self.config = config
        self.modalities: tuple[Modality, ...] = tuple(in_dims)
        self.in_dims = dict(in_dims)
        self.out_dim = out_dim
        self.budget = budget
        self.width = self._fitting_width()
        self.layers = self.build(self.width)

    @abstractmethod
    def build(self, width: int) -> nn.ModuleDict:
        """All layers at this hidden width; the only place where parameters are made."""

    @abstractmethod
    def forward(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> FusionOutput:
        """`embeddings[m]` f32[B, in_dims[m]]; `present` bool[B, M] in the order of `modalities`."""

    def group(self, name: str) -> nn.ModuleDict:
        """The layers under `name`, one per modality."""
        return cast(nn.ModuleDict, self.layers[name])

    def masked(self, embeddings: Mapping[Modality, Tensor], present: Tensor) -> list[Tensor]:
        """Per modality f32[B, in_dims[m]], absent rows zero whatever stood there (also NaN)."""
        return [
            torch.where(present[:, [slot]], embeddings[modality], 0.0)
            for slot, modality in enumerate(self.modalities)
        ]

    def _fitting_width(self) -> int:
        # Counted on the meta device, where layers have shapes but no memory: the count can
        # never drift from what `build` makes.
        low, high = 1, 1
        while self._size(high) < self.budget:
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._size(middle) < self.budget else (low, middle)
        near = min((low, high), key=lambda steps: abs(self._size(steps) - self.budget))
        return near * self.width_step

    def _size(self, steps: int) -> int:
        with torch.device("meta"):
            layers = self.build(steps * self.width_step)
        return sum(parameter.numel() for parameter in layers.parameters())


FUSIONS: Registry[Fusion] = Registry("fusion", "models.fusion")
