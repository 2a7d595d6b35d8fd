"""Planted models whose way of reading a picture is known, whatever they declare."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from backend.data.dataset import Interactions
from backend.evaluation.evaluator import evaluate_ranking
from backend.explain.interventions import Measured, changed_table, read_modality, turned_table
from models.config import Config
from models.modality import Modality
from models.recommenders import (
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    ItemGraphs,
    Objective,
    Recommender,
    TrainingData,
)

USERS, ITEMS, WIDTH = 40, 60, 8


@dataclass(frozen=True, kw_only=True)
class NoConfig(Config):
    """No settings."""


class Planted(Recommender):
    """Users like vectors of `what` the model makes of the pictures."""

    content_use: ClassVar[ContentUse] = "none"

    def __init__(
        self,
        config: Config,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.pictures = torch.where(
            data.features[Modality.IMAGE].present.unsqueeze(1),
            data.features[Modality.IMAGE].values,
            0.0,
        )
        self.register_buffer("learned", torch.randn(ITEMS, WIDTH))
        self.register_buffer("taste", torch.randn(USERS, WIDTH))

    def what(self) -> Tensor:
        return self.learned

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        items = self.what()
        return Embeddings(self.taste, items, torch.zeros(USERS), torch.zeros(ITEMS), 0.0)


class Looks(Planted):
    """Reads the picture itself, and denies it."""

    def what(self) -> Tensor:
        return self.pictures


class Ignores(Planted):
    """Boasts of reading pictures in every score."""

    content_use: ClassVar[ContentUse] = "inference"


class Neighbours(Planted):
    """Hears items alike, by a graph of its own making."""

    content_use: ClassVar[ContentUse] = "inference"

    def what(self) -> Tensor:
        rows = F.normalize(self.pictures, dim=1)
        near = (rows @ rows.T).topk(5).indices
        return self.learned[near].mean(1)


class SharedGraph(Planted):
    """Hears items alike, by the graph that models share."""

    def __init__(self, config: Config, data: TrainingData) -> None:
        super().__init__(config, data)
        self.graphs = ItemGraphs(data, 5, binary=True)

    def what(self) -> Tensor:
        return self.graphs.pull(Modality.IMAGE, self.learned)


class GraphAndLook(SharedGraph):
    """Both."""

    def what(self) -> Tensor:
        return super().what() + self.pictures


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    present = torch.ones(ITEMS, dtype=torch.bool)
    present[:3] = False
    values = torch.randn(ITEMS, WIDTH, generator=torch.Generator().manual_seed(0))
    return FeatureTable(values * present.unsqueeze(1), present)


def measure(embeddings: Embeddings) -> Measured:
    rng = np.random.default_rng(0)
    users = np.arange(USERS)
    ratings = np.ones(USERS, np.float32)
    truth = Interactions(users, rng.integers(0, ITEMS, USERS), ratings, users)
    nothing = Interactions(users[:0], users[:0], ratings[:0], users[:0])
    found = evaluate_ranking(embeddings, nothing, truth, cutoffs=(20,))
    return Measured(found.per_user["ndcg@20"].astype(np.float64), found.top[:, :20])


@pytest.mark.parametrize(
    ("cls", "place"),
    [
        (Looks, "inference"),
        (Ignores, "nowhere"),
        (Neighbours, "graph"),
        (SharedGraph, "graph"),
        (GraphAndLook, "inference"),
    ],
)
def test_planted_models_are_found_out(cls: type[Planted], place: str, table: FeatureTable) -> None:
    pairs = torch.arange(10)

    def build(tables: dict[Modality, FeatureTable]) -> Planted:
        torch.manual_seed(1)
        return cls(NoConfig(), TrainingData(USERS, ITEMS, pairs, pairs, torch.ones(10), tables))

    tables = {Modality.IMAGE: table}
    base = measure(build(tables).embed())
    found = read_modality(build, tables, Modality.IMAGE, measure, base, seed=0)
    assert found.place == place
    if place == "nowhere":
        assert all(base.moved(changed) == 0 for changed in found.changed.values())
    if cls is SharedGraph:
        assert base.moved(found.changed["apart"]) == 0
        assert base.moved(found.changed["graph"]) == base.moved(found.changed["shuffled"]) > 0.1


def test_turning_keeps_who_is_alike(table: FeatureTable) -> None:
    turned = turned_table(table, 0)
    before, after = F.normalize(table.values, dim=1), F.normalize(turned.values, dim=1)
    assert torch.allclose(before @ before.T, after @ after.T, atol=1e-5)
    assert not torch.allclose(before, after, atol=0.1)


def test_the_mean_says_nothing_of_an_item(table: FeatureTable) -> None:
    flat = changed_table(table, "mean", Modality.IMAGE, 0)
    assert torch.equal(flat.present, table.present)
    assert torch.allclose(flat.values[5], flat.values[9])
    assert torch.allclose(flat.values[5], table.values[table.present].mean(0))
    assert not flat.values[:3].any()


def test_moved_counts_places_whose_item_is_gone() -> None:
    one = Measured(np.zeros(2), np.array([[1, 2, 3, -1], [4, 5, 6, -1]], np.int32))
    other = Measured(np.zeros(2), np.array([[2, 1, 9, -1], [4, 5, 6, -1]], np.int32))
    assert one.moved(one) == 0
    assert one.moved(other) == 1 / 8
