"""FusionLens and its peers on the same split, features, dimension and machine, in one run.

    python -m bench.train DATASET --home DIR [--mmrec CHECKOUT] [--cornac] [--models vbpr lightgcn]
                          [--seconds 600] [--threads 1]

DATASET is a data set of the workspace with a split and an image and a text encoder. Per model the
peer trains first, with its early stopping or for --seconds, in a process of its own (bench/peers);
then our model with its defaults. Printed per model:

- the peer's best validation NDCG@20 and the seconds from building its model to that epoch;
- our seconds from building the model (graphs included) to the first epoch at least as good, with
  the evaluation of every epoch in them, and our best validation NDCG@20;
- seconds per epoch without evaluation, per evaluation, and the peak memory of the processes.

Both sides validate on the same users with training items masked and IDCG capped at min(positives,
20). MMRec needs a checkout of github.com/enoche/MMRec; Cornac comes from PyPI.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch

from backend.data.dataset import Dataset, SplitData
from backend.evaluation.evaluator import quick_validation
from backend.schema import Modality
from backend.training.config import TrainingConfig
from backend.training.seeds import seeded
from backend.training.trainer import EpochResult, train
from backend.workflows.loading import (
    build_model,
    extract_features,
    find_dataset,
    make_split,
    open_dataset,
    preparation_of,
    training_data,
)
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from db.records import RunRecord
from models.recommenders import Embeddings, TrainingData

CPU: Final = torch.device("cpu")
MMREC: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "vbpr": ("VBPR", {"reg_weight": 0.01}),
    "lightgcn": ("LightGCN", {"n_layers": 2, "reg_weight": 1e-4}),
    "freedom": ("FREEDOM", {"dropout": 0.8, "reg_weight": 1e-4}),
    "bm3": ("BM3", {"n_layers": 1, "dropout": 0.3, "reg_weight": 0.1}),
}
CORNAC: Final = {"bpr": ("BPR", 100), "vbpr": ("VBPR", 20)}
_HERE: Final = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Measured:
    """(seconds, validation NDCG@20) per evaluated epoch, seconds of each evaluation, peak MiB."""

    curve: list[tuple[float, float]]
    evaluation: list[float]
    peak_mib: float
    epochs: int

    @property
    def best(self) -> tuple[float, float]:
        """The best epoch's (seconds, value)."""
        return max(self.curve, key=lambda point: point[1])

    def seconds_to(self, value: float) -> float:
        """To the first epoch at least as good; infinite where there is none."""
        return next((s for s, v in self.curve if v >= value), float("inf"))

    @property
    def per_epoch(self) -> float:
        """Seconds of training alone."""
        return (self.curve[-1][0] - sum(self.evaluation)) / self.epochs


def main() -> None:
    """Export what the peers read, then model by model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--mmrec", type=Path)
    parser.add_argument("--cornac", action="store_true")
    parser.add_argument("--models", nargs="*", default=["bpr", *MMREC], choices=["bpr", *MMREC])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {given.threads} threads, torch "
        f"{torch.__version__}, load {os.getloadavg()[0]:.1f}\n\n"
        "| model | peer | its best NDCG@20 | its seconds | our seconds to it | ratio | our best "
        "| s/epoch theirs, ours | s/evaluation theirs, ours | peak MiB theirs, ours |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    world = World(open_workspace(given.home), given.dataset)
    with tempfile.TemporaryDirectory() as scratch:
        world.export(Path(scratch) / "baby")
        for model in given.models:
            ours = world.train(model)
            for name, peer in _peers(model, Path(scratch), given):
                print(_row(model, name, peer, ours), flush=True)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


class World:
    """One data set, its split and features."""

    def __init__(self, workspace: Workspace, dataset: str) -> None:
        self.workspace = workspace
        self.record = find_dataset(workspace, dataset)
        self.dataset: Dataset = open_dataset(workspace, self.record)
        self.split: SplitData = make_split(self.dataset, self._run("fused"))
        self.data = self._data("fused")

    def export(self, folder: Path) -> None:
        """The layout of MMRec."""
        folder.mkdir(parents=True)
        parts = (self.split.train, self.split.validation, self.split.test)
        table = pd.concat(
            pd.DataFrame(
                {"userID": part.users, "itemID": part.items, "rating": 1.0, "x_label": label}
            )
            for label, part in enumerate(parts)
        )
        table.to_csv(folder / "baby.inter", sep="\t", index=False)
        for modality, name in ((Modality.IMAGE, "image_feat"), (Modality.TEXT, "text_feat")):
            np.save(folder / f"{name}.npy", self.data.features[modality].values.numpy())

    def train(self, model: str) -> Measured:
        """Our model with its defaults."""
        run = self._run(model)
        curve: list[tuple[float, float]] = []
        evaluation: list[float] = []
        data = self._data(model)

        def validate(embeddings: Embeddings) -> dict[str, float]:
            begun = time.perf_counter()
            found = quick_validation(embeddings, self.split.train, self.split.validation)
            evaluation.append(time.perf_counter() - begun)
            return dict(found)

        def on_epoch(result: EpochResult) -> None:
            if result.validation:
                curve.append((time.perf_counter() - started, result.validation["ndcg@20"]))

        started = time.perf_counter()
        with seeded(0, "weights", device=CPU):
            built = build_model(run, data)
        config = TrainingConfig.from_mapping(run.training_config)
        with tempfile.TemporaryDirectory() as folder:
            ended = train(
                built,
                data,
                config,
                validate=validate,
                folder=Path(folder),
                seed=0,
                device=CPU,
                on_epoch=on_epoch,
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
        return Measured(curve, evaluation, peak, ended.epochs)

    def _run(self, model: str) -> RunRecord:
        return prepare(self.workspace, Plan(self.record.id, (model,), ("late",)))[0]

    def _data(self, model: str) -> TrainingData:
        run = self._run(model)
        found = extract_features(self.workspace, self.record, run.encoders, CPU, run=run)
        return training_data(self.dataset, self.split.train, preparation_of(run, found).catalogue)


def _peers(model: str, scratch: Path, given: argparse.Namespace) -> list[tuple[str, Measured]]:
    found = []
    if given.mmrec and model in MMREC:
        name, settings = MMREC[model]
        script = [str(_HERE / "mmrec.py"), str(given.mmrec.resolve()), str(scratch), name]
        found.append(
            ("MMRec", _call([*script, json.dumps(settings), str(given.seconds)], given.threads))
        )
    if given.cornac and model in CORNAC:
        name, epochs = CORNAC[model]
        script = [str(_HERE / "cornac_models.py"), str(scratch), name, str(epochs)]
        found.append(("Cornac", _call(script, given.threads)))
    return found


def _call(script: list[str], threads: int) -> Measured:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, *script], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        sys.exit(f"{script[0]}: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    curve = [(float(s), float(v)) for s, v in answer["curve"]]
    return Measured(curve, answer["evaluation"], answer["peak_mib"], answer["epochs"])


def _row(model: str, name: str, peer: Measured, ours: Measured) -> str:
    seconds, value = peer.best
    to_it = ours.seconds_to(value)
    return (
        f"| {model} | {name} | {value:.4f} | {seconds:.1f} | {to_it:.1f} | {seconds / to_it:.1f} | "
        f"{ours.best[1]:.4f} | {peer.per_epoch:.2f}, {ours.per_epoch:.2f} | "
        f"{np.median(peer.evaluation):.2f}, {np.median(ours.evaluation):.3f} | "
        f"{peer.peak_mib:.0f}, {ours.peak_mib:.0f} |"
    )


if __name__ == "__main__":
    main()
