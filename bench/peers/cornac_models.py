"""Trains BPR or VBPR of Cornac in a process of its own; prints seconds and validation as JSON.

    python bench/peers/cornac_models.py DATA MODEL EPOCHS

DATA as for bench/peers/mmrec.py. Cornac has no validation between epochs, so it is measured once,
after EPOCHS, with its own ranking evaluation (timed) on the validation split.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from cornac.data import ImageModality
from cornac.eval_methods import BaseMethod
from cornac.eval_methods.base_method import ranking_eval
from cornac.metrics import NDCG
from cornac.models import BPR, VBPR


def main() -> None:
    """Train, evaluate, print."""
    data, model, epochs = Path(sys.argv[1]) / "baby", sys.argv[2], int(sys.argv[3])
    rows = pd.read_csv(data / "baby.inter", sep="\t")
    parts = [
        list(
            zip(part["userID"].astype(str), part["itemID"].astype(str), part["rating"], strict=True)
        )
        for _, part in rows.groupby("x_label")
    ]
    pictures = np.load(data / "image_feat.npy")
    method = BaseMethod.from_splits(
        train_data=parts[0],
        test_data=parts[1],
        exclude_unknowns=True,
        item_image=ImageModality(
            features=pictures, ids=[str(i) for i in range(len(pictures))], normalized=True
        ),
        verbose=False,
    )
    chosen = (
        BPR(k=64, max_iter=epochs, learning_rate=0.2, lambda_reg=0.01, seed=0, num_threads=1)
        if model == "BPR"
        else VBPR(k=64, k2=64, n_epochs=epochs, batch_size=2048, learning_rate=0.005, seed=0)
    )
    started = time.perf_counter()
    chosen.fit(method.train_set)
    trained = time.perf_counter()
    averages, _ = ranking_eval(
        model=chosen,
        metrics=[NDCG(k=20)],
        train_set=method.train_set,
        test_set=method.test_set,
        rating_threshold=0.0,
        verbose=False,
    )
    ended = time.perf_counter()
    answer = {
        "curve": [(ended - started, float(averages[0]))],
        "evaluation": [ended - trained],
        "peak_mib": peak_mib(),
        "epochs": epochs,
    }
    print(json.dumps(answer))


def peak_mib() -> float:
    """Of this process alone; what getrusage says is inherited from the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
