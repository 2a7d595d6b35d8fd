"""Everybody's history in the order of time, cut into windows that a sequence model can read."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from models.recommenders._base import TrainingData

_PLACES = 1 << 15
"""Places of sequences that are held at once; bounds memory when everybody is read."""

_TOGETHER = 64
"""Sequences that are never parted for their lengths: a part costs calls, too."""


class Histories(nn.Module):
    """The training pairs by user and time; of equal times the order of the data holds, and in
    training one that is drawn.

    A window begins at one of a user's items and has at most `length` of them. Windows overlap by
    half, and each item is predicted in the one that has most before it: from half a window at
    least where there are as many, and from all that came before it in a short history.
    """

    items: Tensor
    """i64[N], by user and time."""
    _drawn: Tensor
    _places: Tensor
    _counts: Tensor
    _starts: Tensor
    _keys: Tensor
    _lookup: Tensor
    _users: Tensor
    _taken: Tensor
    _times: Tensor

    def __init__(self, data: TrainingData, length: int) -> None:
        super().__init__()
        self.step, self.n_items = max(1, length // 2), data.n_items
        counts = torch.bincount(data.users, minlength=data.n_users)
        self.register_buffer("_counts", counts, persistent=False)
        self.register_buffer("_starts", counts.cumsum(0) - counts, persistent=False)
        times = torch.zeros_like(data.items) if data.times is None else data.times
        for name, column in (("users", data.users), ("taken", data.items), ("times", times)):
            self.register_buffer(f"_{name}", column, persistent=False)
        self._dated = data.times is not None
        rows = self._ordered(torch.arange(len(data.items), device=data.items.device))
        self.register_buffer("items", data.items[rows], persistent=False)
        self.register_buffer("_drawn", self.items, persistent=False)
        self.register_buffer("_places", rows.argsort(), persistent=False)
        keys, lookup = (data.users * data.n_items + data.items).sort(stable=True)
        self.register_buffer("_keys", keys, persistent=False)
        self.register_buffer("_lookup", lookup, persistent=False)

    def redraw_ties(self) -> None:
        """What a user took at the same time stands in another order, at random, in training."""
        if self._dated:
            rows = self._ordered(torch.randperm(len(self.items), device=self.items.device))
            self._drawn, self._places = self._taken[rows], rows.argsort()

    def before(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where training pairs i64[B] are predicted: (windows i64[W], the place at which each
        begins; window of each pair i64[B]; how many of its items come before, i64[B])."""
        found = torch.searchsorted(self._keys, users * self.n_items + items)
        start = self._starts[users]
        place = self._places[self._lookup[found]] - start
        begin = start + ((place // self.step - 1) * self.step).clamp_min(0)
        windows, window = torch.unique(begin, return_inverse=True)
        return windows, window, place + start - begin

    def latest(self) -> tuple[Tensor, Tensor]:
        """(where the last window of everybody begins i64[U], its items i64[U])."""
        # One less than a window holds: the last of a full one is only ever predicted.
        counts = self._counts.clamp_max(2 * self.step - 1)
        return self._starts + self._counts - counts, counts

    def read(self, begins: Tensor, counts: Tensor, drawn: bool) -> Iterator[tuple[Tensor, Tensor]]:
        """Parts of sequences of about one length: (which i64[S], items i64[S, L]), L the largest
        of their `counts`; past its own count a sequence goes on with anything. `drawn`: with
        ties as they were drawn last."""
        line = self._drawn if drawn else self.items
        order = counts.argsort(stable=True)
        for chosen in torch.split(order, self._parts(counts[order])):
            steps = torch.arange(int(counts[chosen[-1]]), device=begins.device)
            numbers = begins[chosen].unsqueeze(1) + steps
            yield chosen, line[numbers.clamp_max(max(len(line) - 1, 0))]

    def _ordered(self, ties: Tensor) -> Tensor:
        """i64[N]: rows by user and time; those of equal time as in `ties`."""
        rows = ties[self._times[ties].argsort(stable=True)]
        return rows[self._users[rows].argsort(stable=True)]

    @staticmethod
    def _parts(ascending: Tensor) -> list[int]:
        """Sizes of the parts: eighths of the sequences, less where memory asks for it."""
        sizes, left = [], len(ascending)
        share = max(_TOGETHER, -(-left // 8))
        while left:
            longest = int(ascending[min(len(ascending) - left + share, len(ascending)) - 1]) + 1
            size = min(share, left, max(1, _PLACES // longest))
            sizes.append(size)
            left -= size
        return sizes
