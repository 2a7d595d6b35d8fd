"""Time to take a page of 20 items apart, with four modalities and clicks.

    python -m bench.explain [--items 20000] [--users 2000] [--repeats 50]

A fused run of late fusion over random features of image, text, audio and video, untrained: the time
does not depend on what was learned. Measured after warm-up: exact contributions (32 coalitions) of
20 items for one person, a new person every time.
"""

import argparse
import os
import platform
import time

import numpy as np
import torch

from backend.explain.modality_shapley import CoalitionTables
from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender

_DIMS = {Modality.IMAGE: 1280, Modality.TEXT: 384, Modality.AUDIO: 256, Modality.VIDEO: 512}
_PAGE = 20


def main() -> None:
    """Print median and 95th percentile in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=50)
    given = parser.parse_args()
    chance = torch.Generator().manual_seed(0)
    everything = torch.ones(given.items, dtype=torch.bool)
    features = {
        m: FeatureTable(torch.randn(given.items, dim, generator=chance), everything)
        for m, dim in _DIMS.items()
    }
    clicks = 20 * given.users
    data = TrainingData(
        n_users=given.users,
        n_items=given.items,
        users=torch.arange(given.users).repeat_interleave(20),
        items=torch.randint(given.items, (clicks,), generator=chance),
        ratings=torch.ones(clicks),
        features=features,
    )
    model = build_recommender("fused", data, fusion="late")
    tables = CoalitionTables(model, {m: table.present for m, table in features.items()})
    started = time.perf_counter()
    tables.attribute_lists(torch.tensor([0]), torch.arange(_PAGE).unsqueeze(0))
    first = time.perf_counter() - started
    seconds = []
    for repeat in range(given.repeats + 5):
        items = torch.randint(given.items, (1, _PAGE), generator=chance)
        started = time.perf_counter()
        found = tables.attribute_lists(torch.tensor([repeat % given.users]), items)
        seconds.append(time.perf_counter() - started)
    milliseconds = 1000 * np.array(seconds[5:])
    median, high = np.median(milliseconds), np.quantile(milliseconds, 0.95)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads; "
        f"{given.items:,} items, {len(found.players)} players, {_PAGE} items a page: median "
        f"{median:.2f} ms, 95th percentile {high:.2f} ms "
        f"({given.repeats} pages); the first page of a run, which makes the tables: {first:.1f} s"
    )


if __name__ == "__main__":
    main()
