"""Where a trained model reads a modality, found by changing that modality's content.

Nothing is asked of the model but its lists: a model that declares to read pictures and gives the
same lists whatever they show does not read them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.features.controls import REMOVED, control_table
from backend.schema import Modality
from models.recommenders import Embeddings, FeatureTable, ItemGraphs, Recommender

Place = Literal["nowhere", "graph", "inference"]
Tables = Mapping[Modality, FeatureTable]
Build = Callable[[Tables], Recommender]
"""The trained model, its learned weights unchanged, over these contents."""

INTERVENTIONS: Final = (REMOVED, "shuffled", "noise", "mean")
STILL: Final = 0.005
"""A model whose lists differ in fewer places than this does not read what was changed; rounding
alone can swap items of nearly equal score."""


@dataclass(frozen=True)
class Measured:
    """One model's lists, `items` i32[U, K], and how good each is, `values` f64[U]."""

    values: NDArray[np.float64]
    items: NDArray[np.int32]

    def moved(self, other: "Measured") -> float:
        """Share of places of these lists whose item is not in the same user's other list."""
        if not self.items.size:
            return 0.0
        kept = (self.items[:, :, None] == other.items[:, None, :]).any(axis=2)
        return 1.0 - float(kept.mean())


class Measure(Protocol):
    """Ranks for the same users every time."""

    def __call__(self, embeddings: Embeddings) -> Measured: ...


@dataclass(frozen=True)
class Reading:
    """Where lists read one modality, and what they become under each intervention.

    `changed` has one entry for each of INTERVENTIONS and, for a model with graphs of alike items,
    "graph" and "apart": shuffled in the graph alone, and everywhere but in the graph.
    """

    place: Place
    changed: Mapping[str, Measured]


def read_modality(
    build: Build, tables: Tables, modality: Modality, measure: Measure, base: Measured, seed: int
) -> Reading:
    """Change the content of one modality in every way; the other modalities stay as they are."""

    def over(table: FeatureTable) -> Recommender:
        return build({**tables, modality: table})

    table = tables[modality]
    models = {kind: over(changed_table(table, kind, modality, seed)) for kind in INTERVENTIONS}
    found = {kind: measure(_embed(model)) for kind, model in models.items()}
    turned = over(turned_table(table, seed))
    if _graphs(turned):
        trained, apart = build(tables), models["shuffled"]
        swap_graphs(trained, apart)
        found |= {"graph": measure(_embed(trained)), "apart": measure(_embed(apart))}
        swap_graphs(turned, apart)
    return Reading(_place(base, found, measure(_embed(turned))), found)


def changed_table(table: FeatureTable, kind: str, modality: Modality, seed: int) -> FeatureTable:
    """As the controls of training, and `mean`: every item that has content has the average; of
    texts that were not encoded, which have none, all have the one of the first."""
    if kind != "mean":
        return control_table(table, kind, modality, seed)
    here = table.present.unsqueeze(1)
    known = table.values[table.present] if table.present.any() else table.values[:1]
    mean = known[0] if table.words else known.float().mean(0).to(known.dtype)
    return replace(table, values=torch.where(here, mean, torch.zeros_like(mean)), imputed=None)


def turned_table(table: FeatureTable, seed: int) -> FeatureTable:
    """All vectors turned alike: who is alike stays as it was, what the vectors say is lost. Of raw
    content, pixels change places and words their numbers."""
    width = table.values.shape[1]
    if table.raw:
        return replace(table, values=_exchanged(table, np.random.default_rng([seed, width])))
    drawn = np.random.default_rng([seed, width]).standard_normal((width, width))
    turn, _ = np.linalg.qr(drawn)
    turned: Tensor = table.values.double() @ torch.from_numpy(-turn)
    return FeatureTable(turned.to(table.values.dtype), table.present)


def _exchanged(table: FeatureTable, chance: np.random.Generator) -> Tensor:
    if not table.words:
        return table.values[:, torch.from_numpy(chance.permutation(table.values.shape[1]))]
    number = np.concatenate([[0], 1 + chance.permutation(table.words - 1)])
    return torch.from_numpy(number)[table.values.long()].to(table.values.dtype)


def swap_graphs(one: Recommender, other: Recommender) -> None:
    """Exchange the graphs of alike items of two models of one kind."""
    for name, graph in _graphs(one).items():
        theirs = other.get_submodule(name)
        one.set_submodule(name, theirs)
        other.set_submodule(name, graph)


def _place(base: Measured, found: Mapping[str, Measured], turned: Measured) -> Place:
    """`turned`: contents turned, graphs left as they are."""
    moved = {kind: base.moved(changed) for kind, changed in found.items()}
    if max(moved.values()) < STILL:
        return "nowhere"
    if moved.get("apart", 1.0) < STILL or base.moved(turned) < STILL:
        return "graph"
    return "inference"


def _graphs(model: Recommender) -> dict[str, ItemGraphs]:
    return {name: part for name, part in model.named_modules() if isinstance(part, ItemGraphs)}


def _embed(model: Recommender) -> Embeddings:
    with torch.inference_mode():
        return model.eval().embed()
