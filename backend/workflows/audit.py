"""Second looks at runs: numbers that are too good, too equal or too close to believe."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.synthetic.generate import load_truth
from backend.data.synthetic.truth import Truth
from backend.evaluation.metrics import Catalogue, Lists, metric_of
from backend.evaluation.suspicion import Figures, Suspicion, suspicions
from backend.schema import Col, SplitName
from backend.workflows.experiment import find_experiment
from backend.workflows.experiment_verdict import strategy_runs
from backend.workflows.labels import protocol_key, run_label
from backend.workflows.loading import find_dataset, finished_runs, make_split, open_dataset
from backend.workflows.workspace import Workspace
from db.records import RunRecord
from db.repositories import Runs
from models.recommenders import RECOMMENDERS, ClosedFormRecommender

__all__ = ["Suspicion", "audit", "audit_experiment", "oracle"]

_CELLS: Final = 4_000_000
"""Scores that the oracle is asked for; of more, a sample of people."""
_BLOCK: Final = 200_000
_SEED: Final = 2026
_ACCURACY: Final = ("ndcg", "recall", "precision", "map", "mrr", "hit")


def audit(
    workspace: Workspace, run_ids: Sequence[str], metric: str = "ndcg@20"
) -> tuple[Suspicion, ...]:
    """What deserves a second look among finished runs under one protocol; controls are left out,
    for they are meant to look odd. Empty where fewer than one run has the metric."""
    known = finished_runs(workspace, run_ids, metric)
    runs = [run for run in known if not run.controls and metric in run.metrics]
    if not runs:
        return ()
    everything = _of_twins(workspace, runs, metric)
    return suspicions(
        [_figures(run, metric, everything.get(run.id, run.metrics)) for run in runs],
        oracle=oracle(workspace, runs[0].id, metric),
        compare_clicks=str(runs[0].split.get("kind")) != "cold_items"
        and metric_of(metric)[0].name in _ACCURACY,
    )


def audit_experiment(workspace: Workspace, experiment_id: str) -> tuple[Suspicion, ...]:
    """The same for all strategies of an experiment."""
    rows = strategy_runs(workspace, find_experiment(workspace, experiment_id))
    return audit(workspace, [run.id for row in rows for run in row.runs])


def oracle(workspace: Workspace, run_id: str, metric: str) -> float | None:
    """What somebody who knows every taste reaches under the run's protocol; None where that is not
    known (data that were not generated) or where the metric is no accuracy of lists."""
    with workspace.database.read() as session:
        run = Runs(session).get(run_id)
    stem, k = metric_of(metric)
    dataset = find_dataset(workspace, run.dataset_id)
    if not dataset.has_truth or stem.name not in _ACCURACY or k is None:
        return None
    return _oracle(workspace, protocol_key(run), dataset.id, run.id, metric)


@lru_cache(maxsize=32)
def _oracle(
    workspace: Workspace, protocol: str, dataset_id: str, run_id: str, metric: str
) -> float:
    """Worked out once per protocol; `run_id` is any run under it."""
    with workspace.database.read() as session:
        run = Runs(session).get(run_id)
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    split, truth = make_split(dataset, run), load_truth(dataset.root)
    people = np.unique(split.test.users)
    most = max(50, _CELLS // dataset.n_items)
    people = np.sort(np.random.default_rng(_SEED).permutation(people)[:most])
    items = truth.item_rows(dataset.items[Col.ITEM_ID].to_numpy(dtype=np.str_))
    rows = truth.user_rows(dataset.user_ids[people])
    candidates = split.candidates.get(SplitName.TEST)
    seen = _pairs(split.train.users, split.train.items)
    wanted = _pairs(split.test.users, split.test.items)
    stem, k = metric_of(metric)
    assert stem.rank is not None
    assert k is not None
    catalogue = Catalogue(torch.zeros(dataset.n_items, dtype=torch.int64))
    values = []
    for user, row in zip(people.tolist(), rows.tolist(), strict=True):
        utility = _utilities(truth, row, items)
        utility[list(seen.get(user, ()))] = -np.inf
        if candidates is not None:
            utility[~candidates] = -np.inf
        top = np.argsort(-utility, kind="stable")[:k]
        hits = np.isin(top, list(wanted[user]))
        lists = Lists(
            torch.from_numpy(top[None]),
            torch.from_numpy(hits[None]),
            torch.tensor([len(wanted[user])]),
            catalogue,
        )
        values.append(float(stem.rank(lists, k)))
    return float(np.mean(values))


def _utilities(truth: Truth, user: int, items: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array(truth.utility(np.full(len(items), user), items), dtype=np.float64)


def _pairs(users: NDArray[np.int64], items: NDArray[np.int64]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for user, item in zip(users.tolist(), items.tolist(), strict=True):
        found.setdefault(user, set()).add(item)
    return found


def _of_twins(
    workspace: Workspace, runs: Sequence[RunRecord], metric: str
) -> Mapping[str, Mapping[str, float]]:
    """All figures of the runs that share their value of one with another run: no others can be
    identical, and reading those of a thousand runs takes longer than looking at them."""
    counts = Counter(run.metrics[metric] for run in runs)
    twins = [run.id for run in runs if counts[run.metrics[metric]] > 1]
    with workspace.database.read() as session:
        return Runs(session).values(twins, split="test")


def _figures(run: RunRecord, metric: str, everything: Mapping[str, float]) -> Figures:
    sign = 1.0 if metric_of(metric)[0].higher_is_better else -1.0
    model = RECOMMENDERS[run.model].cls
    parts = [
        run.model,
        run.fusion,
        dict(run.encoders),
        dict(run.model_config),
        dict(run.fusion_config),
        dict(run.training_config),
    ]
    strategy = json.dumps(parts, sort_keys=True)
    solved = issubclass(model, ClosedFormRecommender)
    return Figures(
        run.id,
        run_label(run),
        strategy,
        # A solved model knows no chance: another seed must give the same numbers.
        json.dumps([run.model, dict(run.encoders), dict(run.model_config)], sort_keys=True)
        if solved
        else f"{strategy} {run.seed}",
        sign * run.metrics[metric],
        everything,
        run.collapsed,
        not model.uses_content(),
    )
