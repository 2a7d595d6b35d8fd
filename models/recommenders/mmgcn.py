"""MMGCN: one graph network per modality, each with its own picture of every user."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.graph import distinct_pairs, symmetric
from models.losses import l2_penalty
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    IterativeRecommender,
    Objective,
    Sampling,
    TrainingData,
)
from models.recommenders._content import ContentInput
from models.recommenders._ranking import LOSSES, compared, ranking_loss, sampling_of


@dataclass(frozen=True, kw_only=True)
class MmgcnConfig(Config):
    """Settings of MMGCN."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    layers: int = setting(
        2, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 3)
    )
    loss: str = setting(
        "softmax",
        help="softmax: each click against many items; bpr: against one, as in the paper.",
        choices=LOSSES,
    )
    temperature: float = setting(
        0.2, help="Sharpness of the softmax; lower looks harder at near misses.", low=0.02, high=5.0
    )
    l2: float = setting(
        0.0001,
        help="Pull of the vectors in a batch towards zero.",
        low=0.0,
        high=10.0,
        search=(1e-6, 0.1),
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


class _Branch(nn.Module):
    """The network of one modality: `r' = s(B s(A r) + s(C r) + e)`, `s` a leaky ReLU, without
    constants, so that nothing in gives nothing out."""

    def __init__(self, users: int, width: int, config: MmgcnConfig, device: torch.device) -> None:
        super().__init__()
        dim = config.dim
        self.preference = nn.Parameter(torch.randn(users, dim, device=device) * 0.1)
        self.seen = _linear(width, dim, device)
        count = range(config.layers)
        self.hear = nn.ModuleList([_linear(dim, dim, device) for _ in count])
        self.join = nn.ModuleList([_linear(dim, dim, device) for _ in count])
        self.keep = nn.ModuleList([_linear(dim, dim, device) for _ in count])

    def step(self, layer: int, own: Tensor, heard: Tensor, identity: Tensor) -> Tensor:
        """f32[R, D]: the next layer from this one, what neighbours say, and who it is."""
        said = self.join[layer](F.leaky_relu(self.hear[layer](heard)))
        kept = F.leaky_relu(self.keep[layer](own))
        return F.leaky_relu(said + kept + identity)


@RECOMMENDERS.register(
    "mmgcn",
    config=MmgcnConfig,
    title="MMGCN",
    summary="Pictures and words spread along graphs of their own; each person has a taste in each.",
)
class Mmgcn(IterativeRecommender):
    """Wei et al. 2019, https://doi.org/10.1145/3343031.3351034.

    Each modality starts from content (items) and a learned taste (users), spreads over the graph
    of clicks for `layers` steps, and keeps the common identity vectors in each; the mean over
    modalities is the user's and item's vector.

    A coalition takes the content of the other modalities from items; without COLLABORATIVE their
    identities and what their users say. Users keep all of theirs.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.005,
        "epochs": 60,
        "eval_every": 5,
        "patience": 3,
    }
    clicked: Tensor

    def __init__(
        self,
        config: MmgcnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device, dim = data.items.device, config.dim
        self.content = ContentInput(data, config.feature_dim)
        self.users = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.1)
        self.branches = nn.ModuleDict(
            {
                m: _Branch(data.n_users, width, config, device)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.register_buffer("clicked", data.clicked, persistent=False)
        pairs = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*pairs, data.n_users, data.n_items)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return sampling_of(self.settings.loss)

    def loss(self, batch: Batch) -> Tensor:
        told = {m: self._told(m) for m in self.content.modalities}
        users = torch.stack([states[-1] for states, _ in told.values()]).mean(0)
        items = torch.stack([items for _, items in told.values()]).mean(0)
        u, kind = users[batch.users], self.settings.loss
        fit = ranking_loss(kind, u, items.__getitem__, batch, self.settings.temperature)
        penalty = l2_penalty(self.users[batch.users], self.items[batch.items])
        return fit + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        told = {m: self._told(m)[0] for m in self.content.modalities}
        users = torch.stack([states[-1] for states in told.values()]).mean(0)
        share = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        kept = self.content.select(coalition)
        items = [
            self._of_items(m, self.content.table(m) * kept[:, slot : slot + 1], share, told[m])
            for slot, m in enumerate(self.content.modalities)
        ]
        rows = torch.stack(items).mean(0)
        return Embeddings(
            users=compared(self.settings.loss, users).detach(),
            items=compared(self.settings.loss, rows).detach(),
            user_bias=users.new_zeros(self.n_users),
            item_bias=rows.new_zeros(self.n_items),
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        found = []
        for slot, m in enumerate(self.content.modalities):
            branch = self._branch(m)
            own = F.normalize(branch.seen(tables[m] * present[:, slot : slot + 1]), dim=1)
            nobody = torch.zeros_like(own)
            for layer in range(self.settings.layers):
                own = branch.step(layer, own, nobody, nobody)
            found.append(own)
        rows = torch.stack(found).mean(0)
        return compared(self.settings.loss, rows).detach(), rows.new_zeros(len(rows))

    def _told(self, modality: Modality) -> tuple[list[Tensor], Tensor]:
        """Users at every layer, and items at the last, with everything there."""
        branch = self._branch(modality)
        users = F.normalize(branch.preference, dim=1)
        items = F.normalize(branch.seen(self.content.table(modality)), dim=1)
        share = self.clicked.unsqueeze(1)
        states = [users]
        for layer in range(self.settings.layers):
            heard = self.graph.to_items(users)
            users = branch.step(layer, users, self.graph.to_users(items), self.users)
            items = branch.step(layer, items, heard * share, self.items * share)
            states.append(users)
        return states, items

    def _of_items(
        self, modality: Modality, table: Tensor, share: Tensor, told: list[Tensor]
    ) -> Tensor:
        """f32[I, D]: items with this content; `share` f32[I]: how much clicks take part."""
        branch, taken = self._branch(modality), share.unsqueeze(1)
        items = F.normalize(branch.seen(table), dim=1)
        for layer in range(self.settings.layers):
            heard = self.graph.to_items(told[layer])
            items = branch.step(layer, items, heard * taken, self.items * taken)
        return items

    def _branch(self, modality: Modality) -> _Branch:
        return cast(_Branch, self.branches[modality])


def _linear(width: int, out: int, device: torch.device) -> nn.Linear:
    layer = nn.Linear(width, out, bias=False, device=device)
    nn.init.xavier_normal_(layer.weight)
    return layer
