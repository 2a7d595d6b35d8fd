"""The evaluator against figures measured elsewhere, on the split given in the files."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from backend.data.dataset import Interactions
from backend.evaluation.evaluator import evaluate_ranking
from models.recommenders import Embeddings

FOLDER = Path(os.environ.get("FUSIONLENS_REAL_DATA", "../shared/data")) / "hm_fashion_5core"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real data sets are not here"),
]


def test_ease_on_fashion_reaches_the_measured_figures() -> None:
    """Plain EASE (Steck 2019), lambda 100: recall@20 .2165, NDCG@20 .1134."""
    table = pd.read_csv(FOLDER / "interactions.csv", dtype={"user_id": str, "item_id": str})
    users, items = (pd.factorize(table[column])[0] for column in ("user_id", "item_id"))

    def part(name: str) -> Interactions:
        rows = (table["split"] == name).to_numpy()
        return Interactions(
            users[rows].astype(np.int64), items[rows].astype(np.int64), np.ones(rows.sum(), "f4")
        )

    train, test = part("train"), part("test")
    history = np.zeros((users.max() + 1, items.max() + 1), np.float32)
    history[train.users, train.items] = 1
    inverse = np.linalg.inv(history.T @ history + 100 * np.eye(history.shape[1], dtype="f4"))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    model = Embeddings(
        torch.from_numpy(history).to_sparse_csr(),
        torch.from_numpy(weights.T.astype("f4").copy()),
        torch.zeros(len(history)),
        torch.zeros(history.shape[1]),
        0.0,
    )
    means = evaluate_ranking(model, train, test).means()
    assert means["recall@20"] == pytest.approx(0.2165, abs=5e-4)
    assert means["ndcg@20"] == pytest.approx(0.1134, abs=5e-4)
