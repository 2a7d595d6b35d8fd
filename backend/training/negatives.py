"""Items that a user did not take, drawn uniformly, on the device, without a loop."""

import torch
from torch import Tensor


class NegativeSampler:
    """Draws from each user's complement exactly, so nothing has to be rejected and drawn again.

    With a user's positives sorted, p_0 < p_1 < ..., exactly p_k - k non-positives precede p_k.
    So the r-th non-positive is r plus the number of k with p_k - k <= r, which one binary search
    over all users' values tells.
    """

    def __init__(self, users: Tensor, items: Tensor, n_users: int) -> None:
        """`users`, `items` i64[N]: the training positives; repeated pairs count once.

        Only items that somebody took are ever drawn: that nobody took an item which is new says
        nothing, and as a negative it would pull down whatever looks like it.
        """
        self._known, number = torch.unique(items, return_inverse=True)
        n_known = len(self._known)
        keys = torch.unique(users * n_known + number)
        self._keys = keys
        owner, taken = keys // max(n_known, 1), keys % max(n_known, 1)
        degree = torch.bincount(owner, minlength=n_users)
        self._starts = degree.cumsum(0) - degree
        rank = torch.arange(len(keys), device=keys.device) - self._starts[owner]
        self._free = n_known - degree
        self._stride = n_known + 1
        self._before = owner * self._stride + (taken - rank)

    def draw(self, users: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """i64[B, count], with repetitions, for users i64[B].

        For a user who took everything there is nothing to draw: the last item is given.
        """
        owner = users.unsqueeze(1).expand(-1, count)
        free = self._free[owner]
        uniform = torch.rand(
            owner.shape, generator=generator, dtype=torch.float64, device=users.device
        )
        # The clamp catches a product that rounds up to `free` itself.
        rank = torch.minimum((uniform * free).long(), (free - 1).clamp_min(0))
        found = torch.searchsorted(self._before, owner * self._stride + rank, right=True)
        place = (rank + found - self._starts[owner]).clamp_max(len(self._known) - 1)
        drawn: Tensor = self._known[place]
        return drawn

    def taken(self, users: Tensor, items: Tensor) -> Tensor:
        """bool: whether these are positives; of items that somebody took."""
        keys = users * len(self._known) + torch.searchsorted(self._known, items)
        place = torch.searchsorted(self._keys, keys).clamp_max(max(len(self._keys) - 1, 0))
        found: Tensor = self._keys[place] == keys
        return found

    def shared(self, count: int, generator: torch.Generator) -> Tensor:
        """i64[min(count, known items)], distinct, for a whole batch; anybody's positives too."""
        known: Tensor = self._known
        if count >= len(known):
            return known
        return known[torch.randperm(len(known), generator=generator, device=known.device)[:count]]
