"""Whether heat maps find the drawn object and word contributions the planted word.

    python -m bench.saliency DATASET --home DIR [--pairs 40]

On a generated shop, for the best run that reads pictures and text: items of people's lists (their
first places). The object is what differs from the picture's ground (the colour of its border) by
more than a sixteenth of the range. A planted word is one that only texts of the item's value of a
property use; the property is the one of the text that the person likes most in this item.
"""

import argparse
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.generate import load_truth
from backend.data.synthetic.scenarios.shop import phrases
from backend.data.synthetic.truth import Truth
from backend.explain.saliency import SIDE
from backend.schema import Modality
from backend.workflows.inside import Inside, inside
from backend.workflows.loading import load_run
from backend.workflows.recommendation import recommend, runs, users
from backend.workflows.workspace import open_workspace

_POOLS = {
    "material": (phrases.MATERIAL, phrases.MATERIAL_WORD),
    "occasion": (phrases.OCCASION, phrases.OCCASION_WORD),
    "style": (phrases.STYLE, phrases.BRANDS),
}
_WORD = re.compile(r"\w+")


def main() -> None:
    """Print one Markdown row per measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--pairs", type=int, default=40)
    given = parser.parse_args()
    workspace = open_workspace(given.home)
    option = next(
        o for o in runs(workspace, given.dataset) if {"image", "text"} <= set(o.modalities)
    )
    loaded = load_run(workspace, option.run_id)
    truth = load_truth(loaded.dataset.root)
    people = [one.user_id for one in users(workspace, given.dataset, limit=given.pairs)]
    object_mass, window_mass, areas, named, by_chance = [], [], [], [], []
    for person in people:
        item = recommend(workspace, option.run_id, person, 1).items[0].card.item_id
        found = inside(workspace, option.run_id, person, item)
        if found.picture is not None and found.heat is not None:
            drawn = _drawn(found)
            object_mass.append(_mass(found.heat.heat, drawn))
            window_mass.append(_mass(found.heat.windows, drawn))
            areas.append(float(drawn.mean()))
        if found.words:
            planted = _planted(truth, person, item)
            hits = [_is(found.text[int(p.start) : int(p.end)], planted) for p in found.words]
            order = np.argsort([-part.drop for part in found.words])[:3]
            named.append(any(hits[place] for place in order))
            by_chance.append(1 - (1 - np.mean(hits)) ** 3)
    print(f"{option.label} on {given.dataset}: {len(object_mass)} pictures, {len(named)} texts\n")
    print("| measure | mean | by chance |\n|---|---|---|")
    print(f"| heat inside the drawn object | {np.mean(object_mass):.1%} | {np.mean(areas):.1%} |")
    print(f"| the same, shared equally in each window | {np.mean(window_mass):.1%} | "
          f"{np.mean(areas):.1%} |")  # fmt: skip
    print(f"| a planted word among the first three | {np.mean(named):.1%} | "
          f"{np.mean(by_chance):.1%} |")  # fmt: skip


def _drawn(found: Inside) -> NDArray[np.bool_]:
    """bool[SIDE, SIDE]."""
    assert found.picture is not None
    pixels = np.asarray(found.picture.convert("RGB").resize((SIDE, SIDE))).astype(float)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(np.abs(pixels - np.median(edge, axis=0)).max(2) > 16)


def _mass(heat: NDArray[np.float64], drawn: NDArray[np.bool_]) -> float:
    """Share of what speaks for the item that lies on the object."""
    positive = np.maximum(heat, 0)
    return float(positive[drawn].sum() / max(positive.sum(), 1e-12))


def _planted(truth: Truth, person: str, item: str) -> set[str]:
    """Words that only texts of this value use, for the text property that the person likes most."""
    user = int(truth.user_rows(np.array([person]))[0])
    row = int(truth.item_rows(np.array([item]))[0])
    words = truth.vocabulary
    columns = words.columns_of(Modality.TEXT)
    codes = truth.catalogue.codes[row]
    likes = [truth.tastes.values[user, words.starts[c] + codes[c]] for c in columns]
    column = columns[int(np.argmax(likes))]
    name = words.properties[column].name
    value = words.properties[column].values[codes[column]]
    own, others = set[str](), set[str]()
    for pool in _POOLS[name]:
        for other, texts in pool.items():
            (own if other == value else others).update(_words(texts))
    return own - others


def _words(texts: object) -> set[str]:
    return set(_WORD.findall(str(texts).lower()))


def _is(token: str, planted: set[str]) -> bool:
    return bool(_words(token) & planted)


if __name__ == "__main__":
    main()
