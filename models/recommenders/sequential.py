"""Sequential: a Transformer reads what a person took in order and expects what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from models.attention import CausalEncoder
from models.config import Config, setting
from models.errors import ConfigError
from models.fusion import Fusion
from models.losses import candidate_softmax_loss, l2_penalty, places_in
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
from models.recommenders._histories import Histories


@dataclass(frozen=True, kw_only=True)
class SequentialConfig(Config):
    """Settings of the sequential recommender; the same for every fusion strategy."""

    dim: int = setting(64, help="Length of an item's fused content vector.", low=4, high=1024)
    id_dim: int = setting(
        64, help="Length of an item's click vector, beside the content.", low=1, high=1024
    )
    length: int = setting(
        200, help="Most items of a history that are read, the latest.", low=2, high=1000
    )
    layers: int = setting(1, help="Transformer layers.", low=1, high=8)
    heads: int = setting(2, help="Things a layer can look for at once.", low=1, high=16)
    width: int = setting(64, help="Width of the Transformer.", low=4, high=1024, expert=True)
    dropout: float = setting(
        0.2, help="Share of the Transformer's units dropped in training.", low=0.0, high=0.9
    )
    modality_dropout: float = setting(
        0.1, help="How often training hides a modality of an item.", low=0.0, high=0.9
    )
    collaborative_dropout: float = setting(
        0.2, help="How often training hides what clicks say of an item.", low=0.0, high=0.9
    )
    item_l2: float = setting(
        0.1,
        help="Pull of click vectors towards zero; content then explains more.",
        low=0.0,
        high=10.0,
    )
    whole_history: bool = setting(
        True,
        help="Add the mean of the history to what its order says; without it, order is all.",
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


@RECOMMENDERS.register(
    "sequential",
    config=SequentialConfig,
    title="Sequential",
    summary="Reads a history in its order, content of all modalities in every item of it.",
)
class Sequential(IterativeRecommender):
    """`v_i = [fusion(content of i); e_i]`, `u_t = mean(v_1..v_t) sqrt(t) + T(start, v_1..v_t)`,
    `score = u·v_i + c_i`, `T` a Transformer that looks back only.

    SASRec (Kang & McAuley 2018, https://arxiv.org/abs/1808.09781) over vectors that content makes,
    as in UniSRec (Hou et al. 2022, https://arxiv.org/abs/2206.05941), and with the softmax over
    many items in place of one negative (Klenitskiy & Vasilev 2023,
    https://arxiv.org/abs/2309.07602). All items of a history are predicted in one pass, each from
    those before it. Nothing belongs to a user, so a new one is a history.

    Players are the modalities and COLLABORATIVE (`e_i` and `c_i`), hidden at random per item in
    training and for the whole catalogue by a coalition, in histories as in candidates.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    takes_fusion: ClassVar[bool] = True
    whole_users: ClassVar[bool] = True
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.002,
        "epochs": 40,
        "patience": 4,
        "weight_decay": 1.0,
    }
    clicked: Tensor

    def __init__(
        self,
        config: SequentialConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: Fusion | None = None,
    ) -> None:
        super().__init__(config, data, objective)
        if fusion is None:
            raise ConfigError("'sequential' needs a fusion strategy; choose one.")
        if config.width % config.heads:
            raise ConfigError(
                f"'width' must be a multiple of 'heads'; {config.width} is none of {config.heads}."
            )
        self.settings = config
        device, full = data.items.device, config.dim + config.id_dim
        self.content = ContentInput(data, config.feature_dim)
        self.histories = Histories(data, config.length)
        self.fusion = fusion.to(device)
        self.ids = nn.Parameter(torch.randn(data.n_items, config.id_dim, device=device) * 0.05)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        self.start = nn.Parameter(torch.randn(config.width, device=device) * 0.05)
        self.enter = nn.Linear(full, config.width).to(device)
        self.leave = nn.Linear(config.width, full).to(device)
        if config.whole_history:
            # Training begins at the mean of the history, and order has to earn its place.
            nn.init.zeros_(self.leave.weight)
            nn.init.zeros_(self.leave.bias)
        self.encoder = CausalEncoder(
            config.width, config.layers, config.heads, config.length, config.dropout
        ).to(device)
        self.register_buffer("clicked", data.clicked, persistent=False)

    @classmethod
    def fusion_shape(cls, config: Config, data: TrainingData) -> tuple[Mapping[Modality, int], int]:
        settings = cast(SequentialConfig, config)
        return ContentInput.dims(data, settings.feature_dim), settings.dim

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return "shared"

    def begin_epoch(self, epoch: int) -> None:
        self.histories.redraw_ties()

    def loss(self, batch: Batch) -> Tensor:
        present, clicks = self._hidden_at_random()
        items, asked = self._items(present, clicks)
        begins, window, before = self.histories.before(batch.users, batch.items)
        counts = torch.zeros_like(begins).scatter_reduce(0, window, before, "amax")
        u = self._read(items, begins, counts, window, before, drawn=True)
        # The bias is one more dimension, for which every user has a 1.
        u = torch.cat([u, u.new_ones(len(u), 1)], dim=1)
        items = torch.cat([items, (clicks * self.item_bias).unsqueeze(1)], dim=1)
        places = places_in(batch.negatives, batch.items)
        fit = candidate_softmax_loss(
            u, items[batch.items], items[batch.negatives], places, batch.rarity
        )
        ids = l2_penalty(self.ids[batch.items], self.item_bias[batch.items])
        penalty = self.settings.item_l2 * ids
        return fit + (penalty if asked is None else penalty + asked)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        clicks = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        items, _ = self._items(self.content.select(coalition), clicks)
        begins, counts = self.histories.latest()
        everybody = torch.arange(self.n_users, device=items.device)
        return Embeddings(
            users=self._read(items, begins, counts, everybody, counts, drawn=False).detach(),
            items=items.detach(),
            user_bias=items.new_zeros(self.n_users),
            item_bias=self.item_bias.detach() * clicks,
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        content = self.fusion(tables, present).embedding
        unknown = content.new_zeros(len(content), self.settings.id_dim)
        return torch.cat([content, unknown], dim=1), unknown.new_zeros(len(content))

    def states(self, sequences: Tensor) -> Tensor:
        """f32[S, L + 1, D]: whom a model has before it after 0 to L items f32[S, L, D]."""
        start = self.start.expand(len(sequences), 1, -1)
        read = self.encoder(torch.cat([start, self.enter(sequences)], dim=1))
        states = cast(Tensor, self.leave(read))
        if not self.settings.whole_history:
            return states
        sums = nn.functional.pad(sequences.cumsum(1), (0, 0, 1, 0))
        taken = torch.arange(sums.shape[1], device=sums.device).clamp_min(1)
        return states + sums * taken.to(sums.dtype).rsqrt().unsqueeze(1)

    def _hidden_at_random(self) -> tuple[Tensor, Tensor]:
        """(present bool[I, M], clicks f32[I]) as one training step sees them."""
        present = self.content.present
        kept = torch.rand(present.shape, device=present.device) >= self.settings.modality_dropout
        chance = torch.rand(len(present), device=present.device)
        return present & kept, self.clicked * (chance >= self.settings.collaborative_dropout)

    def _items(self, present: Tensor, clicks: Tensor) -> tuple[Tensor, Tensor | None]:
        """(f32[I, dim + id_dim], what the fusion asks of the loss); `clicks` f32[I], 0 or 1."""
        fused = self.fusion(self.content.tables, present)
        ids = cast(Tensor, self.ids) * clicks.unsqueeze(1)
        return torch.cat([fused.embedding.float(), ids], dim=1), fused.penalty

    def _read(
        self,
        items: Tensor,
        begins: Tensor,
        counts: Tensor,
        window: Tensor,
        before: Tensor,
        drawn: bool,
    ) -> Tensor:
        """f32[B, D]: the state of sequence `window[b]` after `before[b]` of its items."""
        parts, first, offset = [], torch.zeros_like(begins), 0
        for chosen, numbers in self.histories.read(begins, counts, drawn):
            states = self.states(items[numbers])
            rows, length, _ = states.shape
            first[chosen] = offset + torch.arange(rows, device=items.device) * length
            parts.append(states.flatten(0, 1))
            offset += rows * length
        return torch.cat(parts).float()[first[window] + before]
