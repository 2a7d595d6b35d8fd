"""Frozen graphs of alike items, one per modality, shared by the models that spread over them."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from models.graph import SparseMatrix
from models.modality import Modality
from models.neighbours import Neighbours, nearest, within
from models.recommenders._base import FeatureTable, TrainingData


class ItemGraphs(nn.Module):
    """Per modality the `count` nearest items of each, edge i-j weighing a_ij / sqrt(d_i d_j).

    `a` is the cosine, or 1 with `binary`; `d` its sum over a row. Built from the content alone
    and never learned; a missing modality leaves an item without edges in that graph. New items
    have edges to the catalogue and none back.
    """

    def __init__(self, data: TrainingData, count: int, binary: bool) -> None:
        super().__init__()
        self.modalities: tuple[Modality, ...] = tuple(data.features)
        self._count, self._binary = count, binary
        self._catalogue = {m: _vectors(table) for m, table in data.features.items()}
        for modality, vectors in self._catalogue.items():
            found = within(vectors, count)
            weights = self._raw(found)
            degree = weights.sum(1)
            self.register_buffer(f"{modality}_degree", degree, persistent=False)
            self.add_module(f"{modality}_graph", _matrix(found, weights, degree))

    def pull(self, modality: Modality, x: Tensor) -> Tensor:
        """f32[I, D]: what its neighbours in this modality say of every item; x f32[I, D]."""
        return cast(SparseMatrix, self.get_submodule(f"{modality}_graph")).times(x)

    def pull_new(self, modality: Modality, table: FeatureTable, x: Tensor) -> Tensor:
        """f32[B, D]: the same for items that were not there in training."""
        vectors = _vectors(table).to(x.device)
        found = nearest(vectors, self._catalogue[modality].to(x.device), self._count)
        weights = self._raw(found)
        degree = cast(Tensor, getattr(self, f"{modality}_degree"))
        scaled = _scaled(found, weights, weights.sum(1), degree)
        return torch.einsum("bk,bkd->bd", scaled, x[found.items])

    def _raw(self, found: Neighbours) -> Tensor:
        return (found.similarity > 0).float() if self._binary else found.similarity


def shares(present: Tensor, weights: Tensor) -> Tensor:
    """f32[B, M]: `weights` f32[M] over what is there (`present` bool[B, M]); rows sum to 1 or 0."""
    kept = present * weights
    return kept / kept.sum(1, keepdim=True).clamp_min(1e-12)


def new_presence(
    modalities: tuple[Modality, ...], features: Mapping[Modality, FeatureTable]
) -> Tensor:
    """bool[B, M] of new items; a missing table is absent everywhere."""
    some = next(iter(features.values())).present
    columns = [features[m].present if m in features else torch.zeros_like(some) for m in modalities]
    return torch.stack(columns, dim=1)


def _vectors(table: FeatureTable) -> Tensor:
    return torch.where(table.present.unsqueeze(1), table.values.float(), 0.0)


def _scaled(found: Neighbours, weights: Tensor, own: Tensor, degree: Tensor) -> Tensor:
    product = own.unsqueeze(1) * degree[found.items]
    return torch.where(product > 0, weights * product.clamp_min(1e-12).rsqrt(), 0.0)


def _matrix(found: Neighbours, weights: Tensor, degree: Tensor) -> SparseMatrix:
    scaled = _scaled(found, weights, degree, degree)
    row, place = (weights > 0).nonzero(as_tuple=True)
    n_items = len(found.items)
    return SparseMatrix(row, found.items[row, place], scaled[row, place], (n_items, n_items))
