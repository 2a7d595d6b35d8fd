"""Items that a user did not take, drawn uniformly, on the device, without a loop."""

import torch
from torch import Tensor


class NegativeSampler:
    """Draws from each user's complement exactly, so nothing has to be rejected and drawn again.

    With a user's positives sorted, p_0 < p_1 < ..., exactly p_k - k non-positives precede p_k.
    So the r-th non-positive is r plus the number of k with p_k - k <= r, which one binary search
    over all users' values tells.
    """

    def __init__(self, users: Tensor, items: Tensor, n_users: int, n_items: int) -> None:
        """`users`, `items` i64[N]: the training positives; repeated pairs count once."""
        keys = torch.unique(users * n_items + items)
        owner, taken = keys // n_items, keys % n_items
        degree = torch.bincount(owner, minlength=n_users)
        self._starts = degree.cumsum(0) - degree
        rank = torch.arange(len(keys), device=keys.device) - self._starts[owner]
        self._free = n_items - degree
        self._stride = n_items + 1
        self._before = owner * self._stride + (taken - rank)
        self.n_items = n_items

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
        return (rank + found - self._starts[owner]).clamp_max(self.n_items - 1)

    def shared(self, count: int, generator: torch.Generator) -> Tensor:
        """i64[min(count, I)]: distinct items for a whole batch, anybody's positives included."""
        if count >= self.n_items:
            return torch.arange(self.n_items, device=self._free.device)
        device = self._free.device
        return torch.randperm(self.n_items, generator=generator, device=device)[:count]
