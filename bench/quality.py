"""Quality of every model on a data set of the workspace.

    python -m backend import DATA_FOLDER --name hm && python -m backend encode hm
    python -m bench.quality --dataset hm [--home DIR] [--split temporal] [--positive "rating>=4"]
                            [--seeds 3] [--models ease fused/late]

Trains every ranking recommender, `fused` with every fusion, with its default settings, chosen on
validation only; closed forms once, the others once per seed; a run that is there already is used
again. Prints a Markdown table of test NDCG@20 and Recall@20, mean ± standard deviation over the
seeds, and seconds of training (evaluation of every epoch included, encoding excluded).
"""

import argparse
import os
import platform
import sys
from pathlib import Path

import numpy as np

from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import open_workspace
from bench._runs import finished
from db.records import RunRecord
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS, ClosedFormRecommender

METRICS = ("ndcg@20", "recall@20")


def main() -> None:
    """Train what is missing, print the table, the best first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--split", default="", help="default: the one given in the data")
    parser.add_argument("--positive", default=None)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=_labels(), help="e.g. ease fused/late")
    given = parser.parse_args()
    workspace = open_workspace(given.home)
    rows = []
    for label in given.models:
        model, _, fusion = label.partition("/")
        closed = issubclass(RECOMMENDERS[model].cls, ClosedFormRecommender)
        plan = Plan(
            given.dataset,
            (model,),
            (fusion,) if fusion else (),
            split=given.split,
            positive=given.positive,
            seeds=tuple(range(1 if closed else given.seeds)),
        )
        runs = [finished(workspace, run) for run in prepare(workspace, plan)]
        rows.append((label, runs))
        print(_row(label, runs), file=sys.stderr, flush=True)
    print(f"{platform.machine()}, {os.cpu_count()} cores\n")
    print("| model | NDCG@20 | Recall@20 | seeds | epochs | seconds |\n|---|---|---|---|---|---|")
    for label, runs in sorted(rows, key=lambda row: -_mean(row[1], METRICS[0])):
        print(_row(label, runs))


def _labels() -> list[str]:
    """Every recommender that ranks from a plan alone: an ensemble needs runs to blend."""
    able = [
        entry.name
        for entry in RECOMMENDERS.entries()
        if "ranking" in entry.cls.objectives and entry.name not in ("ensemble", "fused")
    ]
    return [*able, *(f"fused/{name}" for name in FUSIONS.names())]


def _mean(runs: list[RunRecord], metric: str) -> float:
    return float(np.mean([run.metrics[metric] for run in runs]))


def _row(label: str, runs: list[RunRecord]) -> str:
    cells = [label]
    for metric in METRICS:
        values = [run.metrics[metric] for run in runs]
        spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
        cells.append(f"{np.mean(values):.4f}{spread}")
    cells += [str(len(runs)), f"{np.mean([run.epochs for run in runs]):.0f}"]
    cells.append(f"{np.mean([run.seconds for run in runs]):.0f}")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
