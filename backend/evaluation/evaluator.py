"""Full ranking over all items, rating errors, and chances of clicks, in batched operations.

E is the number of evaluated users: those with at least one item in the truth.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.dataset import Interactions
from backend.errors import InvalidInput, TrainingFailed
from backend.evaluation.metrics import METRICS, Catalogue, Lists, Metric, metric_of
from backend.evaluation.metrics.clicks import surprise
from backend.schema import CUTOFFS
from models.recommenders import Embeddings

LIST_LENGTH = 50
"""Items kept per user in `RankingResult.top`."""
_CELLS = 1 << 24
"""Scores held at once; what bounds memory on large catalogues."""
_TIE_SEED = 20260101
_GROUP = 16
"""Columns of which only the largest is looked at first."""


@dataclass(frozen=True)
class RankingResult:
    """Lists and metrics of one model on one truth; arrays on the CPU, all in the order of `users`.

    `users` i64[E], ascending; `per_user["ndcg@20"]` f32[E]; `catalogue["coverage@20"]` for what
    exists only over all lists; `top` i32[E, 50] item numbers, best first, -1 where the candidates
    ran out. `collapsed`: most users' lists are not ordered by the model at all (every score in
    them is equal), so that its numbers are those of a random list.
    """

    users: NDArray[np.int64]
    per_user: Mapping[str, NDArray[np.float32]]
    catalogue: Mapping[str, float]
    top: NDArray[np.int32]
    collapsed: bool

    def means(self) -> dict[str, float]:
        """Every metric as one number: the mean over users (0 without users), and `catalogue`."""
        means = {
            name: float(values.mean(dtype=np.float64)) if len(values) else 0.0
            for name, values in self.per_user.items()
        }
        return {**means, **self.catalogue}


@dataclass(frozen=True)
class RatingResult:
    """Errors of predicted ratings.

    `predicted`, `squared`, `absolute` f32[N] per interaction of the truth; `totals` over all of
    them (what papers report; NaN for an empty truth); `users` i64[E], ascending, and
    `per_user["rmse"]` f32[E].
    """

    predicted: NDArray[np.float32]
    squared: NDArray[np.float32]
    absolute: NDArray[np.float32]
    totals: Mapping[str, float]
    users: NDArray[np.int64]
    per_user: Mapping[str, NDArray[np.float32]]

    @property
    def rmse(self) -> float:
        return self.totals["rmse"]

    @property
    def mae(self) -> float:
        return self.totals["mae"]

    def means(self) -> dict[str, float]:
        """The totals, under the name that ranking results use."""
        return dict(self.totals)


@dataclass(frozen=True)
class ClickResult:
    """Predicted chances of clicks.

    `probabilities`, `clicks` f64[N] per impression of the truth; `totals` over all of them (NaN
    where a metric says so); `users` i64[E], ascending, and `per_user["logloss"]` f32[E], the only
    one that exists for a person alone.
    """

    probabilities: NDArray[np.float64]
    clicks: NDArray[np.float64]
    totals: Mapping[str, float]
    users: NDArray[np.int64]
    per_user: Mapping[str, NDArray[np.float32]]

    def means(self) -> dict[str, float]:
        """The totals, under the name that ranking results use."""
        return dict(self.totals)


def evaluate_ranking(
    embeddings: Embeddings,
    exclude: Interactions,
    truth: Interactions,
    *,
    cutoffs: Sequence[int] = CUTOFFS,
    diversity_features: Tensor | None = None,
    popularity: Tensor | None = None,
    categories: Tensor | None = None,
    candidates: NDArray[np.bool_] | None = None,
    batch: int = 1024,
) -> RankingResult:
    """Rank every item that is not in `exclude` for every user of `truth`, and measure.

    `candidates` bool[I] are the only items that are ranked (None: the whole catalogue);
    `diversity_features` f32[I, D] with rows of length 1 or zero (None: no diversity);
    `popularity` i64[I] (None: counted from `exclude`); `categories` f32[I, C] as in `Catalogue`
    (None: no calibration); `batch` bounds the users held at once.
    A truth pair that is also excluded cannot be hit and counts as missed. Equal scores are
    ordered by one fixed shuffle of the catalogue, the same for every model and user: the
    order of the item numbers, which often tells age or popularity, never helps a model that
    cannot decide. Raises TrainingFailed where the embeddings hold values that are no numbers.
    """
    device = embeddings.items.device
    n_items = len(embeddings.items)
    counts = (
        torch.from_numpy(np.bincount(exclude.items, minlength=n_items))
        if popularity is None
        else popularity
    )
    features = None if diversity_features is None else diversity_features.to(device)
    mix = None if categories is None else categories.to(device)
    catalogue = Catalogue(counts.to(device), features, mix)
    ranked = [
        (f"{metric.name}@{k}", metric, k)
        for metric in METRICS.values()
        if metric.rank and _measurable(metric, catalogue)
        for k in _checked(cutoffs)
    ]
    per_user: dict[str, list[Tensor]] = {name: [] for name, metric, _ in ranked if metric.per_user}
    users, lists, unordered = [], [], 0
    length = max(LIST_LENGTH, *cutoffs)
    for chunk in _rank(embeddings, exclude, truth, catalogue, length, batch, candidates):
        for name, metric, k in ranked:
            if metric.per_user:
                per_user[name].append(_apply(metric, chunk.lists, k).cpu())
        users.append(chunk.users.cpu())
        lists.append(chunk.lists)
        unordered += chunk.unordered
    everything = _together(lists, Catalogue(counts.cpu()))
    top = everything.items
    return RankingResult(
        users=torch.cat(users).numpy() if users else np.zeros(0, np.int64),
        per_user={
            name: torch.cat(values).numpy() if values else np.zeros(0, np.float32)
            for name, values in per_user.items()
        },
        catalogue={
            name: float(_apply(metric, everything, k))
            for name, metric, k in ranked
            if not metric.per_user
        },
        top=top[:, :LIST_LENGTH].numpy(),
        collapsed=2 * unordered > len(top),
    )


def quick_validation(
    embeddings: Embeddings,
    exclude: Interactions,
    truth: Interactions,
    cutoffs: Sequence[int] = (20,),
    *,
    names: Sequence[str] = ("ndcg", "recall"),
    candidates: NDArray[np.bool_] | None = None,
    batch: int = 1024,
) -> dict[str, float]:
    """The means that early stopping looks at, for every epoch; zeros for an empty truth."""
    counts = np.bincount(exclude.items, minlength=len(embeddings.items))
    catalogue = Catalogue(torch.as_tensor(counts, device=embeddings.items.device))
    wanted = [f"{name}@{k}" for name in names for k in _checked(cutoffs)]
    totals, users = dict.fromkeys(wanted, 0.0), 0
    for chunk in _rank(embeddings, exclude, truth, catalogue, max(cutoffs), batch, candidates):
        users += len(chunk.users)
        for name in wanted:
            metric, k = metric_of(name)
            totals[name] += float(_apply(metric, chunk.lists, k or 0).double().sum())
    return {name: total / max(users, 1) for name, total in totals.items()}


def evaluate_rating(
    embeddings: Embeddings, truth: Interactions, low: float, high: float, *, batch: int = 4096
) -> RatingResult:
    """Errors of the predicted ratings, clipped to the scale [low, high]."""
    predicted = scores_of(embeddings, truth, batch=batch).clamp(low, high)
    errors = (predicted - torch.as_tensor(truth.ratings)).double()
    rows, owner = np.unique(truth.users, return_inverse=True)
    rates = {metric.name: metric.rate for metric in METRICS.values() if metric.rate}
    everybody, each = torch.zeros(len(errors), dtype=torch.int64), torch.from_numpy(owner)
    return RatingResult(
        predicted=predicted.numpy(),
        squared=errors.square().float().numpy(),
        absolute=errors.abs().float().numpy(),
        totals={name: float(rate(errors, everybody, 1)) for name, rate in rates.items()},
        users=rows,
        per_user={
            name: rate(errors, each, len(rows)).float().numpy() for name, rate in rates.items()
        },
    )


def evaluate_clicks(embeddings: Embeddings, truth: Interactions) -> ClickResult:
    """Of scores that are log-odds, at the moment of each impression."""
    probabilities = torch.sigmoid(scores_of(embeddings, truth).double())
    clicks = torch.as_tensor(truth.ratings).double()
    users, owner = np.unique(truth.users, return_inverse=True)
    lost = np.bincount(owner, surprise(probabilities, clicks).numpy(), minlength=len(users))
    each = lost / np.bincount(owner, minlength=len(users))
    return ClickResult(
        probabilities=probabilities.numpy(),
        clicks=clicks.numpy(),
        totals={m.name: m.judge(probabilities, clicks) for m in METRICS.values() if m.judge},
        users=users,
        per_user={"logloss": each.astype(np.float32)},
    )


def scores_of(embeddings: Embeddings, truth: Interactions, *, batch: int = 4096) -> Tensor:
    """f32[N] on the CPU: one per interaction, at its time where the interaction has one."""
    _require_numbers(embeddings)
    device = embeddings.items.device
    size = max(1, min(batch, _CELLS // max(embeddings.items.shape[1], 1)))
    columns = [truth.users, truth.items, truth.times]
    timed = len(truth.times) == len(truth)
    parts = [torch.split(torch.as_tensor(c, device=device), size) for c in columns[: 2 + timed]]
    score = embeddings.score_at if timed else embeddings.score_pairs
    found = [score(*chunk) for chunk in zip(*parts, strict=True)]
    return torch.cat(found).cpu() if len(truth) else torch.zeros(0)


@dataclass(frozen=True)
class _Chunk:
    users: Tensor
    lists: Lists
    unordered: int


def _rank(
    embeddings: Embeddings,
    exclude: Interactions,
    truth: Interactions,
    catalogue: Catalogue,
    length: int,
    batch: int,
    candidates: NDArray[np.bool_] | None,
) -> Iterator[_Chunk]:
    """The best `length` items of each evaluated user, in batches that fit into memory."""
    _require_numbers(embeddings)
    device, n_items = embeddings.items.device, len(embeddings.items)
    keys = torch.as_tensor(np.unique(truth.users * n_items + truth.items), device=device)
    users, positives = torch.unique_consecutive(
        keys.div(n_items, rounding_mode="floor"), return_counts=True
    )
    masked = _Masked(exclude, device)
    ruled_out = None if candidates is None else torch.as_tensor(~candidates, device=device)
    score = _scorer(embeddings)
    ties = _TieBreak(n_items, device)
    size = max(1, min(batch, _CELLS // max(n_items, 1)))
    for rows, wanted in zip(torch.split(users, size), torch.split(positives, size), strict=True):
        scores = score(rows)
        owner, taken = masked.of(rows)
        scores[owner, taken] = -torch.inf
        if ruled_out is not None:
            scores[:, ruled_out] = -torch.inf
        values, items = ties.top(scores, length)
        items = torch.where(values > -torch.inf, items, -1)
        if n_items < length:
            items = torch.nn.functional.pad(items, (0, length - n_items), value=-1)
        yield _Chunk(
            users=rows,
            lists=Lists(
                items,
                _found(keys, rows, items, n_items),
                wanted,
                catalogue,
                torch.bincount(owner, minlength=len(rows)),
                _profile(owner, taken, len(rows), catalogue.categories),
            ),
            unordered=_unordered(values),
        )


def _profile(owner: Tensor, taken: Tensor, users: int, categories: Tensor | None) -> Tensor | None:
    """f32[B, C]: the categories of what each user took, as shares."""
    if categories is None:
        return None
    total = categories.new_zeros(users, categories.shape[1])
    total.index_add_(0, owner, categories[taken])
    return total / total.sum(1, keepdim=True).clamp(min=1e-12)


def _together(chunks: Sequence[Lists], catalogue: Catalogue) -> Lists:
    """The lists of all users, on the CPU."""
    if not chunks:
        none = torch.zeros(0, dtype=torch.int64)
        empty = torch.zeros(0, LIST_LENGTH, dtype=torch.int32)
        return Lists(empty, empty.bool(), none, catalogue, none)
    return Lists(
        torch.cat([chunk.items.to(torch.int32).cpu() for chunk in chunks]),
        torch.cat([chunk.hits.cpu() for chunk in chunks]),
        torch.cat([chunk.positives.cpu() for chunk in chunks]),
        catalogue,
        torch.cat([chunk.activity.cpu() for chunk in chunks if chunk.activity is not None]),
    )


def _measurable(metric: Metric, catalogue: Catalogue) -> bool:
    if metric.needs_features and catalogue.features is None:
        return False
    return not (metric.needs_categories and catalogue.categories is None)


class _Masked:
    """Excluded pairs as compressed rows."""

    def __init__(self, exclude: Interactions, device: torch.device) -> None:
        order = np.argsort(exclude.users, kind="stable")
        self._users = torch.as_tensor(exclude.users[order], device=device)
        self._items = torch.as_tensor(exclude.items[order], device=device)

    def of(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Index pair (position in `rows`, item)."""
        first = torch.searchsorted(self._users, rows)
        counts = torch.searchsorted(self._users, rows, right=True) - first
        owner = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), counts)
        within = torch.arange(len(owner), device=rows.device) - (counts.cumsum(0) - counts)[owner]
        return owner, self._items[first[owner] + within]


