"""Frozen graphs of alike items, one per modality, shared by the models that spread over them."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from models.graph import SparseMatrix
from models.modality import Modality
from models.neighbours import Neighbours, nearest, within
from models.recommenders._base import FeatureTable, TrainingData

Edges = tuple[Tensor, Tensor, Tensor]
"""(row i64[N], item i64[N], weight f32[N])"""


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
            degree = self._raw(within(vectors, count)).sum(1)
            self.register_buffer(f"{modality}_degree", degree, persistent=False)
            graph = _matrix(*self._edges(modality), len(vectors))
            self.add_module(f"{modality}_graph", graph)

    def pull(self, modality: Modality, x: Tensor) -> Tensor:
        """f32[I, D]: what its neighbours in this modality say of every item; x f32[I, D]."""
        return cast(SparseMatrix, self.get_submodule(f"{modality}_graph")).times(x)

    def pull_new(self, modality: Modality, table: FeatureTable, x: Tensor) -> Tensor:
        """f32[B, D]: the same for items that were not there in training."""
        return _sum(self._new_edges(modality, table), x, len(table.present))

    def pull_joint(self, modalities: tuple[Modality, ...], x: Tensor) -> Tensor:
        """f32[I, D]: along the union of these graphs, each edge with its largest weight."""
        if not modalities:
            return torch.zeros_like(x)
        key = "_".join(("joint", *modalities))
        if key not in dict(self.named_children()):
            # CSR may not be built anew in every step, and few subsets are ever asked for.
            edges = [self._edges(m) for m in modalities]
            self.add_module(key, _matrix(*_union(edges, len(x)), len(x)).to(x.device))
        return cast(SparseMatrix, self.get_submodule(key)).times(x)

    def pull_joint_new(self, features: Mapping[Modality, FeatureTable], x: Tensor) -> Tensor:
        """f32[B, D]: the same for items that were not there in training."""
        known = {m: table for m, table in features.items() if m in self.modalities}
        edges = [self._new_edges(m, table) for m, table in known.items()]
        return _sum(_union(edges, len(x)), x, len(next(iter(known.values())).present))

    def _edges(self, modality: Modality) -> Edges:
        found = within(self._catalogue[modality], self._count)
        weights = self._raw(found)
        return _edges(found, weights, weights.sum(1), weights.sum(1))

    def _new_edges(self, modality: Modality, table: FeatureTable) -> Edges:
        device = self._degree(modality).device
        catalogue = self._catalogue[modality].to(device)
        found = nearest(_vectors(table).to(device), catalogue, self._count)
        weights = self._raw(found)
        return _edges(found, weights, weights.sum(1), self._degree(modality))

    def _degree(self, modality: Modality) -> Tensor:
        return cast(Tensor, getattr(self, f"{modality}_degree"))

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


def _edges(found: Neighbours, weights: Tensor, own: Tensor, degree: Tensor) -> Edges:
    row, place = (weights > 0).nonzero(as_tuple=True)
    column = found.items[row, place]
    scale = (own[row] * degree[column]).clamp_min(1e-12).rsqrt()
    return row, column, weights[row, place] * scale


def _union(graphs: list[Edges], n_items: int) -> Edges:
    keys = torch.cat([row * n_items + column for row, column, _ in graphs])
    values = torch.cat([weights for _, _, weights in graphs])
    distinct, slot = torch.unique(keys, return_inverse=True)
    most = values.new_zeros(len(distinct)).scatter_reduce(0, slot, values, "amax")
    return distinct // n_items, distinct % n_items, most


def _sum(edges: Edges, x: Tensor, rows: int) -> Tensor:
    row, column, weights = edges
    return x.new_zeros(rows, x.shape[1]).index_add(0, row, x[column] * weights.unsqueeze(1))


def _matrix(row: Tensor, column: Tensor, weights: Tensor, n_items: int) -> SparseMatrix:
    return SparseMatrix(row, column, weights, (n_items, n_items))
