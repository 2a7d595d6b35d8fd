"""What a training costs and reaches, epoch by epoch, for models that learn to read and others.

    python -m bench.end_to_end DATASET --home DIR [--model end_to_end] [--fusion late]
                               [--encoder image=cnn --encoder text=lstm] [--set epochs=8 ...]

The data set's default split, seed 0, one thread. Printed per epoch: loss, NDCG@20 on validation,
seconds of processor time and of the clock since the epoch before (validation included); at the end
NDCG@20 on the test part, the epochs, the number of weights and the peak memory of the process.
Encoding, where the store lacks it, comes before and is not in the seconds.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import torch

from backend.cli._output import pairs
from backend.evaluation.evaluator import evaluate_ranking
from backend.progress import silent
from backend.training.checkpoint import EpochResult
from backend.training.config import TrainingConfig
from backend.training.trainer import train
from backend.workflows.execution import Course, fresh_model, open_course
from backend.workflows.judging import judge
from backend.workflows.loading import find_dataset
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import open_workspace
from models.recommenders import Recommender

_CUTOFF = 20
_METRIC = f"ndcg@{_CUTOFF}"


def main() -> None:
    """One training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--model", default="end_to_end")
    parser.add_argument("--fusion")
    parser.add_argument("--encoder", action="append", default=[])
    parser.add_argument("--set", action="append", default=[], dest="settings")
    given = parser.parse_args()
    torch.set_num_threads(1)
    workspace = open_workspace(given.home)
    plan = Plan(
        find_dataset(workspace, given.dataset).id,
        (given.model,),
        (given.fusion,) if given.fusion else (),
        encoders=pairs(given.encoder, "--encoder"),
        settings=pairs(given.settings, "--set"),
    )
    (run,) = prepare(workspace, plan)
    course = open_course(workspace, run, silent)
    model = fresh_model(workspace, run, course)
    judged = judge(run.objective, course.data, course.split)
    print("| epoch | loss | validation NDCG@20 | processor s | clock s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        result = train(
            model,
            course.data,
            TrainingConfig.from_mapping(run.training_config),
            validate=judged.validate,
            folder=Path(folder),
            seed=run.seed,
            device=torch.device("cpu"),
            on_epoch=_Row(),
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\ntest NDCG@20 {_test(model, course):.4f}, {result.epochs} epochs (best "
        f"{result.best_epoch}), {result.parameters:,} weights, peak {peak:.0f} MiB"
    )


class _Row:
    def __init__(self) -> None:
        self._since = time.process_time()

    def __call__(self, epoch: EpochResult) -> None:
        spent, self._since = time.process_time() - self._since, time.process_time()
        value = epoch.validation.get(_METRIC, float("nan"))
        print(
            f"| {epoch.epoch} | {epoch.loss:.3f} | {value:.4f} | {spent:.1f} "
            f"| {epoch.seconds:.1f} |",
            flush=True,
        )


def _test(model: Recommender, course: Course) -> float:
    model.eval()
    with torch.inference_mode():
        ranked = evaluate_ranking(
            model.embed(), course.split.train, course.split.test, cutoffs=(_CUTOFF,)
        )
    return float(ranked.per_user[_METRIC].mean())


if __name__ == "__main__":
    main()
