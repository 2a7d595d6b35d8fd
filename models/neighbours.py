"""Who is alike by content: exact nearest neighbours by cosine, found once per content."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

_CELLS = 1 << 24
"""Similarities held at once; what bounds memory on large catalogues."""
_KEPT = 16


@dataclass(frozen=True)
class Neighbours:
    """For B items the K most alike of a catalogue: `items` i64[B, K], `similarity` f32[B, K].

    Nearest first. A similarity of 0 marks an empty place: a cosine at or below zero is no
    likeness, and an item without content has no neighbours and is nobody's.
    """

    items: Tensor
    similarity: Tensor

    def to(self, device: torch.device) -> "Neighbours":
        return Neighbours(self.items.to(device), self.similarity.to(device))


def nearest(vectors: Tensor, catalogue: Tensor, count: int) -> Neighbours:
    """Of `catalogue` f32[I, D] for each of `vectors` f32[B, D]; rows of zeros are without content.

    An item that is itself in the catalogue is its own first neighbour, as in the papers.
    """
    among = F.normalize(catalogue.float(), dim=1)
    block = max(1, _CELLS // max(len(among), 1))
    found = [_block(rows, among, count) for rows in torch.split(vectors.float(), block)]
    if not found:
        nobody = vectors.new_zeros(0, min(count, len(among)))
        return Neighbours(nobody.long(), nobody.float())
    similarity, items = (torch.cat(parts) for parts in zip(*found, strict=True))
    return Neighbours(items, similarity)


def within(catalogue: Tensor, count: int) -> Neighbours:
    """`nearest` of every item of the catalogue, remembered by the content of `catalogue`.

    Settings or names never stand for content: other features are another key, whatever the model
    around them is called.
    """
    key = (content_key(catalogue), count)
    if key in _remembered:
        _remembered.move_to_end(key)
    else:
        _remembered[key] = nearest(catalogue, catalogue, count).to(torch.device("cpu"))
        while len(_remembered) > _KEPT:
            _remembered.popitem(last=False)
    return _remembered[key].to(catalogue.device)


def content_key(table: Tensor) -> str:
    """SHA-256 of shape, type and values."""
    digest = hashlib.sha256(f"{table.dtype}{tuple(table.shape)}".encode())
    digest.update(table.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


_remembered: OrderedDict[tuple[str, int], Neighbours] = OrderedDict()


def _block(rows: Tensor, among: Tensor, count: int) -> tuple[Tensor, Tensor]:
    likeness = F.normalize(rows, dim=1) @ among.T
    values, items = likeness.topk(min(count, len(among)), dim=1)
    return values.clamp_min(0.0), items
