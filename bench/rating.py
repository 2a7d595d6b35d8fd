"""Predicted ratings beside scikit-surprise's SVD, tuned on one validation part, tested once each.

    python -m bench.rating DATASET --home WORKSPACE [--trials 30] [--only svd mf ...]

The peer is not a requirement of the product: install it anywhere on PYTHONPATH
(`pip install scikit-surprise`). Every searched contender gets the same number of trials, the first
of them its defaults, on the same training and validation parts; the configuration with the lowest
validation RMSE is tested once, trained on the training part alone. The Gaussian process is not
searched: its defaults, once. Printed as Markdown; below, by how much the errors on the same test
ratings differ, with intervals over resampled people.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.data.dataset import Interactions, SplitData
from backend.data.split import SplitConfig, split_interactions
from backend.evaluation.evaluator import evaluate_rating
from backend.workflows.execution import execute_run
from backend.workflows.loading import find_dataset, load_run, open_dataset
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
_PROCESS = Plan("", ("gaussian_process",), objective="rating")
FIXED = {
    "gaussian_process, no content": replace(
        _PROCESS, settings={"content": 0.0, "quality_content": 0.0}
    ),
    "gaussian_process": _PROCESS,
    "gaussian_process + attributes": replace(
        _PROCESS,
        encoders={"image": "efficientnet", "text": "minilm", "attributes": "attributes"},
    ),
}
SEED = 0
RESAMPLES = 2000


@dataclass(frozen=True)
class Outcome:
    """One contender after its trials."""

    name: str
    validation: float
    test: float
    mae: float
    seconds: float
    settings: dict[str, object]
    squared: NDArray[np.float64]
    """f64[N], per rating of the test part."""


def main() -> None:
    """Tune, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", default="workspace")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--only", nargs="*", default=["svd", *OURS, *FIXED])
    given = parser.parse_args()
    workspace = open_workspace(Path(given.home))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {given.trials} trials each, seed {SEED}\n\n"
        "| contender | validation RMSE | test RMSE | test MAE | seconds | settings |\n"
        "|---|---|---|---|---|---|",
        flush=True,
    )
    rows = []
    for row in _outcomes(workspace, given.dataset, given.trials, given.only):
        rows.append(row)
        settings = ", ".join(f"{k} {_short(v)}" for k, v in row.settings.items())
        print(
            f"| {row.name} | {row.validation:.4f} | {row.test:.4f} | {row.mae:.4f} "
            f"| {row.seconds:.0f} | {settings} |",
            flush=True,
        )
    print("\n| compared | difference of test RMSE | 95 % |\n|---|---|---|")
    people = _split(workspace, given.dataset).test.users
    for other, row in combinations(rows, 2):
        low, high = _interval(row.squared, other.squared, people)
        told = f"{row.test - other.test:+.4f} | [{low:+.4f}, {high:+.4f}]"
        print(f"| {row.name} against {other.name} | {told} |")


def _interval(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], people: NDArray[np.int64]
) -> tuple[float, float]:
    """Of the difference of the RMSEs, people drawn anew with all their ratings."""
    _, owner = np.unique(people, return_inverse=True)
    counts = np.bincount(owner)
    sums = np.stack([np.bincount(owner, errors) for errors in (ours, theirs)])
    chance = np.random.default_rng(SEED)
    times = chance.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), RESAMPLES)
    roots = np.sqrt(times @ sums.T / (times @ counts)[:, None])
    low, high = np.percentile(roots[:, 0] - roots[:, 1], [2.5, 97.5])
    return float(low), float(high)


def _split(workspace: Workspace, dataset: str) -> SplitData:
    data = open_dataset(workspace, find_dataset(workspace, dataset))
    return split_interactions(data, SplitConfig(kind="given"), "rating")


def _outcomes(
    workspace: Workspace, dataset: str, trials: int, only: list[str]
) -> Iterator[Outcome]:
    record = find_dataset(workspace, dataset)
    for name in only:
        if name == "svd":
            yield _svd(_split(workspace, dataset), trials)
        else:
            yield _own(workspace, record.id, name, trials)


def _svd(split: SplitData, trials: int) -> Outcome:
    start = time.perf_counter()
    best: tuple[float, dict[str, Any], Any] = (np.inf, {}, None)
    rng = np.random.default_rng(SEED)
    for trial in range(trials):
        settings = {} if trial == 0 else _svd_settings(rng)
        model = _fit_svd(split.train, settings)
        error = float(np.sqrt((_off(model, split.validation) ** 2).mean()))
        print(f"svd {trial}: {error:.4f} {settings}", file=sys.stderr)
        if error < best[0]:
            best = (error, settings, model)
    off = _off(best[2], split.test)
    seconds = time.perf_counter() - start
    rmse, mae = float(np.sqrt((off**2).mean())), float(np.abs(off).mean())
    return Outcome("scikit-surprise SVD", best[0], rmse, mae, seconds, best[1], off**2)


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


def _off(model: Any, part: Interactions) -> NDArray[np.float64]:
    pairs = zip(part.users, part.items, strict=True)
    predicted = np.array([model.predict(int(u), int(i)).est for u, i in pairs])
    return predicted - part.ratings


def _own(workspace: Workspace, dataset_id: str, name: str, trials: int) -> Outcome:
    start = time.perf_counter()
    found = FIXED[name] if name in FIXED else OURS[name]
    plan = replace(found, dataset_id=dataset_id, split="given")
    chosen = plan if name in FIXED else _searched(workspace, plan, name, trials)
    (run,) = prepare(workspace, chosen)
    with workspace.database.write() as session:
        Runs(session).add(run)
    done = execute_run(workspace, run.id, lambda what, fraction: None)
    seconds = time.perf_counter() - start
    rmse, mae = done.metrics["rmse"], done.metrics["mae"]
    squared = _squared(workspace, run.id)
    given = dict(chosen.settings)
    return Outcome(name, done.validation["rmse"], rmse, mae, seconds, given, squared)


def _squared(workspace: Workspace, run_id: str) -> NDArray[np.float64]:
    run = load_run(workspace, run_id)
    low, high = float(run.data.ratings.min()), float(run.data.ratings.max())
    rated = evaluate_rating(run.embeddings, run.split.test, low, high)
    return rated.squared.astype(np.float64)


def _searched(workspace: Workspace, plan: Plan, name: str, trials: int) -> Plan:
    record = create(workspace, TuningPlan(plan, trials=trials))
    execute_tuning(workspace, record.id, lambda what, fraction: None)
    for trial in view(workspace, record.id).rows[0].trials:
        told = f"{trial.state} {trial.value:.4f} {json.dumps(dict(trial.settings))}"
        print(f"{name} {trial.number}: {told}", file=sys.stderr)
    return best_plan(workspace, record.id)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
