"""MGCN: content cleaned by behaviour, then fused by what behaviour prefers."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.modality import Modality
from models.recommenders._base import RECOMMENDERS, FeatureTable, Objective, TrainingData
from models.recommenders._content import ContentInput
from models.recommenders._item_graph import new_presence
from models.recommenders._views import ViewRecommender, ViewsConfig


@dataclass(frozen=True, kw_only=True)
class MgcnConfig(ViewsConfig):
    """Settings of MGCN."""


@RECOMMENDERS.register(
    "mgcn",
    config=MgcnConfig,
    title="MGCN",
    summary="Content gates what an item stands for; alike items and taste decide what counts.",
)
class Mgcn(ViewRecommender):
    """Yu et al. 2023, https://arxiv.org/abs/2308.03588.

    View of modality m: `S_m (e ⊙ σ(W_m x_m + b_m))`, the content purified by behaviour and spread
    over the graph of alike items (the paper's two linear maps in a row are one). Fused: what
    the views share, weighed by attention, and what each has of its own, gated by behaviour.
    """

    def __init__(
        self,
        config: MgcnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        device, dim = data.items.device, config.dim
        dims = ContentInput.dims(data, config.feature_dim)
        self.gates = nn.ModuleDict({m: nn.Linear(w, dim, device=device) for m, w in dims.items()})
        self.preference = nn.Linear(dim, len(dims) * dim, device=device)
        self.attention = nn.Sequential(
            nn.Linear(dim, dim, device=device),
            nn.Tanh(),
            nn.Linear(dim, 1, bias=False, device=device),
        )

    def item_views(self, present: Tensor) -> tuple[Tensor, Tensor]:
        views = [
            self.item_graphs.pull(m, self._purified(m)) * present[:, slot : slot + 1]
            for slot, m in enumerate(self.content.modalities)
        ]
        return torch.stack(views, dim=1), present

    def new_views(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        present = new_presence(self.content.modalities, features)
        nothing = self.items.new_zeros(len(present), self.settings.dim)
        views = [
            self.item_graphs.pull_new(m, features[m], self._purified(m))
            if m in features
            else nothing
            for m in self.content.modalities
        ]
        return torch.stack(views, dim=1), present

    def side(self, heard: Tensor, views: Tensor, there: Tensor) -> Tensor:
        attention = self.attention(views).squeeze(-1).masked_fill(~there, -torch.inf)
        # A row without views would be 0 / 0 in a softmax.
        weight = torch.nan_to_num(attention.softmax(-1))
        common = (views * weight.unsqueeze(-1)).sum(-2, keepdim=True)
        liked = torch.sigmoid(self.preference(heard)).view(views.shape)
        own = (views - common) * liked * there.unsqueeze(-1)
        joined: Tensor = own.sum(-2) + common.squeeze(-2)
        return joined / (there.sum(-1, keepdim=True) + 1)

    def _purified(self, modality: Modality) -> Tensor:
        return self.items * torch.sigmoid(self.gates[modality](self.content.table(modality)))
