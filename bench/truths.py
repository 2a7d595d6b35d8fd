"""Does the judge give the right verdict in worlds whose truth is known?

    python -m bench.truths [--seeds 20] [--users 1000] > bench/results/truths.md

Per world and seed a data set is drawn in which taste is for what no content shows and for what the
world says, and clicks are few, as where content is asked for (10 of training per user); the models
of the closed form (popularity, ItemKNN, EASE; multimodal EASE over the image, over the text, over
both) are solved; the best single modality and the best click-only model are chosen on validation
and judged on test, as an experiment does: a single modality is worth it over clicks if it beats the
best click-only model and the model over shuffled content. Seeds of 100 and more served to size the
worlds.

The right verdicts, fixed before the first run:

- only image, only text: fusion is not worth it over the best single modality, which is the one that
  carries the taste, and that one is worth it over clicks.
- redundant (the vectors of the text are those of the image, turned): fusion is not worth it over
  the best single modality, and a single modality is worth it over clicks.
- synergistic (taste for the image, for the text, and for how they go together): fusion is worth it.
- pure noise (contents have nothing to do with taste): fusion is not worth it, and neither is a
  single modality over clicks.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.dataset import Interactions
from backend.evaluation.evaluator import evaluate_ranking
from backend.evaluation.worth import Values, Worth, judge
from backend.explain.interventions import turned_table
from backend.features.controls import controlled
from backend.schema import HEADLINE_METRIC, Modality
from models.recommenders import (
    ClosedFormRecommender,
    FeatureTable,
    TrainingData,
    build_recommender,
)

Numbers = NDArray[np.float64]
TRAITS: Final = 6
"""Traits of an item that a modality shows and a user likes or dislikes."""
WIDTH: Final = 32
CLICKS: Final = ("popularity", "item_knn", "ease")
TASTES: Final[Mapping[str, tuple[float, float, float]]] = {
    "only image": (2.0, 0.0, 0.0),
    "only text": (0.0, 2.0, 0.0),
    "redundant": (2.0, 0.0, 0.0),
    "synergistic": (2.0, 2.0, 1.0),
    "pure noise": (0.0, 0.0, 0.0),
}
"""How much a user's taste is for the image, for the text, for how they go together."""