class _TieBreak:
    """Top-k in which equal scores follow one fixed shuffle of the items."""

    def __init__(self, n_items: int, device: torch.device) -> None:
        shuffle = torch.randperm(n_items, generator=torch.Generator().manual_seed(_TIE_SEED))
        self._item_at = shuffle.to(device)
        self._place = torch.empty_like(self._item_at)
        self._place[self._item_at] = torch.arange(n_items, device=device)

    def top(self, scores: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """(values f32[B, K], items i64[B, K]), K = min(length, I)."""
        n_items = scores.shape[1]
        k = min(length, n_items)
        values, items = _largest(scores, min(k + 1, n_items))
        by_place = self._place[items].argsort(1)
        values, items = values.gather(1, by_place), items.gather(1, by_place)
        values, order = values.sort(dim=1, descending=True, stable=True)
        items = items.gather(1, order)
        if k < n_items:
            # Only where the cut falls between equal scores does topk choose arbitrarily.
            torn = ((values[:, k - 1] == values[:, k]) & (values[:, k] > -torch.inf)).nonzero()[
                :, 0
            ]
            if len(torn):
                items[torn, :k] = self._exact(scores[torn], k)
        return values[:, :k], items[:, :k]

    def _exact(self, scores: Tensor, k: int) -> Tensor:
        bits = (scores + 0.0).view(torch.int32)  # adding zero makes -0.0 equal to 0.0
        ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).long()
        keys = (ordered << 32) | (scores.shape[1] - 1 - self._place)
        best = keys.topk(k, dim=1).values & 0xFFFFFFFF
        return self._item_at[scores.shape[1] - 1 - best]


