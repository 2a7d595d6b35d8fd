"""Item neighbours: what people took who took the same things."""

from dataclasses import dataclass
from typing import ClassVar

from models.config import Config, setting
from models.recommenders._base import RECOMMENDERS, Objective, TrainingData
from models.recommenders._dense import ItemItemRecommender, common_users


@dataclass(frozen=True, kw_only=True)
class ItemKnnConfig(Config):
    """Settings of item neighbours."""

    neighbours: int = setting(
        100, help="Similar items kept per item.", low=1, high=2000, search=(10, 500)
    )
    shrink: float = setting(
        10.0,
        help="Damps similarities that rest on few common users.",
        low=0.0,
        high=1000.0,
        search=(0.5, 200.0),
    )


@RECOMMENDERS.register(
    "item_knn",
    config=ItemKnnConfig,
    title="Item neighbours",
    summary="What is taken together with the history; strong, simple, from clicks only.",
)
class ItemKnn(ItemItemRecommender):
    """Shrunk cosine (Sarwar et al. 2001; shrinkage as in Dacrema et al. 2019,
    https://arxiv.org/abs/1907.06902): `s_ij = common_ij / (sqrt(n_i n_j) + shrink)`, s_ii = 0,
    the `neighbours` largest kept per item j; `score(u, j)` = sum of s_ij over u's history."""

    name: ClassVar[str] = "item_knn"

    def __init__(
        self,
        config: ItemKnnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config

    def solve(self, data: TrainingData) -> None:
        common = common_users(data)
        counts = common.diagonal().clone()
        common = common / (
            (counts.unsqueeze(1) * counts.unsqueeze(0)).sqrt() + self.settings.shrink
        ).clamp_min(1e-12)
        common.fill_diagonal_(0.0)
        kept, rows = common.topk(min(self.settings.neighbours, data.n_items), dim=0)
        self.weights.zero_().scatter_(0, rows, kept)
