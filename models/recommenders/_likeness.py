"""How alike items are by content: powers and products of the cosines of centred features."""

from collections.abc import Mapping
from itertools import combinations
from typing import cast

import torch
from torch import Tensor, nn

from models.modality import Modality
from models.recommenders._base import FeatureTable, TrainingData
from models.recommenders._content import unit_rows

Facet = tuple[Modality, ...]
"""One modality, or two that have to be alike together."""


class Likeness(nn.Module):
    """cos(i, j)^power of centred features per modality, and cos_a(i, j) cos_b(i, j) for every pair
    of modalities; 0 where an item lacks one of them.

    Encoders share one large common direction, without which every pair looks alike, hence the
    centring. A power above 1 leaves close items and forgets vague resemblance. The product of two
    cosines is the inner product of outer products of their vectors: taste that lies in how a
    picture and a text go together is linear in it, as in tensor fusion (Zadeh et al. 2017,
    https://doi.org/10.18653/v1/D17-1115). Products of Gram matrices are Gram matrices (Schur), so
    sums stay positive semi-definite. Means and power are part of `state_dict`; the vectors are not
    and follow from them.
    """

    power: Tensor
    """i64: of the cosine of one modality."""

    def __init__(self, data: TrainingData, power: int) -> None:
        super().__init__()
        self.modalities: tuple[Modality, ...] = tuple(data.features)
        self.register_buffer("power", torch.tensor(power))
        # Plain references: they cost nothing and let the vectors follow a loaded state.
        self._raw = dict(data.features)
        self._rows: dict[Modality, Tensor] = {}
        for modality, table in data.features.items():
            self.register_buffer(f"{modality}_mean", _mean(table))
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            lambda module, keys: module._rows.clear()
        )

    @property
    def facets(self) -> tuple[Facet, ...]:
        """Every modality, then every pair of them."""
        return (*((m,) for m in self.modalities), *combinations(self.modalities, 2))

    def between(self, facet: Facet, first: Tensor, second: Tensor) -> Tensor:
        """f32[A, B] for items i64[A], i64[B] of the catalogue."""
        rows = [self._unit(m) for m in facet]
        return self._product([each[first] @ each[second].T for each in rows])

    def of_new(
        self, facet: Facet, features: Mapping[Modality, FeatureTable], items: Tensor
    ) -> Tensor:
        """f32[B, N]: B items that were not there in training against items i64[N] that were."""
        cosines = []
        for m in facet:
            fresh = unit_rows(features[m], self._mean(m).to(features[m].values.device))
            cosines.append(fresh @ self._unit(m)[items].to(fresh.device).T)
        return self._product(cosines)

    def _product(self, cosines: list[Tensor]) -> Tensor:
        if len(cosines) == 1:
            return cosines[0].pow_(int(self.power))
        return cosines[0].mul_(cosines[1])

    def _mean(self, modality: Modality) -> Tensor:
        return cast(Tensor, getattr(self, f"{modality}_mean"))

    def _unit(self, modality: Modality) -> Tensor:
        """f32[I, D], made when first asked for, where the means are."""
        mean = self._mean(modality)
        found = self._rows.get(modality)
        if found is None or found.device != mean.device:
            found = unit_rows(self._raw[modality].to(mean.device), mean)
            self._rows[modality] = found
        return found


def _mean(table: FeatureTable) -> Tensor:
    rows = table.values[table.present].float()
    return rows.mean(0) if len(rows) else rows.new_zeros(table.values.shape[1])
