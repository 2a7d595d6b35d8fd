"""Which modality accounts for how much of a score: exact Shapley values.

The players are the modalities and the collaborative part; the value of a coalition is the score
that the model gives with only these players present, through its own path for missing ones
(Shapley 1953; Lundberg & Lee 2017). With P players all 2^P coalitions are computed, nothing is
sampled. J is the number of sampled items.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import factorial
from types import MappingProxyType

import torch
from torch import Tensor

from backend.errors import InvalidInput
from models.modality import COLLABORATIVE, Modality
from models.recommenders import Embeddings, FeatureTable, Recommender

Coalition = frozenset[str]
_MAX_PLAYERS = 10
_CELLS = 1 << 23
"""Coalition values held at once when profiles are computed."""


@dataclass(frozen=True)
class Attribution:
    """Scores taken apart. `values` f64[..., P] in the order of `players`; `baseline`, `score`
    f64[...]; baseline + values.sum(-1) = score. Where an item number was -1 everything is NaN."""

    players: tuple[str, ...]
    values: Tensor
    baseline: Tensor
    score: Tensor


class CoalitionTables:
    """A model under every coalition of its players, on the CPU; built once per run.

    `present[player]` bool[I] tells which items have that modality (a player that is not named is
    present in all). An absent modality is no player for that item: it stays on in every
    coalition, so that it gets exactly 0 and what it says of the *user* (the pictures in a
    history, say) stands in the baseline. Raises InvalidInput above ten players (1,024
    coalitions).
    """

    def __init__(
        self, model: Recommender, present: Mapping[Modality, Tensor] | None = None
    ) -> None:
        self.players: tuple[str, ...] = model.players
        if len(self.players) > _MAX_PLAYERS:
            raise InvalidInput(
                f"Exact attributions need at most {_MAX_PLAYERS} modalities; this run has more."
            )
        self._model = model
        self._absent = _absent_bits(self.players, present or {})
        self._coalitions = _coalitions(self.players)
        self._tables: dict[Coalition, Embeddings] = {}

    @property
    def coalitions(self) -> tuple[Coalition, ...]:
        """All of them, the empty one first."""
        return tuple(self._coalitions)

    def embeddings(self, coalition: Coalition | None = None) -> Embeddings:
        """The model with these players (None: all of them); made when first asked for."""
        wanted = frozenset(self.players) if coalition is None else coalition
        if wanted not in self._tables:
            with _evaluating(self._model):
                self._tables[wanted] = _on_cpu(self._model.embed(wanted))
        return self._tables[wanted]

    def attribute(self, users: Tensor, items: Tensor) -> Attribution:
        """For pairs: `users`, `items` i64[...] of one shape."""
        return self._attribution(self.values(users, items), items)

    def attribute_lists(self, users: Tensor, items: Tensor) -> Attribution:
        """For the lists of U users: `users` i64[U], `items` i64[U, K]; values f64[U, K, P]."""
        return self.attribute(users.unsqueeze(1).expand(items.shape), items)

    def interactions(self, users: Tensor, items: Tensor) -> Tensor:
        """f64[..., P, P], symmetric, zero diagonal: what two players are worth together beyond
        what each is worth alone (Grabisch & Roubens 1999); positive: they complete each other,
        negative: they say the same."""
        return interaction_index(self.values(users, items), len(self.players))

    def attribute_new_items(
        self, users: Tensor, features: Mapping[Modality, FeatureTable]
    ) -> Attribution:
        """For B items that were not there in training: values f64[U, B, P] for `users` i64[U].

        The users keep what is known of them; the new items have no clicks, so that the
        collaborative player gets exactly 0 and its constant part stands in the baseline. Only
        where the model reads content.
        """
        if not self._model.scores_new_items:
            raise InvalidInput(
                "This run does not read pictures or text, so it cannot score new items. "
                "Choose a run that does."
            )
        held = next(chain(self._model.parameters(), self._model.buffers()), torch.empty(0))
        absent = _absent_bits(self.players, {m: t.present for m, t in features.items()})
        values = []
        with _evaluating(self._model):
            for coalition in self._coalitions:
                table = self._model.embed_users(coalition | ({COLLABORATIVE} & set(self.players)))
                given = {m: _only(t, m in coalition).to(held.device) for m, t in features.items()}
                vectors, bias = (part.cpu() for part in self._model.embed_new_items(given))
                who = users.to(table.user_bias.device)
                rows, constant = table.user_rows(who).cpu(), table.user_bias[who].cpu()
                values.append(rows @ vectors.T + bias + constant.unsqueeze(1) + table.offset)
        return self._attribution(_played(torch.stack(values).double(), absent), None)

    def attribute_scores(self, score: Callable[[Coalition], Tensor], items: Tensor) -> Attribution:
        """For somebody whom the model does not know: `score(coalition)` f32[K] says what this
        person gives to `items` i64[K]; values f64[K, P]."""
        values = torch.stack([score(coalition) for coalition in self._coalitions]).double()
        return self._attribution(_played(values, self._absent_of(items)), items)

    def values(self, users: Tensor, items: Tensor) -> Tensor:
        """f64[2^P, ...]: the score of each pair under each coalition; coalition number b holds
        player p where bit p of b is set, and all that the item lacks. Padding (-1) is scored
        as item 0."""
        flat_users, flat_items = users.reshape(-1), items.clamp(min=0).reshape(-1)
        found = (self._found(coalition, flat_items) for coalition in self._coalitions)
        scores = [table.score_pairs(flat_users, places) for table, places in found]
        values = _played(torch.stack(scores).double(), self._absent_of(flat_items))
        return values.reshape(len(scores), *items.shape)

    def grid(self, users: Tensor, items: Tensor) -> Iterator[Tensor]:
        """Attributions of all items of `items` i64[J] for chunks of `users`: f64[chunk, J, P]."""
        size = max(1, _CELLS // (len(self._coalitions) * max(len(items), 1)))
        found = [self._found(c, items) for c in self._coalitions]
        for chunk in torch.split(users, size):
            values = torch.stack([_scores(table, chunk, places) for table, places in found])
            played = _played(values.double(), self._absent_of(items))
            yield shapley(played, len(self.players))

    def _found(self, coalition: Coalition, items: Tensor) -> tuple[Embeddings, Tensor]:
        """(a table with the items i64[N] under a coalition, their places in it i64[N])."""
        if not self._model.embeds_by_item or len(coalition) == len(self.players):
            return self.embeddings(coalition), items
        distinct, places = torch.unique(items, return_inverse=True)
        held = next(chain(self._model.parameters(), self._model.buffers()), torch.empty(0))
        with _evaluating(self._model):
            return _on_cpu(self._model.embed_for(distinct.to(held.device), coalition)), places

    def _absent_of(self, items: Tensor) -> Tensor | None:
        return None if self._absent is None else self._absent[items]

    def _attribution(self, values: Tensor, items: Tensor | None) -> Attribution:
        result = Attribution(
            self.players, shapley(values, len(self.players)), values[0], values[-1]
        )
        if items is None or not bool((items < 0).any()):
            return result
        absent = items < 0
        return replace(
            result,
            values=result.values.masked_fill(absent.unsqueeze(-1), torch.nan),
            baseline=result.baseline.masked_fill(absent, torch.nan),
            score=result.score.masked_fill(absent, torch.nan),
        )


def shapley(values: Tensor, n_players: int) -> Tensor:
    """f64[2^P, ...] coalition values -> f64[..., P].

    Sums weighted *differences* of neighbouring coalitions, so that a player that never changes
    the score gets exactly 0, not a rounding error.
    """
    cube = values.reshape([2] * n_players + list(values.shape[1:]))
    weights = _size_weights(n_players - 1, n_players)
    shares = []
    for player in range(n_players):
        axis = n_players - 1 - player  # the lowest bit is the last axis
        gain = (cube.select(axis, 1) - cube.select(axis, 0)).reshape(
            len(weights), values[0].numel()
        )
        shares.append((weights.unsqueeze(1) * gain).sum(0).reshape(values.shape[1:]))
    return torch.stack(shares, -1)


def interaction_index(values: Tensor, n_players: int) -> Tensor:
    """f64[2^P, ...] coalition values -> f64[..., P, P]."""
    result = values.new_zeros(*values.shape[1:], n_players, n_players)
    cube = values.reshape([2] * n_players + list(values.shape[1:]))
    for low, high in combinations(range(n_players), 2):
        first, second = n_players - 1 - high, n_players - 1 - low
        weights = _size_weights(n_players - 2, n_players - 1)
        with_first, without = cube.select(first, 1), cube.select(first, 0)
        joint = (
            with_first.select(second - 1, 1)
            - with_first.select(second - 1, 0)
            - without.select(second - 1, 1)
            + without.select(second - 1, 0)
        )
        share = (weights.unsqueeze(1) * joint.reshape(len(weights), values[0].numel())).sum(0)
        result[..., low, high] = result[..., high, low] = share.reshape(values.shape[1:])
    return result


def spread(tables: CoalitionTables, users: Tensor, items: Tensor) -> Tensor:
    """f64[U, P]: mean absolute deviation of each player's contribution over the item sample.

    A contribution that is the same for every item re-orders nothing, whatever its size; what
    varies from item to item is what decides the list.
    """
    parts = [(phi - phi.mean(1, keepdim=True)).abs().mean(1) for phi in tables.grid(users, items)]
    return torch.cat(parts) if parts else torch.zeros(0, len(tables.players)).double()


def user_profile(tables: CoalitionTables, users: Tensor, items: Tensor) -> Tensor:
    """f64[U, P]: the share of each player in what orders a user's list; rows sum to 1.

    `items` i64[J] is a sample of the catalogue, the same for all. A user to whom every item
    scores the same gets a row of zeros.
    """
    size = spread(tables, users, items)
    total = size.sum(1, keepdim=True)
    return torch.where(total > 0, size / total.clamp(min=1e-300), 0.0)


def run_profile(tables: CoalitionTables, users: Tensor, items: Tensor) -> Mapping[str, float]:
    """Player -> mean absolute contribution, centred per user as in `spread`, in score units."""
    size = spread(tables, users, items)
    mean = size.mean(0) if len(size) else size.new_zeros(len(tables.players))
    return MappingProxyType(dict(zip(tables.players, mean.tolist(), strict=True)))


def _coalitions(players: tuple[str, ...]) -> list[Coalition]:
    return [
        frozenset(p for bit, p in enumerate(players) if number >> bit & 1)
        for number in range(2 ** len(players))
    ]


def _absent_bits(players: tuple[str, ...], present: Mapping[Modality, Tensor]) -> Tensor | None:
    """i64[I], bit p set where the item lacks player p; None where nothing lacks anything."""
    bits = [
        (~flags.cpu()).long() << players.index(m) for m, flags in present.items() if m in players
    ]
    return torch.stack(bits).sum(0) if bits else None


def _played(values: Tensor, absent: Tensor | None) -> Tensor:
    """Coalition values f64[2^P, ..., N] with what each of the N items lacks always on."""
    if absent is None:
        return values
    numbers = torch.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    return values.gather(0, (numbers | absent).expand(values.shape))


def _size_weights(others: int, total: int) -> Tensor:
    """Weight of each coalition of the other players, f64[2^others], by its size s:
    s! (total - s - 1)! / total!."""
    by_size = [factorial(s) * factorial(total - s - 1) / factorial(total) for s in range(total)]
    weights = [by_size[number.bit_count()] for number in range(2**others)]
    return torch.tensor(weights, dtype=torch.float64)


def _scores(table: Embeddings, users: Tensor, items: Tensor) -> Tensor:
    biases = table.user_bias[users].unsqueeze(1) + table.item_bias[items] + table.offset
    return table.user_rows(users) @ table.items[items].T + biases


def _only(table: FeatureTable, kept: bool) -> FeatureTable:
    if kept:
        return table
    return FeatureTable(torch.zeros_like(table.values), torch.zeros_like(table.present))


def _on_cpu(table: Embeddings) -> Embeddings:
    return Embeddings(
        table.users.cpu(),
        table.items.cpu(),
        table.user_bias.cpu(),
        table.item_bias.cpu(),
        table.offset,
    )


@contextmanager
def _evaluating(model: Recommender) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)
