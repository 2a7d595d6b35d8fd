"""Lists for people: for a user, like some items, and the audience of a new item."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.dataset import Interactions
from backend.errors import InvalidInput, NotFound
from backend.retrieval.index import ItemIndex
from models.recommenders import Embeddings

_CELLS = 1 << 24
"""Scores held at once."""


@dataclass(frozen=True)
class Recommendations:
    """One list, best first; shorter than asked where the candidates ran out.

    `items` i64[k] item numbers (new items follow the catalogue: I, I + 1, ...); `scores` f32[k]
    as the model gives them (cosines for `similar_items`); `ranks` i64[k] from 1.
    """

    items: NDArray[np.int64]
    scores: NDArray[np.float32]

    @property
    def ranks(self) -> NDArray[np.int64]:
        return np.arange(1, len(self.items) + 1)


@dataclass(frozen=True)
class NewItems:
    """Items added after training, as `Recommender.embed_new_items` gives them: `vectors`
    f32[N, D], `bias` f32[N]. Their numbers are I + row, I the size of the catalogue."""

    vectors: Tensor
    bias: Tensor


@dataclass(frozen=True)
class Audience:
    """Who is likeliest to choose one new item, best first. `ranks` i64[A]: its place in each
    user's own list, from 1; `scores` f32[A]."""

    users: NDArray[np.int64]
    ranks: NDArray[np.int64]
    scores: NDArray[np.float32]


def recommend(
    embeddings: Embeddings,
    user_num: int,
    k: int,
    *,
    exclude: NDArray[np.int64] | None = None,
    index: ItemIndex | None = None,
    new_items: NewItems | None = None,
) -> Recommendations:
    """The best k items for a user, leaving out `exclude` (item numbers, new ones too).

    Exact without an index. Equal scores are ordered by item number. Raises NotFound for a user
    that the model does not know.
    """
    if not 0 <= user_num < len(embeddings.user_bias):
        raise NotFound(f"This run does not know user number {user_num}.")
    _at_least_one(k)
    user = torch.tensor([user_num])
    left_out = np.zeros(0, np.int64) if exclude is None else np.asarray(exclude, dtype=np.int64)
    constant = float(embeddings.user_bias[user_num]) + embeddings.offset
    if index is None:
        items = np.arange(len(embeddings.items))
        scores = embeddings.score(user)[0].cpu().numpy()
    else:
        old = left_out[left_out < index.size]
        found = index.search(embeddings.user_rows(user), k, [old])
        items, scores = found.items[0], found.scores[0] + np.float32(constant)
    if new_items is not None:
        fresh = _new_scores(embeddings, user, new_items)[0] + constant
        items = np.concatenate([items, len(embeddings.items) + np.arange(len(fresh))])
        scores = np.concatenate([scores, fresh.cpu().numpy()])
    return _best(items, scores, k, left_out)


def similar_items(
    items: Tensor,
    seeds: NDArray[np.int64],
    k: int,
    *,
    exclude: NDArray[np.int64] | None = None,
    index: ItemIndex | None = None,
) -> Recommendations:
    """The k items closest to the mean direction of `seeds`, by cosine of rows of `items` f32[I, D].

    Exact without an index; one must hold the rows of `items` at length 1 and no biases. Seeds are
    left out. Items whose vector is zero are nowhere near anything: they come last,
    with 0. Raises InvalidInput without seeds or where these cancel out to nothing.
    """
    _at_least_one(k)
    if not len(seeds):
        raise InvalidInput("Choose at least one item to find similar ones.")
    if seeds.min() < 0 or seeds.max() >= len(items):
        raise NotFound("One of these items is not in the catalogue of this run.")
    rows = items[torch.from_numpy(seeds).to(items.device)]
    mean = torch.nn.functional.normalize(rows, dim=1).mean(0)
    if float(mean.norm()) < 1e-6:
        raise InvalidInput(
            "This run has learned nothing about these items, so it cannot find similar ones. "
            "Choose others."
        )
    query = torch.nn.functional.normalize(mean, dim=0)
    left_out = seeds if exclude is None else np.concatenate([seeds, exclude])
    if index is not None:
        found = index.search(query.unsqueeze(0), k, [left_out])
        return _best(found.items[0], found.scores[0], k, left_out)
    cosines = (torch.nn.functional.normalize(items, dim=1) @ query).cpu().numpy()
    return _best(np.arange(len(items)), cosines, k, left_out)


def audience(
    embeddings: Embeddings,
    item: NewItems,
    k: int,
    *,
    known: Interactions | None = None,
    batch: int = 1024,
) -> Audience:
    """The k users who are likeliest to choose the one new item, ties by score.

    A user with n `known` choices counts (1 + n) / rank: somebody who chooses twice as much is as
    likely a taker of the item at number 20 as another at number 10. The rank is that among all
    items of the catalogue but those that the user has already; comparing raw scores between users
    would only find those to whom the model gives high scores in general.
    """
    _at_least_one(k)
    if len(item.bias) != 1:
        raise InvalidInput("An audience belongs to one item at a time.")
    size = max(1, min(batch, _CELLS // max(len(embeddings.items), 1)))
    ranks, scores = [], []
    order = np.argsort(known.users, kind="stable") if known is not None else None
    everybody = torch.arange(len(embeddings.user_bias), device=embeddings.items.device)
    for users in torch.split(everybody, size):
        constant = embeddings.user_bias[users] + embeddings.offset
        own = _new_scores(embeddings, users, item)[:, 0] + constant
        others = embeddings.score(users)
        if known is not None and order is not None:
            _rule_out(others, int(users[0]), known, order)
        ranks.append((others > own.unsqueeze(1)).sum(1) + 1)
        scores.append(own)
    rank, score = torch.cat(ranks).cpu().numpy(), torch.cat(scores).cpu().numpy()
    choices = 1.0 if known is None else 1.0 + np.bincount(known.users, minlength=len(rank))
    best = np.lexsort((-score, -choices / rank))[:k]
    return Audience(best.astype(np.int64), rank[best], score[best])


def _rule_out(scores: Tensor, first: int, known: Interactions, order: NDArray[np.int64]) -> None:
    """Scores of what users `first`, first + 1, ... have already become -inf."""
    low, high = np.searchsorted(known.users, [first, first + len(scores)], sorter=order)
    rows = order[low:high]
    users = torch.as_tensor(known.users[rows] - first, device=scores.device)
    scores[users, torch.as_tensor(known.items[rows], device=scores.device)] = -torch.inf


def _new_scores(embeddings: Embeddings, users: Tensor, new: NewItems) -> Tensor:
    """f32[B, N], without the user's bias and the offset."""
    device = embeddings.items.device
    return embeddings.user_rows(users) @ new.vectors.to(device).T + new.bias.to(device)


def _best(
    items: NDArray[np.int64], scores: NDArray[np.float32], k: int, left_out: NDArray[np.int64]
) -> Recommendations:
    keep = (items >= 0) & ~np.isin(items, left_out)
    items, scores = items[keep], scores[keep]
    order = np.lexsort((items, -scores))[:k]
    return Recommendations(items[order], scores[order].astype(np.float32))


def _at_least_one(k: int) -> None:
    if k < 1:
        raise InvalidInput("Ask for at least one.")
