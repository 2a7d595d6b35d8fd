"""Runs one model of MMRec, in a process of its own, and prints its validation curve as JSON.

    python bench/peers/mmrec.py CHECKOUT DATA MODEL SETTINGS SECONDS

CHECKOUT is a copy of github.com/enoche/MMRec, DATA a folder with baby/baby.inter and the feature
matrices, SETTINGS a JSON object that fixes one configuration. Nothing in MMRec is changed: names
that numpy and scipy have dropped since are put back, its validation is timed, and its evaluation
of the test split after every epoch is skipped, which is in its favour. Training ends with its own
early stopping or after SECONDS.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse
import torch

started = 0.0


class OutOfTime(Exception):
    """The budget of seconds is used up."""


def main() -> None:
    """Train, print."""
    checkout, data, model, settings, seconds = sys.argv[1:]
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    os.chdir(Path(checkout) / "src")
    sys.path.insert(0, ".")
    restore_names()
    from common.trainer import Trainer
    from utils import quick_start

    curve: list[tuple[float, float]] = []
    evaluations: list[float] = []
    time_it(Trainer, curve, evaluations, float(seconds))
    build = quick_start.get_model
    quick_start.get_model = lambda name: (_start(), build(name))[1]
    fixed = json.loads(settings) | {
        "data_path": f"{data}/",
        "use_gpu": False,
        "hyper_parameters": ["seed"],
        "seed": [0],
        "stopping_step": 50,
    }
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        kept, sys.stdout, sys.stderr = sys.stdout, nowhere, nowhere
        try:
            quick_start.quick_start(model, "baby", fixed, save_model=False)
        except OutOfTime:
            pass  # what was reached until then is the result
        finally:
            sys.stdout = kept
    answer = {"curve": curve, "evaluation": evaluations, "epochs": len(curve)}
    answer["peak_mib"] = peak_mib()
    print(json.dumps(answer))


def _start() -> None:
    global started
    started = time.perf_counter()


def time_it(trainer, curve, evaluations, seconds) -> None:
    """Every odd evaluation is of the validation split; the even ones repeat its answer."""
    evaluate = trainer._valid_epoch
    last: list[object] = []

    def timed(self, data):
        if last:
            return last.pop()
        begun = time.perf_counter()
        outcome = evaluate(self, data)
        ended = time.perf_counter()
        evaluations.append(ended - begun)
        curve.append((ended - started, float(outcome[1]["ndcg@20"])))
        if ended - started > seconds:
            raise OutOfTime
        last.append(outcome)
        return outcome

    trainer._valid_epoch = timed


def restore_names() -> None:
    """What current numpy and scipy lack."""
    for name, kind in (("float", float), ("int", int), ("bool", bool)):
        setattr(np, name, kind)

    def update(self, entries) -> None:
        for place, value in entries.items():
            self[place] = value

    scipy.sparse.dok_matrix._update = update


def peak_mib() -> float:
    """Of this process alone; what getrusage says is inherited from the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
