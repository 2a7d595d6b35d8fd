"""Several kinds of nearness made into one order: what a search with weights is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.errors import InvalidInput


@dataclass(frozen=True)
class Channel:
    """How near every item is to one part of a query, seen through one modality.

    `nearness` f32[I], cosines; `present` bool[I]: items that have the modality. A negative
    `weight` pushes away what is near.
    """

    modality: str
    nearness: NDArray[np.float32]
    present: NDArray[np.bool_]
    weight: float = 1.0


@dataclass(frozen=True)
class Blend:
    """`score` f64[I]; `parts` f64[I] per modality, which sum to the score; `known` bool[I]: items
    that have at least one of the modalities."""

    score: NDArray[np.float64]
    parts: dict[str, NDArray[np.float64]]
    known: NDArray[np.bool_]


def blend(channels: Sequence[Channel]) -> Blend:
    """Each channel in standard deviations over the items that have it, weighted, divided by the
    sum of all weights.

    Cosines of two encoders are on different scales: added as they are, one of them decides alone.
    What an item lacks counts neither for nor against it. Channels of weight 0 are left out; raises
    InvalidInput where none is left.
    """
    used = [channel for channel in channels if channel.weight]
    total = sum(abs(channel.weight) for channel in used)
    if not used:
        raise InvalidInput("Every weight is zero, so nothing is left to search by. Raise one.")
    size = len(used[0].nearness)
    parts: dict[str, NDArray[np.float64]] = {}
    known = np.zeros(size, np.bool_)
    for channel in used:
        share = channel.weight / total * _standardised(channel)
        parts[channel.modality] = parts.get(channel.modality, np.zeros(size)) + share
        known |= channel.present
    return Blend(np.sum(list(parts.values()), axis=0), parts, known)


def _standardised(channel: Channel) -> NDArray[np.float64]:
    there = channel.nearness[channel.present].astype(np.float64)
    result = np.zeros(len(channel.nearness))
    spread = there.std() if len(there) else 0.0
    if spread > 1e-9:
        result[channel.present] = (there - there.mean()) / spread
    return result
