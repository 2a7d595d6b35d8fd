"""GRCN: clicks that content does not explain count for little."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import setting
from models.graph import distinct_pairs
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Objective,
    TrainingData,
)
from models.recommenders._content import ContentInput
from models.recommenders._graph import ContentGraphConfig, ContentGraphRecommender


@dataclass(frozen=True, kw_only=True)
class GrcnConfig(ContentGraphConfig):
    """Settings of GRCN."""

    routing: int = setting(
        3, help="Times that a person's taste is drawn towards what fits it.", low=0, high=10
    )


@RECOMMENDERS.register(
    "grcn",
    config=GrcnConfig,
    title="GRCN",
    summary="Clicks weigh by how well content explains them; accidental ones fade.",
)
class Grcn(ContentGraphRecommender):
    """Wei et al. 2020, https://arxiv.org/abs/2111.02036.

    A user's taste in modality m is routed `routing` times towards the taken items that fit it,
    `p <- n(p + sum_i a_i x_i)` with `a = softmax(p x)` over them. An edge then weighs the largest,
    over modalities, of its softmax times the confidence its head has in the modality, in each
    direction for itself. Identities spread over these edges (mean of all layers); a score is their
    dot product plus that of taste and content in each modality.

    A coalition keeps the content of its modalities, and identities where COLLABORATIVE takes part;
    the graph stays as it was refined.
    """

    content_use: ClassVar[ContentUse] = "inference"
    settings: GrcnConfig
    edges: Tensor

    def __init__(
        self,
        config: GrcnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        device, dim = data.items.device, config.dim
        dims, count = ContentInput.dims(data, config.feature_dim), len(data.features)
        self.tastes = nn.ParameterDict(
            {m: nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1) for m in dims}
        )
        self.views = nn.ModuleDict(
            {m: nn.Linear(w, dim, bias=False, device=device) for m, w in dims.items()}
        )
        self.user_trust = nn.Parameter(torch.ones(data.n_users, count, device=device))
        self.item_trust = nn.Parameter(torch.ones(data.n_items, count, device=device))
        pairs = distinct_pairs(data.users, data.items, data.n_items)
        self.register_buffer("edges", torch.stack(pairs), persistent=False)

    def loss(self, batch: Batch) -> Tensor:
        users, items = self._parts()
        u = torch.cat(users, dim=1)[batch.users]
        v = torch.cat(items, dim=1)
        return self.fit(u, v.__getitem__, batch) + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = self._parts()
        share = float(coalition is None or COLLABORATIVE in coalition)
        kept = self.content.select(coalition)
        seen = [part * kept[:, slot : slot + 1] for slot, part in enumerate(items[1:])]
        u, v = torch.cat(users, dim=1), torch.cat([items[0] * share, *seen], dim=1)
        return self.answer(u, v)

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        seen = [
            self._seen(m, tables[m]) * present[:, slot : slot + 1]
            for slot, m in enumerate(self.content.modalities)
        ]
        rows = torch.cat([torch.zeros_like(seen[0]), *seen], dim=1)
        return self.answer_new(rows)

    def _parts(self) -> tuple[list[Tensor], list[Tensor]]:
        """Identity, then one vector per modality; of users and of items."""
        of, to = self.edges
        tastes, seen, fits = [], [], []
        for m in self.content.modalities:
            view = self._seen(m, self.content.table(m))
            taste = self._routed(self.tastes[m], view)
            fits.append((taste[of] * view[to]).sum(1))
            tastes.append(taste)
            seen.append(view)
        users, items = self._spread(torch.stack(fits, dim=1))
        return [users, *tastes], [items * self.clicked.unsqueeze(1), *seen]

    def _seen(self, modality: Modality, table: Tensor) -> Tensor:
        return F.normalize(F.leaky_relu(self.views[modality](table)), dim=1)

    def _routed(self, taste: Tensor, view: Tensor) -> Tensor:
        of, to = self.edges
        taste, taken = F.normalize(taste, dim=1), view[to]
        for _ in range(self.settings.routing):
            weight = _softmax((taste[of] * taken).sum(1, keepdim=True), of, self.n_users)
            taste = F.normalize(taste.index_add(0, of, weight * taken), dim=1)
        return taste

    def _spread(self, fits: Tensor) -> tuple[Tensor, Tensor]:
        """Identities over the refined graph; `fits` f32[E, M]."""
        of, to = self.edges
        for_users = _softmax(fits, of, self.n_users) * self.user_trust[of]
        for_items = _softmax(fits, to, self.n_items) * self.item_trust[to]
        left = for_users.amax(1, keepdim=True).relu()
        right = for_items.amax(1, keepdim=True).relu()
        users, items = cast(Tensor, self.users), cast(Tensor, self.items)
        user_sum, item_sum = users, items
        for _ in range(self.settings.layers):
            users, items = (
                torch.zeros_like(users).index_add(0, of, left * items[to]),
                torch.zeros_like(items).index_add(0, to, right * users[of]),
            )
            user_sum, item_sum = user_sum + users, item_sum + items
        return user_sum / (self.settings.layers + 1), item_sum / (self.settings.layers + 1)


def _softmax(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """f32[E, M] -> f32[E, M]: softmax over the rows of each of `count` groups; `groups` i64[E]."""
    slots = groups.unsqueeze(1).expand_as(values)
    top = values.new_full((count, values.shape[1]), -torch.inf)
    top = top.scatter_reduce(0, slots, values.detach(), "amax")
    power = (values - top[groups]).exp()
    total = values.new_zeros(count, values.shape[1]).index_add(0, groups, power)
    return power / total[groups]
