"""What the search index is worth: recall against exact, speed of a search, cost of building.

    python -m bench.index [--items 1000000] [--dim 64] [--threads 1] [--kinds ivf] [--searches 2000]
        [--asks similar person]

Items are generated: clusters whose sizes fall off as those of categories do, spread out unequally
over the dimensions as learned vectors are, length 1 ("similar items") or with a popularity bias
("for a person"). Searches for items like a random one go through `similar_items`, those for people
through `recommend`, one at a time; people are mixtures of a few items. Recall@10 is counted against
the exact answer for queries that the index was not tuned on. Prints a Markdown table.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.retrieval.index import ItemIndex, Kind, build_index
from backend.retrieval.recommender import recommend, similar_items
from models.recommenders import Embeddings

DEPTH = 10
CHECKED = 1_000


def catalogue(items: int, dim: int, seed: int) -> Tensor:
    """f32[I, D] of length 1."""
    rng = np.random.default_rng(seed)
    spread = 0.85 ** (np.arange(dim) / 4)
    clusters = max(50, items // 400)
    centres = rng.normal(size=(clusters, dim)) * spread
    sizes = 1 / np.arange(1, clusters + 1) ** 0.7
    of = rng.choice(clusters, items, p=sizes / sizes.sum())
    noise = rng.normal(size=(items, dim)).astype(np.float32)
    rows = (centres[of] + 0.45 * noise * 0.85 ** (np.arange(dim) / 6)).astype(np.float32)
    return torch.nn.functional.normalize(torch.from_numpy(rows), dim=1)


def people(items: Tensor, count: int, seed: int) -> Tensor:
    """f32[U, D]: means of one to four items."""
    rng = np.random.default_rng(seed)
    rows = [
        items[torch.from_numpy(rng.integers(0, len(items), rng.integers(1, 5)))].mean(0)
        for _ in range(count)
    ]
    return torch.stack(rows)


def timed(ask: Callable[[int], object], searches: int) -> NDArray[np.float64]:
    """f64[N, 2]: milliseconds by the clock and of the processor, after twenty that do not count.

    The clock also shows what else the machine was doing.
    """
    found = []
    for number in range(searches + 20):
        started = time.perf_counter(), time.process_time()
        ask(number)
        found.append((time.perf_counter() - started[0], time.process_time() - started[1]))
    return 1e3 * np.array(found[20:])


def recall(index: ItemIndex, items: Tensor, bias: Tensor, queries: Tensor) -> float:
    """Share of the true best ten that are found, by exhaustive search."""
    flat = build_index(items, bias, kind="flat")
    worst = flat.search(queries, DEPTH).scores[:, -1:]
    return float((index.search(queries, DEPTH).scores >= worst - 1e-6).mean())


def row(what: str, index: ItemIndex, truth: float, spent: NDArray[np.float64]) -> str:
    """One line of the table."""
    p50, p95 = np.percentile(spent[:, 0], [50, 95])
    busy = np.percentile(spent[:, 1], 95)
    return (
        f"| {what} | {index.kind} | {index.size:,} | {index.seconds:.0f} | {index.recall:.4f} | "
        f"{truth:.4f} | {p50:.2f} | {p95:.2f} | {busy:.2f} |"
    )


def alike(items: Tensor, kind: Kind | None, searches: int) -> str:
    """Items like one item."""
    rng = np.random.default_rng(7)
    seeds = rng.integers(0, len(items), searches + 20)
    nothing = torch.zeros(len(items))
    index = build_index(items, nothing, kind=kind)
    spent = timed(lambda n: similar_items(items, seeds[n : n + 1], DEPTH, index=index), searches)
    checked = items[torch.from_numpy(rng.integers(0, len(items), CHECKED))]
    return row("similar items", index, recall(index, items, nothing, checked), spent)


def personal(items: Tensor, kind: Kind | None, searches: int) -> str:
    """Items for a person, twenty that he or she had left out."""
    rng = np.random.default_rng(8)
    bias = torch.from_numpy(rng.gumbel(size=len(items)).astype(np.float32)) * 0.05
    users = people(items, searches + 20, 3)
    table = Embeddings(users, items, torch.zeros(len(users)), bias, 0.0)
    index = build_index(items, bias, queries=people(items, 2 * CHECKED, 4), kind=kind)
    history = rng.integers(0, len(items), (len(users), 20))
    spent = timed(lambda n: recommend(table, n, DEPTH, exclude=history[n], index=index), searches)
    return row("for a person", index, recall(index, items, bias, users[:CHECKED]), spent)


def main() -> None:
    """Generate, build, search, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--searches", type=int, default=2_000)
    parser.add_argument("--kinds", nargs="*", default=["auto"])
    parser.add_argument("--asks", nargs="*", choices=["similar", "person"], default=["similar"])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {given.threads} thread(s), "
        f"faiss {faiss.__version__}, {given.items:,} items of {given.dim} dimensions, "
        f"{given.searches:,} searches one at a time, seed {given.seed}\n"
    )
    columns = ("search", "index", "items", "built in s", "recall@10 stated", "recall@10 checked",
               "p50 ms", "p95 ms", "p95 ms of processor")  # fmt: skip
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    items = catalogue(given.items, given.dim, given.seed)
    for kind in given.kinds:
        wanted = None if kind == "auto" else kind
        for ask in given.asks:
            line = (alike if ask == "similar" else personal)(items, wanted, given.searches)
            print(line, flush=True)


if __name__ == "__main__":
    main()
