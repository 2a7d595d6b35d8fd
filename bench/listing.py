"""How long 1,000 runs take to list and 20 of them to compare, in a real SQLite workspace.

    python -m bench.listing [--runs 1000] [--users 400] [--home DIR]

The runs are copies of one record with figures of their own: everything that a page asks for is
there, metrics with intervals, learning curves, figures of every person. What is timed is the
answer of the workflow and the figure, first with nothing in memory and then again: a server that is
up (everything imported) and whom nobody has asked yet. On a machine that does other work too, the
processor's own time says more than the clock. `--home` with a workspace filled before is not filled
again.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.durable import file_sha256
from backend.figures import compare as figures
from backend.workflows import audit, comparison, training
from backend.workflows.importing import generate_demo
from backend.workflows.loading import USERS_FILE
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from db.records import ArtefactRecord, MetricRecord, RunState, new_id
from db.repositories import Datasets, Runs
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS

NAME = "listing"
Seconds = dict[str, float]
METRICS = [
    f"{name}@{k}"
    for name in ("ndcg", "recall", "precision", "map", "mrr", "hit", "novelty", "diversity")
    for k in (5, 10, 20, 50)
]


def fill(workspace: Workspace, runs: int, users: int) -> str:
    """A data set with so many finished runs; returns its id."""
    shop = generate_demo(workspace, ShopConfig(items=300, users=400, pictures=False), NAME)
    models = ("ease", "bpr", "lightgcn", "fused")
    known = [
        run for run in prepare(workspace, Plan(shop.id, models)) if run.fusion in (None, "late")
    ]
    rng = np.random.default_rng(0)
    with workspace.database.write() as session:
        for number in range(runs):
            run = replace(
                known[number % len(known)], id=new_id(), seed=number, state=RunState.DONE,
                seconds=float(rng.uniform(1, 90)), parameters=60_000, epochs=20, best_epoch=12,
            )  # fmt: skip
            Runs(session).add(run)
            values = rng.uniform(0, 1, users).astype(np.float32)
            low = float(rng.uniform(0.1, 0.2))
            Runs(session).put_metrics(
                [
                    MetricRecord(run.id, split, name, low, low - 0.01, low + 0.01)
                    for split in ("validation", "test")
                    for name in METRICS
                ]
            )
            folder = workspace.settings.runs / run.id
            folder.mkdir(parents=True)
            path = folder / USERS_FILE
            np.savez(path, users=np.arange(users), **dict.fromkeys(METRICS, values))
            relative = str(path.relative_to(workspace.settings.home))
            Runs(session).put_artefact(
                ArtefactRecord(run.id, USERS_FILE, relative, file_sha256(path), path.stat().st_size)
            )
    return shop.id


def measure(workspace: Workspace, dataset_id: str) -> dict[str, dict[str, Seconds]]:
    """Seconds of each answer, cold and warm."""
    found = {"leaderboard of all": _twice(lambda: comparison.leaderboard(workspace, dataset_id))}
    board = comparison.leaderboard(workspace, dataset_id)
    ids = tuple(row.run_id for row in board.rows)
    chosen, pinned = ids[:20], ids[-1]
    asked: dict[str, Callable[[], object]] = {
        "figure of the leaderboard": lambda: figures.leaderboard(board, pinned).to_json(),
        "fusion strategies": lambda: figures.fusion_strategies(board).to_json(),
        "second looks at all": lambda: audit.audit(workspace, ids),
        "runs on the Train page": lambda: training.progress(workspace, dataset_id),
        "20 against the baseline": lambda: comparison.paired(workspace, chosen, pinned),
        "20 for whom": lambda: comparison.segments(workspace, chosen),
        "settings of 20": lambda: comparison.config_differences(workspace, chosen),
    }
    return found | {name: _twice(ask) for name, ask in asked.items()}


def _twice(ask: Callable[[], object]) -> dict[str, Seconds]:
    return {"first": _seconds(ask), "again": _seconds(ask)}


def _seconds(ask: Callable[[], object]) -> Seconds:
    clock, processor = time.perf_counter(), time.process_time()
    ask()
    return {
        "clock": round(time.perf_counter() - clock, 3),
        "processor": round(time.process_time() - processor, 3),
    }


def filled(workspace: Workspace, runs: int, users: int) -> str:
    """The data set of an earlier measurement, else a new one."""
    with workspace.database.read() as session:
        there = [record.id for record in Datasets(session).list() if record.name == NAME]
    return there[0] if there else fill(workspace, runs, users)


def main() -> None:
    """Fill a workspace and print the seconds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(asked.home or Path(folder))
        dataset_id = filled(workspace, asked.runs, asked.users)
        for registry in (RECOMMENDERS, FUSIONS):
            registry.names()  # imports what a server has imported that has shown a page
        print(json.dumps(measure(workspace, dataset_id), indent=2))


if __name__ == "__main__":
    main()
