"""Predicted ratings beside scikit-surprise's SVD, tuned on one validation part, tested once each.

    python -m bench.rating DATASET --home WORKSPACE [--trials 30] [--only svd mf ...]

The peer is not a requirement of the product: install it anywhere on PYTHONPATH
(`pip install scikit-surprise`). Every contender gets the same number of trials, the first of them
its defaults, on the same training and validation parts; the configuration with the lowest
validation RMSE is tested once, trained on the training part alone. Printed as Markdown.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from backend.data.dataset import Interactions, SplitData
from backend.data.split import SplitConfig, split_interactions
from backend.workflows.execution import execute_run
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.training import Plan, prepare
from backend.workflows.tuning import TuningPlan, create
from backend.workflows.tuning_trials import execute_tuning
from backend.workflows.tuning_view import best_plan, view
from backend.workflows.workspace import Workspace, open_workspace
from db.repositories import Runs

OURS = {
    "mf": Plan(
        "", ("mf",), objective="rating", settings={"dim": 128, "eval_every": 2, "patience": 4}
    ),
    "fused / late": Plan("", ("fused",), fusions=("late",), objective="rating"),
    "fused / early_concat": Plan("", ("fused",), fusions=("early_concat",), objective="rating"),
}
SEED = 0


@dataclass(frozen=True)
class Outcome:
    """One contender after its trials."""

    name: str
    validation: float
    test: float
    mae: float
    seconds: float
    settings: dict[str, object]


def main() -> None:
    """Tune, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", default="workspace")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--only", nargs="*", default=["svd", *OURS])
    given = parser.parse_args()
    workspace = open_workspace(Path(given.home))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {given.trials} trials each, seed {SEED}\n\n"
        "| contender | validation RMSE | test RMSE | test MAE | seconds | settings |\n"
        "|---|---|---|---|---|---|",
        flush=True,
    )
    for row in _outcomes(workspace, given.dataset, given.trials, given.only):
        settings = ", ".join(f"{k} {_short(v)}" for k, v in row.settings.items())
        print(
            f"| {row.name} | {row.validation:.4f} | {row.test:.4f} | {row.mae:.4f} "
            f"| {row.seconds:.0f} | {settings} |",
            flush=True,
        )


def _outcomes(
    workspace: Workspace, dataset: str, trials: int, only: list[str]
) -> Iterator[Outcome]:
    record = find_dataset(workspace, dataset)
    config = SplitConfig(kind="given")
    split = split_interactions(open_dataset(workspace, record), config, "rating")
    for name in only:
        if name == "svd":
            yield _svd(split, trials)
        else:
            yield _own(workspace, record.id, name, trials)


def _svd(split: SplitData, trials: int) -> Outcome:
    start = time.perf_counter()
    best: tuple[float, dict[str, Any], Any] = (np.inf, {}, None)
    rng = np.random.default_rng(SEED)
    for trial in range(trials):
        settings = {} if trial == 0 else _svd_settings(rng)
        model = _fit_svd(split.train, settings)
        error = _errors(model, split.validation)[0]
        print(f"svd {trial}: {error:.4f} {settings}", file=sys.stderr)
        if error < best[0]:
            best = (error, settings, model)
    rmse, mae = _errors(best[2], split.test)
    seconds = time.perf_counter() - start
    return Outcome("scikit-surprise SVD", best[0], rmse, mae, seconds, best[1])


def _svd_settings(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "n_factors": int(rng.choice([20, 50, 100, 200])),
        "n_epochs": int(rng.integers(15, 81)),
        "lr_all": float(np.exp(rng.uniform(np.log(0.002), np.log(0.02)))),
        "reg_all": float(np.exp(rng.uniform(np.log(0.01), np.log(0.2)))),
    }


def _fit_svd(train: Interactions, settings: dict[str, Any]) -> Any:
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    low, high = float(train.ratings.min()), float(train.ratings.max())
    rows = pd.DataFrame({"user": train.users, "item": train.items, "rating": train.ratings})
    data = Dataset.load_from_df(rows, Reader(rating_scale=(low, high))).build_full_trainset()
    return SVD(random_state=SEED, **settings).fit(data)


def _errors(model: Any, part: Interactions) -> tuple[float, float]:
    pairs = zip(part.users, part.items, strict=True)
    predicted = np.array([model.predict(int(u), int(i)).est for u, i in pairs])
    off = predicted - part.ratings
    return float(np.sqrt((off**2).mean())), float(np.abs(off).mean())


def _own(workspace: Workspace, dataset_id: str, name: str, trials: int) -> Outcome:
    start = time.perf_counter()
    plan = replace(OURS[name], dataset_id=dataset_id, split="given")
    record = create(workspace, TuningPlan(plan, trials=trials))
    execute_tuning(workspace, record.id, lambda what, fraction: None)
    for trial in view(workspace, record.id).rows[0].trials:
        told = f"{trial.state} {trial.value:.4f} {json.dumps(dict(trial.settings))}"
        print(f"{name} {trial.number}: {told}", file=sys.stderr)
    chosen = best_plan(workspace, record.id)
    (run,) = prepare(workspace, chosen)
    with workspace.database.write() as session:
        Runs(session).add(run)
    done = execute_run(workspace, run.id, lambda what, fraction: None)
    seconds = time.perf_counter() - start
    rmse, mae = done.metrics["rmse"], done.metrics["mae"]
    return Outcome(name, done.validation["rmse"], rmse, mae, seconds, dict(chosen.settings))


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