def _largest(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """`scores.topk(k)` of f32[B, I]. The k largest lie in the k groups whose maxima are largest,
    and maxima over many columns are found far faster than topk passes over the columns."""
    n_items = scores.shape[1]
    groups = n_items // _GROUP
    if groups <= 2 * k:
        return scores.topk(k, dim=1)
    whole = groups * _GROUP
    # Strided groups: the maximum is taken over rows of memory, not inside them.
    maxima = scores[:, :whole].view(-1, _GROUP, groups).amax(1)
    members = torch.arange(0, whole, groups, device=scores.device)
    columns = (maxima.topk(k, dim=1).indices.unsqueeze(2) + members).flatten(1)
    rest = torch.arange(whole, n_items, device=scores.device).expand(len(scores), -1)
    columns = torch.cat([columns, rest], dim=1)
    values, places = scores.gather(1, columns).topk(k, dim=1)
    return values, columns.gather(1, places)


def _found(keys: Tensor, users: Tensor, items: Tensor, n_items: int) -> Tensor:
    wanted = users.unsqueeze(1) * n_items + items
    position = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    return (keys[position] == wanted) & (items >= 0)


def _unordered(values: Tensor) -> int:
    valid = values > -torch.inf
    best = values[:, 0]
    worst = torch.where(valid, values, torch.inf).amin(1)
    flat = (best - worst) <= 1e-6 * best.abs()
    return int((flat & (valid.sum(1) > 1)).sum())


def _scorer(embeddings: Embeddings) -> Callable[[Tensor], Tensor]:
    """`embeddings.score`, with items laid out for it once and biases added on the way; histories
    stay sparse: 50,000 entries instead of users x items."""
    by_column = embeddings.items.T.contiguous()
    constant = embeddings.item_bias + embeddings.offset
    if embeddings.users.layout != torch.sparse_csr:

        def dense(rows: Tensor) -> Tensor:
            dots = torch.addmm(constant, embeddings.users[rows], by_column)
            return dots.add_(embeddings.user_bias[rows].unsqueeze(1))

        return dense
    starts, columns = embeddings.users.crow_indices(), embeddings.users.col_indices()
    weights = embeddings.users.values()

    def score(rows: Tensor) -> Tensor:
        counts = starts[rows + 1] - starts[rows]
        offsets = counts.cumsum(0) - counts
        owner = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), counts)
        flat = starts[rows][owner] + torch.arange(len(owner), device=rows.device) - offsets[owner]
        dots = torch.nn.functional.embedding_bag(
            columns[flat].long(),
            by_column,
            offsets,
            mode="sum",
            per_sample_weights=weights[flat],
        )
        return dots.add_(constant).add_(embeddings.user_bias[rows].unsqueeze(1))

    return score


def _apply(metric: Metric, lists: Lists, k: int) -> Tensor:
    if metric.rank is None:
        raise InvalidInput(f"'{metric.name}' measures ratings, not ranked lists.")
    return metric.rank(lists, k)


def _checked(cutoffs: Sequence[int]) -> tuple[int, ...]:
    if not cutoffs or min(cutoffs) < 1:
        raise InvalidInput("Give at least one cutoff, each at least 1.")
    return tuple(cutoffs)


def _require_numbers(embeddings: Embeddings) -> None:
    users = embeddings.users
    parts = (
        users.values() if users.layout == torch.sparse_csr else users,
        embeddings.items,
        embeddings.user_bias,
        embeddings.item_bias,
    )
    if not all(bool(torch.isfinite(part).all()) for part in parts):
        raise TrainingFailed(
            "The model's embeddings hold values that are not numbers, so nothing can be ranked. "
            "Train again with a lower learning rate or stronger regularisation."
        )
