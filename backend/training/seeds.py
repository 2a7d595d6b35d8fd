"""Randomness that follows from a seed and leaves no trace in the process."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def derived_seed(*parts: int | str) -> int:
    """A 63-bit seed that depends on every part, so (seed 1, epoch 2) shares nothing with (2, 1)."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@contextmanager
def seeded(*parts: int | str, device: torch.device | None = None) -> Iterator[None]:
    """torch's global generators seeded from `parts` inside, as before outside.

    Build a model within it: `with seeded(seed, "weights", device=device): build_recommender(...)`.
    """
    cuda = [device] if device is not None and device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(derived_seed(*parts))
        yield
