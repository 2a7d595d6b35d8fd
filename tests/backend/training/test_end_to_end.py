"""A training of networks that read raw content: stopped and taken up again, equal numbers."""

from pathlib import Path

import pytest
import torch

from backend.errors import Cancelled
from backend.training.checkpoint import EpochResult
from backend.training.config import TrainingConfig
from backend.training.seeds import seeded
from backend.training.trainer import train
from models.modality import Modality
from models.recommenders import Embeddings, FeatureTable, TrainingData, build_recommender

USERS, ITEMS = 10, 20


def world() -> TrainingData:
    chance = torch.Generator().manual_seed(0)
    pairs = [(u, i) for u in range(USERS) for i in range(ITEMS) if u % 2 == i % 2 and (u + i) % 3]
    users, items = (torch.tensor(side) for side in zip(*pairs, strict=True))
    pixels = torch.randint(0, 256, (ITEMS, 3 * 48 * 48), generator=chance).to(torch.uint8)
    words = torch.randint(1, 9, (ITEMS, 5), generator=chance).to(torch.int32)
    tables = {
        Modality.IMAGE: FeatureTable(pixels, torch.arange(ITEMS) < 15),
        Modality.TEXT: FeatureTable(words, torch.arange(ITEMS) > 2, words=9),
    }
    return TrainingData(USERS, ITEMS, users, items, torch.ones(len(users)), tables)


def spread(embeddings: Embeddings) -> dict[str, float]:
    return {"ndcg@20": float(embeddings.score(torch.arange(USERS)).std())}


class Stop:
    """Cancels at the beginning of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def __call__(self, what: str, fraction: float) -> None:
        if what.endswith(f"epoch {self.epoch}"):
            raise Cancelled("enough")


def run(folder: Path, stop: int = 0, **settings: object) -> list[tuple[float, dict[str, float]]]:
    found: dict[int, EpochResult] = {}
    config = {"dim": 8, "feature_dim": 8, "picture_width": 8, "word_width": 8, "anew": 8}
    with seeded(7):
        model = build_recommender("end_to_end", world(), config=config, fusion="gated")
    train(
        model,
        world(),
        TrainingConfig.from_mapping({"epochs": 4, "batch_size": 16, "patience": 9, **settings}),
        validate=spread,
        folder=folder,
        seed=3,
        device=torch.device("cpu"),
        on_epoch=lambda result: found.update({result.epoch: result}),
        report=Stop(stop),
    )
    return [(r.loss, dict(r.validation)) for r in found.values()]


@pytest.mark.parametrize("every", [1, 3])
def test_a_stopped_training_goes_on_with_equal_numbers(tmp_path: Path, every: int) -> None:
    whole = run(tmp_path / "whole", eval_every=every)
    with pytest.raises(Cancelled):
        run(tmp_path / "stopped", stop=3, eval_every=every)
    assert run(tmp_path / "stopped", eval_every=every) == whole[2:]
