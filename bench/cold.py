"""Items that nobody has clicked: who finds their takers?

    python -m bench.cold --dataset hm [--home DIR] [--seeds 2026 2027 2028] [--models ...]

A tenth of the items is held out whole (`cold_items`), once per seed, and ranked among themselves.
Every model is trained with its default settings; a run that is there already is used again.
Prints a Markdown table, means over the seeds:

- NDCG@20. Models that know clicks only give every such item the same score (or a first weight), so
  what they reach is one draw of a random list; "chance" is its expectation, over 20 orders.
- launch: a hundred held-out items are put to the launch simulator with their stored content. The
  audience is the 50 people of the page; `lift` is the share of the items' later takers that are in
  it, over the 50 / U that chance would find (all takers of all items together), `ceiling` what a
  simulator that knows the takers would reach, `active` the 50 people who chose most in training.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from backend.evaluation.evaluator import quick_validation
from backend.retrieval.recommender import NewItems, audience
from backend.schema import SplitName
from backend.workflows.loading import LoadedRun, load_run
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from bench._runs import finished
from models.recommenders import Embeddings, FeatureTable

AUDIENCE = 50
DEPTH = 20
DRAWS = 20
LAUNCHED = 100
MODELS = (
    "popularity", "ease", "item_knn", "bpr", "vbpr", "freedom", "ease_multimodal",
    "fused/early_concat", "fused/late", "fused/hybrid", "fused/gated", "fused/attention",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One model on one split; the last three are NaN where it reads no content."""

    ndcg: float
    chance: float
    lift: float = np.nan
    ceiling: float = np.nan
    active: float = np.nan


def main() -> None:
    """Train what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2026, 2027, 2028])
    parser.add_argument("--models", nargs="+", default=list(MODELS), help="e.g. ease fused/late")
    given = parser.parse_args()
    workspace = open_workspace(given.home)
    print("| data | model | NDCG@20 | chance | lift | ceiling | active |")
    print("|---|---|---|---|---|---|---|")
    for label in given.models:
        found = [measure(load_run(workspace, r)) for r in trained(workspace, given, label)]
        means = np.mean([[m.ndcg, m.chance, m.lift, m.ceiling, m.active] for m in found], 0)
        spread = "–".join(f"{f([m.ndcg for m in found]):.4f}" for f in (min, max))
        said = [f"{means[0]:.4f} ({spread})", f"{means[1]:.4f}"]
        said += ["" if np.isnan(value) else f"{value:.1f}" for value in means[2:]]
        print(f"| {given.dataset} | {label} | " + " | ".join(said) + " |", flush=True)


def trained(workspace: Workspace, given: argparse.Namespace, label: str) -> Iterator[str]:
    """Ids of finished runs, one per seed of the split."""
    model, _, fusion = label.partition("/")
    plan = Plan(given.dataset, (model,), (fusion,) if fusion else (), split="cold_items")
    for seed in given.seeds:
        (run,) = prepare(workspace, plan)
        run = replace(run, split={**run.split, "seed": seed})
        yield finished(workspace, run).id


def measure(loaded: LoadedRun) -> Measured:
    """Of one run on its own split."""
    ndcg = loaded.record.metrics[f"ndcg@{DEPTH}"]
    chance = float(np.mean([_shuffled(loaded, draw) for draw in range(DRAWS)]))
    if not loaded.model.scores_new_items:
        return Measured(ndcg, chance)
    return Measured(ndcg, chance, *_launched(loaded))


def _shuffled(loaded: LoadedRun, draw: int) -> float:
    """NDCG of one random order of the items, the same for everybody."""
    count, people = loaded.dataset.n_items, loaded.dataset.n_users
    order = torch.rand(count, generator=torch.Generator().manual_seed(draw))
    table = Embeddings(
        torch.zeros(people, 1), torch.zeros(count, 1), torch.zeros(people), order, 0.0
    )
    split = loaded.split
    found = quick_validation(
        table, split.train, split.test, (DEPTH,), candidates=split.candidates[SplitName.TEST]
    )
    return found[f"ndcg@{DEPTH}"]


def _launched(loaded: LoadedRun) -> tuple[float, float, float]:
    """(lift, ceiling, active) over the held-out items."""
    test, people = loaded.split.test, loaded.dataset.n_users
    activity = np.bincount(loaded.split.train.users, minlength=people)
    most = np.argsort(-activity, kind="stable")[:AUDIENCE]
    chosen = np.random.default_rng(0).permutation(np.unique(test.items))[:LAUNCHED]
    hits = np.zeros(3)
    for item in chosen:
        takers = test.users[test.items == item]
        hits[0] += np.isin(takers, _audience(loaded, int(item))).sum()
        hits[1] += min(len(takers), AUDIENCE)
        hits[2] += np.isin(takers, most).sum()
    lifts = hits / np.isin(test.items, chosen).sum() / (AUDIENCE / people)
    return float(lifts[0]), float(lifts[1]), float(lifts[2])


def _audience(loaded: LoadedRun, item: int) -> NDArray[np.int64]:
    given = {
        m: FeatureTable(t.values[[item]], t.present[[item]])
        for m, t in loaded.data.features.items()
    }
    with torch.inference_mode():
        new = NewItems(*loaded.model.embed_new_items(given))
    return audience(loaded.embeddings, new, AUDIENCE, known=loaded.split.train).users


if __name__ == "__main__":
    main()
