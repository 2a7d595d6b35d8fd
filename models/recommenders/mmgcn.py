"""MMGCN: one graph network per modality, each with its own picture of every user."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import setting
from models.modality import Modality
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
from models.recommenders._graph import ContentGraphConfig, ContentGraphRecommender, click_graph


@dataclass(frozen=True, kw_only=True)
class MmgcnConfig(ContentGraphConfig):
    """Settings of MMGCN."""

    layers: int = setting(
        2, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 3)
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
class Mmgcn(ContentGraphRecommender):
    """Wei et al. 2019, https://doi.org/10.1145/3343031.3351034.

    Each modality starts from content (items) and a learned taste (users), spreads over the graph
    of clicks for `layers` steps, and keeps the common identity vectors in each; the mean over
    modalities is the user's and item's vector.

    A coalition takes the content of the other modalities from items; without COLLABORATIVE their
    identities and what their users say. Users keep all of theirs.
    """

    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        **ContentGraphRecommender.training_defaults,
        "learning_rate": 0.005,
        "epochs": 60,
    }
    settings: MmgcnConfig

    def __init__(
        self,
        config: MmgcnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.branches = nn.ModuleDict(
            {
                m: _Branch(data.n_users, width, config, data.items.device)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.graph = click_graph(data)

    def loss(self, batch: Batch) -> Tensor:
        told = {m: self._told(m) for m in self.content.modalities}
        users = torch.stack([states[-1] for states, _ in told.values()]).mean(0)
        items = torch.stack([items for _, items in told.values()]).mean(0)
        return self.fit(users[batch.users], items.__getitem__, batch) + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        told = {m: self._told(m)[0] for m in self.content.modalities}
        users = torch.stack([states[-1] for states in told.values()]).mean(0)
        taken = self.taking_part(coalition).unsqueeze(1)
        kept = self.content.select(coalition)
        items = []
        for slot, m in enumerate(self.content.modalities):
            heard = [self.graph.to_items(state) * taken for state in told[m][:-1]]
            table = self.content.table(m) * kept[:, slot : slot + 1]
            items.append(self._of_items(m, table, heard, self.items * taken))
        rows = torch.stack(items).mean(0)
        return self.answer(users, rows)

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        nobody = self.items.new_zeros(len(present), self.settings.dim)
        found = [
            self._of_items(
                m, tables[m] * present[:, slot : slot + 1], [nobody] * self.settings.layers, nobody
            )
            for slot, m in enumerate(self.content.modalities)
        ]
        return self.answer_new(torch.stack(found).mean(0))

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
        self, modality: Modality, table: Tensor, heard: list[Tensor], identity: Tensor
    ) -> Tensor:
        """f32[B, D]: items with this content, who they are, and what users say at every layer."""
        branch = self._branch(modality)
        items = F.normalize(branch.seen(table), dim=1)
        for layer, said in enumerate(heard):
            items = branch.step(layer, items, said, identity)
        return items

    def _branch(self, modality: Modality) -> _Branch:
        return cast(_Branch, self.branches[modality])


def _linear(width: int, out: int, device: torch.device) -> nn.Linear:
    layer = nn.Linear(width, out, bias=False, device=device)
    nn.init.xavier_normal_(layer.weight)
    return layer