@dataclass(frozen=True)
class World:
    """What models learn from, and the two held-out parts."""

    data: TrainingData
    validation: Interactions
    test: Interactions


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one world."""

    worth: Worth
    single: str
    content: Worth


def draw(name: str, seed: int, users: int = 1000, items: int = 800, each: int = 14) -> World:
    """A world; `each` choices per user, of which two are validation and two are test."""
    rng = np.random.default_rng([seed, list(TASTES).index(name)])
    image_weight, text_weight, together = TASTES[name]
    looks, words, own = (rng.standard_normal((items, TRAITS)) for _ in range(3))
    likes = [rng.standard_normal((users, TRAITS)) / TRAITS**0.5 for _ in range(4)]
    utility = image_weight * likes[0] @ looks.T + text_weight * likes[1] @ words.T
    utility += together * likes[2] @ (looks * words).T
    # In every world a part of taste shows in clicks alone, so that clicks are no empty rival.
    utility += likes[3] @ own.T + 0.5 * rng.standard_normal(items)
    chosen = np.argsort(-(utility + rng.gumbel(size=utility.shape)), axis=1)[:, :each]
    shown = [_vectors(rng, traits) for traits in (looks, words)]
    if name == "redundant":
        shown[1] = turned_table(shown[0], seed)
    parts = rng.permuted(chosen, axis=1)
    train, validation, test = parts[:, 4:], parts[:, :2], parts[:, 2:4]
    features = dict(zip((Modality.IMAGE, Modality.TEXT), shown, strict=True))
    numbers = np.repeat(np.arange(users), train.shape[1])
    data = TrainingData(
        n_users=users,
        n_items=items,
        users=torch.tensor(numbers),
        items=torch.tensor(train.ravel()),
        ratings=torch.ones(len(numbers)),
        features=features,
    )
    return World(data, _pairs(validation), _pairs(test))


def verdict(world: World, seed: int) -> Verdict:
    """Solve every model, choose on validation, judge on test."""
    clicks = {name: _solved(world, name, (), seed) for name in CLICKS}
    singles = {m.value: _solved(world, "ease_multimodal", (m,), seed) for m in world.data.features}
    _, fusion = _solved(world, "ease_multimodal", tuple(world.data.features), seed)
    rival, single = _best(clicks), _best(singles)
    worth = judge(fusion, {single: singles[single][1], rival: clicks[rival][1]})
    _, control = _solved(
        _shuffled(world, seed), "ease_multimodal", tuple(world.data.features), seed
    )
    content = judge(singles[single][1], {rival: clicks[rival][1], "shuffled": control})
    return Verdict(worth, single, content)


def right(name: str, found: Verdict) -> bool:
    """Whether this is what is true of the world."""
    if name == "synergistic":
        return found.worth.decision == "worth_it"
    if found.worth.decision == "worth_it":
        return False
    if name == "pure noise":
        return found.content.decision != "worth_it"
    carried = name == "redundant" or found.single == name.removeprefix("only ")
    return carried and found.content.decision == "worth_it"


def _shuffled(world: World, seed: int) -> World:
    controls = {m.value: "shuffled" for m in world.data.features}
    features = controlled(world.data.features, controls, seed)
    return replace(world, data=replace(world.data, features=features))


def _vectors(rng: np.random.Generator, traits: Numbers) -> FeatureTable:
    """What an encoder makes of traits: other axes, other units, a little blur."""
    turned = traits @ rng.standard_normal((TRAITS, WIDTH)) / TRAITS**0.5
    values = turned + 0.1 * rng.standard_normal(turned.shape) + rng.standard_normal(WIDTH)
    present = torch.ones(len(values), dtype=torch.bool)
    return FeatureTable(torch.tensor(values, dtype=torch.float32), present)


def _pairs(chosen: NDArray[np.int64]) -> Interactions:
    users = np.repeat(np.arange(len(chosen)), chosen.shape[1])
    return Interactions(users, chosen.ravel(), np.ones(users.size, np.float32))


def _solved(
    world: World, name: str, modalities: tuple[Modality, ...], seed: int
) -> tuple[float, Values]:
    """(validation mean, test values f64[1, U])."""
    features = {m: world.data.features[m] for m in modalities}
    data = replace(world.data, features=features)
    torch.manual_seed(seed)
    model = build_recommender(name, data)
    assert isinstance(model, ClosedFormRecommender)
    model.solve(data)
    with torch.inference_mode():
        embeddings = model.eval().embed()
    train = Interactions(data.users.numpy(), data.items.numpy(), data.ratings.numpy())
    held_out = (
        evaluate_ranking(embeddings, train, truth, cutoffs=(20,)).per_user[HEADLINE_METRIC]
        for truth in (world.validation, world.test)
    )
    validation, test = (values.astype(np.float64) for values in held_out)
    return float(validation.mean()), test[None]


def _best(found: Mapping[str, tuple[float, Values]]) -> str:
    return max(found, key=lambda name: found[name][0])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--users", type=int, default=1000)
    given = parser.parse_args()
    print(f"`python -m bench.truths --seeds {given.seeds} --users {given.users}`\n")
    print(
        "| world | right | fusion worth it | harmful | one modality worth it | carried by image |"
    )
    print("|---|---|---|---|---|---|")
    for name in TASTES:
        found = [verdict(draw(name, seed, given.users), seed) for seed in range(given.seeds)]
        counts = (
            sum(right(name, each) for each in found),
            sum(each.worth.decision == "worth_it" for each in found),
            sum(each.worth.decision == "harmful" for each in found),
            sum(each.content.decision == "worth_it" for each in found),
            sum(each.single == "image" for each in found),
        )
        cells = [f"{count} of {given.seeds}" for count in counts]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
