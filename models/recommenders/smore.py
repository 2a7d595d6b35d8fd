"""SMORE: modalities filtered and fused in the frequencies of their vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.config import setting
from models.modality import Modality
from models.recommenders._base import RECOMMENDERS, FeatureTable, Objective, TrainingData
from models.recommenders._content import ContentInput
from models.recommenders._item_graph import new_presence
from models.recommenders._views import ViewRecommender, ViewsConfig

_JOINT = "joint"


@dataclass(frozen=True, kw_only=True)
class SmoreConfig(ViewsConfig):
    """Settings of SMORE."""

    dropout: float = setting(
        0.1, help="Share of what a user prefers that training hides.", low=0.0, high=0.9
    )


@RECOMMENDERS.register(
    "smore",
    config=SmoreConfig,
    title="SMORE",
    summary="Filters noise out of each modality and of their product before they gate an item.",
)
class Smore(ViewRecommender):
    """Ong & Khong 2025, https://arxiv.org/abs/2412.14978.

    `F` the Fourier transform of a projected feature: each modality is filtered by learned complex
    weights, and the product of all gives a joint view, which spreads along the union of the item
    graphs. The joint view decides, dimension by dimension, how far the others are listened to.
    A modality that an item lacks is left out of its product.
    """

    def __init__(
        self,
        config: SmoreConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        device, dim = data.items.device, config.dim
        dims = ContentInput.dims(data, config.feature_dim)
        views = (*dims, _JOINT)
        self.inputs = nn.ModuleDict({m: nn.Linear(w, dim, device=device) for m, w in dims.items()})
        self.filters = nn.ParameterDict(
            {v: nn.Parameter(torch.randn(dim // 2 + 1, 2, device=device)) for v in views}
        )
        self.gates = nn.ModuleDict({v: nn.Linear(dim, dim, device=device) for v in views})
        self.queries = nn.ModuleDict(
            {
                m: nn.Sequential(
                    nn.Linear(dim, dim, device=device),
                    nn.Tanh(),
                    nn.Linear(dim, dim, bias=False, device=device),
                )
                for m in dims
            }
        )
        self.preference = nn.Linear(dim, len(views) * dim, device=device)
        self.dropout = nn.Dropout(config.dropout)

    def item_views(self, present: Tensor) -> tuple[Tensor, Tensor]:
        taking_part = tuple(
            m for slot, m in enumerate(self.content.modalities) if bool(present[:, slot].any())
        )
        purified = self._purified(present)
        views = [
            self.item_graphs.pull(m, purified[m]) * present[:, slot : slot + 1]
            for slot, m in enumerate(self.content.modalities)
        ]
        views.append(self.item_graphs.pull_joint(taking_part, purified[_JOINT]))
        return torch.stack(views, dim=1), _with_joint(present)

    def new_views(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        present = new_presence(self.content.modalities, features)
        purified = self._purified(self.content.present)
        nothing = self.items.new_zeros(len(present), self.settings.dim)
        views = [
            self.item_graphs.pull_new(m, features[m], purified[m]) if m in features else nothing
            for m in self.content.modalities
        ]
        views.append(self.item_graphs.pull_joint_new(features, purified[_JOINT]))
        return torch.stack(views, dim=1), _with_joint(present)

    def side(self, heard: Tensor, views: Tensor, there: Tensor) -> Tensor:
        joint = views[..., -1, :]
        heeded = [query(joint).softmax(-1) for query in self.queries.values()]
        weighed = views * torch.stack([*heeded, torch.ones_like(joint)], dim=-2)
        liked = torch.sigmoid(self.preference(heard)).view(views.shape)
        kept = weighed * self.dropout(liked) * there.unsqueeze(-1)
        mean: Tensor = kept.sum(-2) / there.sum(-1, keepdim=True).clamp_min(1)
        return mean

    def _purified(self, present: Tensor) -> dict[str, Tensor]:
        """Per view f32[I, dim]: the items' own vectors, gated by filtered content."""
        waves = [
            torch.fft.rfft(self.inputs[m](self.content.table(m)), norm="ortho")
            for m in self.content.modalities
        ]
        purified = {
            str(m): self._gated(m, wave)
            for m, wave in zip(self.content.modalities, waves, strict=True)
        }
        return {**purified, _JOINT: self._gated(_JOINT, _product(waves, present))}

    def _gated(self, view: str, wave: Tensor) -> Tensor:
        kept = wave * torch.view_as_complex(self.filters[view])
        signal = torch.fft.irfft(kept, n=self.settings.dim, norm="ortho")
        gated: Tensor = self.items * torch.sigmoid(self.gates[view](signal))
        return gated


def _product(waves: Sequence[Tensor], present: Tensor) -> Tensor:
    product = torch.ones_like(waves[0])
    for wave, here in zip(waves, present.unbind(1), strict=True):
        product = product * torch.where(here.unsqueeze(1), wave, 1.0)
    return product


def _with_joint(present: Tensor) -> Tensor:
    return torch.cat([present, present.any(1, keepdim=True)], dim=1)
