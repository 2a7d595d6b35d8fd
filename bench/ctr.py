"""Predicted chances of clicks beside the true ones, on generated logs of impressions.

    python -m bench.ctr --home WORKSPACE [--users 120 --items 300 --impressions 3000 --seeds 3]

Every seed makes another world and another training. The oracle says the chance with which each
click was drawn; nobody can do better than it but by luck. Printed as Markdown.
"""

import argparse
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.dataset import Dataset, Interactions
from backend.data.synthetic.generate import load_truth, scenario_config
from backend.data.synthetic.impressions import click_chance
from backend.evaluation.evaluator import evaluate_clicks
from backend.evaluation.metrics import METRICS
from backend.schema import Col
from backend.workflows.execution import execute_run
from backend.workflows.importing import generate_demo
from backend.workflows.loading import load_run
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from db.repositories import Datasets, Runs


@dataclass(frozen=True)
class Row:
    """One world: the click metrics on the test part."""

    seed: int
    rows: int
    clicked: float
    ours: dict[str, float]
    oracle: dict[str, float]
    seconds: float


def main() -> None:
    """Generate, train, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", default="workspace")
    parser.add_argument("--users", type=int, default=120)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--impressions", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    workspace = open_workspace(Path(given.home))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; {given.users} people, {given.items} items, "
        f"{given.impressions} impressions each in the mean\n\n"
        "| seed | impressions | clicked | AUC | oracle | behind | calibration error | oracle | "
        "log loss | oracle | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for seed in range(given.seeds):
        options = {"items": given.items, "users": given.users, "impressions": given.impressions}
        row = _row(workspace, seed, options)
        mine, best = row.ours, row.oracle
        print(
            f"| {seed} | {row.rows:,} | {row.clicked:.1%} | {mine['auc']:.4f} | {best['auc']:.4f} "
            f"| {best['auc'] - mine['auc']:.4f} | {mine['calibration_error']:.4f} "
            f"| {best['calibration_error']:.4f} | {mine['logloss']:.4f} | {best['logloss']:.4f} "
            f"| {row.seconds:.0f} |",
            flush=True,
        )


def _row(workspace: Workspace, seed: int, options: dict[str, int]) -> Row:
    name = "-".join(["clicks", *map(str, options.values()), str(seed)])
    config = scenario_config("shop", {**options, "seed": seed, "cold_items": 0.0})
    with workspace.database.read() as session:
        record = Datasets(session).by_name(name)
    record = record or generate_demo(workspace, config, name)
    plan = Plan(record.id, ("factorisation_machine",), objective="ctr", seeds=(seed,))
    (run,) = prepare(workspace, plan)
    with workspace.database.write() as session:
        Runs(session).add(run)
    start = time.perf_counter()
    execute_run(workspace, run.id, lambda what, fraction: None)
    seconds = time.perf_counter() - start
    loaded = load_run(workspace, run.id)
    test = loaded.split.test
    found = evaluate_clicks(loaded.embeddings, test)
    truth = torch.from_numpy(_chances(loaded.dataset, test))
    clicks = torch.from_numpy(found.clicks)
    oracle = {m.name: m.judge(truth, clicks) for m in METRICS.values() if m.judge}
    rows = len(loaded.dataset.interactions)
    clicked = float(loaded.dataset.interactions[Col.RATING].mean())
    return Row(seed, rows, clicked, found.means(), oracle, seconds)


def _chances(dataset: Dataset, part: Interactions) -> NDArray[np.float64]:
    truth = load_truth(dataset.root)
    items = dataset.items[Col.ITEM_ID].to_numpy(dtype=np.str_)[part.items]
    users = dataset.user_ids[part.users]
    return click_chance(truth, truth.user_rows(users), truth.item_rows(items), part.times)


if __name__ == "__main__":
    main()
