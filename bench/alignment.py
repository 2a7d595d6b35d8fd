"""How many texts of H&M find their picture, counted in two ways in one run.

    python -m bench.alignment --home H --dataset hm [--seeds 3]

`grouped` is the figure that the product shows: items of equal content are one target and are held
out together. `strict` holds out a random fifth of the items whatever they share, and only an item's
own picture is a hit. The heads and what they learn from are the same but for the split.
"""

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from backend.features.align import CUTOFFS, Pairs, find_pairs, retrieval, split_pairs
from backend.training.alignment import Course, embed_heads, learn_heads
from backend.workflows.aligning import SIDES
from backend.workflows.loading import (
    default_encoders,
    extract_features,
    find_dataset,
    open_dataset,
)
from backend.workflows.workspace import open_workspace
from models.alignment import HeadsConfig

CPU = torch.device("cpu")


def measure(home: Path, name: str, seeds: int) -> list[dict[str, object]]:
    """Recall of both countings for every seed."""
    workspace = open_workspace(home)
    record = find_dataset(workspace, name)
    encoders = default_encoders(open_dataset(workspace, record))
    chosen = {str(side): encoders[str(side)] for side in SIDES}
    features = extract_features(workspace, record, chosen, CPU)
    pairs = find_pairs(*(feature.keys for feature in features))
    own = np.arange(len(pairs))
    strict = replace(pairs, images=own, texts=own, groups=own)
    image, text = (f.table.values[pairs.items].float() for f in features)
    rows = []
    for seed in range(seeds):
        for counting, counted in (("grouped", pairs), ("strict", strict)):
            rows.append(
                {"counting": counting, "seed": seed} | _once(pairs, counted, image, text, seed)
            )
    return rows


def _once(
    pairs: Pairs, counted: Pairs, image: torch.Tensor, text: torch.Tensor, seed: int
) -> dict[str, object]:
    split = split_pairs(counted, seed)
    with tempfile.TemporaryDirectory() as folder:
        # Learned with the groups in both cases: a batch must not hold a content twice.
        course = Course(pairs, split, Path(folder), f"bench {seed}", seed, CPU)
        heads, learned = learn_heads(course, image, text, HeadsConfig())
    held = split.held_out
    found = retrieval(counted, held, *embed_heads(heads, image[held], text[held]))
    return {
        "held_out": len(held),
        "epochs": learned.best_epoch,
        "text_to_image": {k: round(v, 3) for k, v in found.text_to_image.items()},
        "image_to_text": {k: round(v, 3) for k, v in found.image_to_text.items()},
        f"chance@{CUTOFFS[-1]}": round(found.chance, 3),
    }


def main() -> None:
    """Print one JSON row per counting and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--dataset", default="hm")
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    for row in measure(asked.home, asked.dataset, asked.seeds):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
