"""EASE over clicks and content: the same closed form with likeness beside common users."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from models.config import Config, setting
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    RECOMMENDERS,
    ClosedFormRecommender,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Objective,
    TrainingData,
)
from models.recommenders._dense import ItemItemRecommender, histories
from models.recommenders._given_weights import AUTO, parse_weights, weights_for, written
from models.recommenders._item_regression import Clicks, ItemRegression, Terms
from models.recommenders._likeness import Likeness
from models.recommenders._likeness_form import CLOSE, Form, FormSearch


@dataclass(frozen=True, kw_only=True)
class EaseMultimodalConfig(Config):
    """Settings of EASE over clicks and content."""

    modality_weights: str = setting(
        AUTO,
        help="How much likeness counts beside clicks: auto, or numbers as in "
        "image=4,text=8,image+text=2, where image+text is being alike in both at once.",
    )
    regularisation: float = setting(
        100.0,
        help="Larger is smoother; sparse data want more.",
        low=0.1,
        high=100_000.0,
        search=(5.0, 5_000.0),
    )
    sharpness: int = setting(
        0,
        help="Power of the likeness: 1 counts vague resemblance too, more only close items; 0 "
        "finds out.",
        low=0,
        high=6,
        expert=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_weights(self.modality_weights)


@RECOMMENDERS.register(
    "ease_multimodal",
    config=EaseMultimodalConfig,
    title="Multimodal EASE",
    summary="One closed form from clicks and content; weighs the modalities by itself.",
)
class EaseMultimodal(ItemItemRecommender):
    """`G = XᵀX + sum of w_m K_m + l I`, `P = G⁻¹`, `B_ij = -P_ij / P_jj`, `B_jj = 0`.

    Steck 2019 (https://arxiv.org/abs/1905.03375) with content as further rows of the data, as the
    collective EASE of Jeunen, Van Balen & Goethals 2020 (https://doi.org/10.1145/3383313.3418480)
    has tags; `K_m` is the `Likeness` of items in a modality, or in two of them together.
    Automatic weights, and the form of the likeness, are those that best predict held-out
    *training* clicks.

    Of an item without clicks nothing is known but its content, so its column is the ridge
    regression of its likeness on that of the clicked items, `(sum of w_m K_m + l I)⁻¹ w_m k_m`;
    were its clicks rows of zeros, the model would learn that nobody wants it. New items and cold
    ones of the catalogue get the same. Only clicked items predict.

    Every column is linear in what is known of its item, so a coalition keeps what its players say
    of the item (each `w_m k_m`, of a pair where both play; the common users of COLLABORATIVE),
    regressed on all that the model knows of the others. Without COLLABORATIVE an item is as new.
    """

    name: ClassVar[str] = "ease_multimodal"
    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    embeds_by_item: ClassVar[bool] = True
    strengths: Tensor
    """f32[F]: w_m of every facet of the likeness."""
    pivots: Tensor
    """f32[I]: P_jj, from which P follows; 1 for cold items."""

    def __init__(
        self,
        config: EaseMultimodalConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device = data.items.device
        self.likeness = Likeness(data, config.sharpness or CLOSE).to(device)
        facets = self.likeness.facets
        self._given = weights_for(config.modality_weights, facets)
        self.register_buffer("strengths", torch.ones(len(facets), device=device))
        self.register_buffer("pivots", torch.ones(data.n_items, device=device))
        # Which clicks the search for weights holds out; drawn as other models draw first weights.
        self._seed = int(torch.randint(2**31, ()))
        self._regression: ItemRegression | None = None
        self._terms: Terms | None = None
        self._histories: Tensor | None = None
        self._neighbour: ItemRegression | None = None
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            lambda module, keys: module._forget()
        )

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.likeness.modalities, COLLABORATIVE)

    @property
    def found_settings(self) -> Mapping[str, str]:
        weights = zip(self.likeness.facets, self.strengths.tolist(), strict=True)
        return {
            "modality_weights": written(dict(weights)),
            "sharpness": str(int(self.likeness.power)),
        }

    def solve(self, data: TrainingData) -> None:
        self._forget()
        clicks = Clicks.of(self.history_keys, self.n_users, self.n_items)
        form = self._form(clicks.warm)
        self.strengths.copy_(form.strengths)
        self.likeness.power.fill_(form.power)
        regression = self._with_strengths(clicks)
        block, pivots = regression.solve()
        self.weights.copy_(self._whole(regression, block))
        self.pivots[clicks.warm] = pivots

    def solve_beside(self, data: TrainingData, other: ClosedFormRecommender) -> None:
        self._neighbour = other._trained() if isinstance(other, EaseMultimodal) else None
        self.solve(data)
        self._neighbour = None

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        if coalition is None or coalition.issuperset(self.players):
            return self._of_histories(self.weights)
        everything = torch.arange(self.n_items, device=self.pivots.device)
        return self.embed_for(everything, coalition)

    def embed_for(self, items: Tensor, coalition: Coalition) -> Embeddings:
        if self._terms is None:
            warm = self._trained().clicks.warm
            block = self.weights[warm.unsqueeze(1), warm]
            self._terms = Terms(self._trained(), block, self.pivots[warm])
        columns = self._terms.rows(coalition, items).T
        return self._of_histories(self._placed(columns, self._trained().clicks))

    def embed_weighted(self, weights: Mapping[str, float]) -> Embeddings:
        trained = self._trained()
        turned = replace(
            trained,
            strengths={
                facet: strength * math.prod(weights.get(m, 1.0) for m in facet)
                for facet, strength in trained.strengths.items()
            },
            share=weights.get(COLLABORATIVE, 1.0),
        )
        return self._of_histories(self._whole(turned, turned.solve()[0]))

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        regression = self._trained()
        columns = regression.as_new(regression.like_new(features))
        rows = self._placed(columns, regression.clicks).T.contiguous()
        return rows, rows.new_zeros(len(rows))

    def _forget(self) -> None:
        self._regression = None
        self._terms = None
        self._histories = None

    def _trained(self) -> ItemRegression:
        """The regression as it was solved; made again when first needed after loading."""
        if self._regression is None:
            clicks = Clicks.of(self.history_keys, self.n_users, self.n_items)
            self._regression = self._with_strengths(clicks)
        return self._regression

    def _with_strengths(self, clicks: Clicks) -> ItemRegression:
        weights = zip(self.likeness.facets, self.strengths.tolist(), strict=True)
        counting = {facet: weight for facet, weight in weights if weight}
        own = ItemRegression(clicks, self.likeness, counting, self.settings.regularisation)
        if self._neighbour is not None and own.weighs_as(self._neighbour):
            return self._neighbour.over(clicks)
        return own

    def _form(self, warm: Tensor) -> Form:
        """As given, else what best predicts held-out training clicks."""
        if self._given is not None:
            return Form(self.settings.sharpness or CLOSE, torch.tensor(self._given))
        search = FormSearch(self.likeness, self.history_keys, self.n_items, warm, self._seed)
        return search.best(self.settings.regularisation, self.settings.sharpness or None)

    def _whole(self, regression: ItemRegression, block: Tensor) -> Tensor:
        """f32[I, I] from B f32[C, C] of the clicked items."""
        clicks = regression.clicks
        columns = block.new_zeros(len(clicks.warm), self.n_items)
        columns[:, clicks.warm] = block
        if len(clicks.cold):
            like = block.new_zeros(len(clicks.warm), len(clicks.cold))
            for facet in regression.strengths:
                like += regression.like(facet, clicks.cold)
            columns[:, clicks.cold] = regression.as_new(like)
        return self._placed(columns, clicks)

    def _placed(self, columns: Tensor, clicks: Clicks) -> Tensor:
        """f32[I, N] from f32[C, N]: items without clicks predict nothing."""
        placed = columns.new_zeros(self.n_items, columns.shape[1])
        placed[clicks.warm] = columns
        return placed

    def _of_histories(self, weights: Tensor) -> Embeddings:
        # Page after page asks for a few columns of the same histories.
        if self._histories is None or self._histories.device != weights.device:
            self._histories = histories(self.history_keys, self.n_users, self.n_items)
        return Embeddings(
            users=self._histories,
            items=weights.T,
            user_bias=weights.new_zeros(self.n_users),
            item_bias=weights.new_zeros(weights.shape[1]),
            offset=0.0,
        )
