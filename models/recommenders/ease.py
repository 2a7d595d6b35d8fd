"""EASE: the best linear item-item model, in closed form."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from models.config import Config, setting
from models.recommenders._base import RECOMMENDERS, Objective, TrainingData
from models.recommenders._dense import ItemItemRecommender, common_users, lower


@dataclass(frozen=True, kw_only=True)
class EaseConfig(Config):
    """Settings of EASE."""

    regularisation: float = setting(
        100.0,
        help="Larger is smoother; sparse data want more.",
        low=0.1,
        high=100_000.0,
        search=(5.0, 5_000.0),
    )


@RECOMMENDERS.register(
    "ease",
    config=EaseConfig,
    title="EASE",
    summary="A closed form from clicks alone that beats most neural models; the one to beat.",
)
class Ease(ItemItemRecommender):
    """Steck 2019, https://arxiv.org/abs/1905.03375: argmin |X - XB|² + l |B|² with diag(B) = 0.

    `P = (XᵀX + l I)⁻¹`, `B_ij = -P_ij / P_jj`, `B_jj = 0`; `score(u, j) = X_u B_j`.
    Memory 4 I² bytes for the result and about four times that while solving.
    """

    name: ClassVar[str] = "ease"

    def __init__(
        self,
        config: EaseConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config

    def solve(self, data: TrainingData) -> None:
        gram = common_users(data)
        gram.diagonal().add_(self.settings.regularisation)
        inverse = torch.cholesky_inverse(lower(gram))
        weights = inverse / -inverse.diagonal().unsqueeze(0)
        weights.fill_diagonal_(0.0)
        self.weights.copy_(weights)
