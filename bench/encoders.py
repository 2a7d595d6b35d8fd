"""What encoders know, and how much of their speed is left in the pipeline.

    python -m bench.encoders FOLDER [--items 300] [--only cnn minilm] [--what both] [--threads 2]
    python -m bench.encoders --home HOME --dataset NAME --property 0 --only spectrogram

FOLDER holds items.csv (item_id, title, text, category, image) and the pictures; or NAME is a data
set of the workspace HOME, generated, whose planted property (by place) stands for the category. Per
encoder:

- top-1: share of items whose category is the vote of the 5 nearest others by cosine, among the 20
  largest categories (leave one out), beside the share of the largest. Texts are title and
  description without the category; pictures are read alone. `attributes` reads every other column,
  some of which nearly name the category, so its figure only says that reading works. `reviews`
  reads title and description as two reviews. `given` is handed the vectors of tfidf and computes
  nothing, so it has no speed. `open_clip` has weights drawn at random (its own are a download), so
  only its speed is told.
- items per second of the bare forward on contents that were loaded and preprocessed, of the whole
  pipeline (read, decode, preprocess, forward, store on disk), and their ratio, on the first
  `--items` items, in this process with these threads: the better of three turns each, taken in
  alternation so that a busy machine slows both.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from backend.data.dataset import Dataset, save_dataset
from backend.data.media import store_picture
from backend.features.extract import Extraction, encode_modality, read_by
from backend.features.fitting import ready_encoder
from backend.features.store import FeatureStore
from backend.schema import Col, Modality
from backend.workflows.importing import TRUTH_FILE
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.workspace import open_workspace

CPU: Final = torch.device("cpu")
ENCODERS: Final[Mapping[str, Modality]] = {
    "efficientnet": Modality.IMAGE,
    "cnn": Modality.IMAGE,
    "minilm": Modality.TEXT,
    "tfidf": Modality.TEXT,
    "lstm": Modality.TEXT,
    "transformer": Modality.TEXT,
    "attributes": Modality.ATTRIBUTES,
    "reviews": Modality.REVIEWS,
    "given": Modality.TEXT,
    "open_clip": Modality.IMAGE,
    "spectrogram": Modality.AUDIO,
    "frames": Modality.VIDEO,
}
_OF_A_FOLDER: Final = [n for n, m in ENCODERS.items() if m not in (Modality.AUDIO, Modality.VIDEO)]
_LARGEST: Final = 20
_NEAREST: Final = 5
_BATCH: Final = 48
_TURNS: Final = 3


def main() -> None:
    """Prepare the catalogue, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--dataset", default="")
    parser.add_argument("--property", type=int, default=0)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--only", nargs="*", default=_OF_A_FOLDER, choices=list(ENCODERS))
    parser.add_argument("--what", choices=("both", "knowledge", "speed"), default="both")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {given.threads} threads, torch "
        f"{torch.__version__}, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        if given.folder:
            dataset, categories = catalogue(given.folder, Path(scratch) / "data")
        else:
            dataset, categories = known(given.home, given.dataset, given.property)
        for name in given.only:
            if given.what != "speed" and name != "open_clip":
                print(knowledge(name, dataset, categories, Path(scratch) / "whole"), flush=True)
            if given.what != "knowledge" and name != "given":
                part = _first(dataset, given.items)
                print(speed(name, part, Path(scratch) / "speed"), flush=True)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def catalogue(folder: Path, root: Path) -> tuple[Dataset, "pd.Series[str]"]:
    """The items without their category, and the categories."""
    table = pd.read_csv(folder / "items.csv", dtype=str).fillna("")
    items = table.drop(columns=["category", "image_source"], errors="ignore")
    items = items.assign(category="", price=np.nan)
    items["image"] = [
        store_picture((folder / p).read_bytes(), root) if p else "" for p in table["image"]
    ]
    said = pd.concat([table["title"], table["text"]]).rename(Col.REVIEW)
    rows = said.rename_axis(Col.ITEM_NUM).reset_index()
    rows = rows.assign(**{Col.USER_NUM: 0, Col.RATING: np.float32(1), Col.TIMESTAMP: 0})
    without = save_dataset(items, rows, np.array(["u"]), root)
    words = encode_modality(without, Modality.TEXT, "tfidf", FeatureStore(root / "words"), CPU)
    ready_made = {Modality.TEXT: words.table.values.numpy()}
    return save_dataset(items, rows, np.array(["u"]), root, ready_made), table["category"]


def known(home: Path, name: str, place: int) -> tuple[Dataset, "pd.Series[str]"]:
    """A generated data set of a workspace, and one planted property of its items."""
    workspace = open_workspace(home)
    dataset = open_dataset(workspace, find_dataset(workspace, name))
    with np.load(dataset.root / TRUTH_FILE) as truth:
        return dataset, pd.Series(truth["item.codes"][:, place]).astype(str)


def knowledge(name: str, dataset: Dataset, categories: "pd.Series[str]", root: Path) -> str:
    """Category by nearest neighbours, and how long learning and encoding took."""
    started = time.perf_counter()
    found = _encoded(name, dataset, FeatureStore(root), root)
    seconds = time.perf_counter() - started
    largest = categories.value_counts().index[:_LARGEST]
    asked = np.flatnonzero(categories.isin(largest) & found.table.present.numpy())
    labels = torch.from_numpy(pd.factorize(categories.iloc[asked])[0])
    share = float(torch.bincount(labels).max()) / len(labels)
    return (
        f"{name}: top-1 {top_1(found.table.values[asked], labels):.1%} (largest category "
        f"{share:.1%}) of {len(asked)} items; learning and encoding {seconds:.0f} s"
    )


def top_1(vectors: Tensor, labels: Tensor) -> float:
    """Leave one out; of equal votes the nearer ones win."""
    unit = functional.normalize(vectors.float(), dim=1)
    alike = unit @ unit.T
    alike.fill_diagonal_(-torch.inf)
    near, who = alike.topk(_NEAREST, dim=1)
    votes = torch.zeros(len(labels), int(labels.max()) + 1)
    votes.scatter_add_(1, labels[who], 1 + 1e-3 * near)
    return float((votes.argmax(1) == labels).float().mean())


def speed(name: str, dataset: Dataset, root: Path) -> str:
    """Bare forward and pipeline, turn by turn; learning is not in it."""
    modality = ENCODERS[name]
    spec = _spec(name, root)
    contents = read_by(spec, dataset, modality, _everything(dataset))
    keys = sorted(contents.distinct, key=lambda key: contents.lengths.get(key, 0))
    learned = FeatureStore(root / name)
    encoder = ready_encoder(spec, modality, contents, learned, CPU).encoder
    loaded = [encoder.preprocess(contents.load(key)) for key in keys]
    encoder.encode(loaded[:_BATCH])
    bare, whole = [], []
    for _ in range(_TURNS):
        bare.append(_seconds(encoder, loaded))
        whole.append(_pipeline_seconds(name, dataset, learned, root))
    rates = len(keys) / min(bare), len(keys) / min(whole)
    return (
        f"{name}: forward {rates[0]:.1f}/s, pipeline {rates[1]:.1f}/s, ratio "
        f"{rates[1] / rates[0]:.2f} ({len(keys)} contents)"
    )


def _seconds(encoder: object, loaded: Sequence[object]) -> float:
    started = time.perf_counter()
    for at in range(0, len(loaded), _BATCH):
        encoder.encode(loaded[at : at + _BATCH])  # type: ignore[attr-defined]
    return time.perf_counter() - started


def _pipeline_seconds(name: str, dataset: Dataset, learned: FeatureStore, root: Path) -> float:
    """Encoding into a store that has no vectors yet but everything that was learned."""
    modality, spec = ENCODERS[name], _spec(name, root)
    contents = read_by(spec, dataset, modality, _everything(dataset))
    ready = ready_encoder(spec, modality, contents, learned, CPU)
    for shard in (learned.root / ready.fingerprint).glob("*"):
        shard.unlink()
    return _encoded(name, dataset, FeatureStore(learned.root), root).seconds


def _encoded(name: str, dataset: Dataset, store: FeatureStore, root: Path) -> Extraction:
    training = _everything(dataset) if name == "reviews" else None
    return encode_modality(
        dataset, ENCODERS[name], _spec(name, root), store, CPU, training=training
    )


def _everything(dataset: Dataset) -> NDArray[np.int64]:
    return np.arange(len(dataset.interactions))


def _spec(name: str, root: Path) -> str:
    """`name`, with weights drawn at random where it has none of its own here."""
    if name != "open_clip":
        return name
    path = root / "random.safetensors"
    if not path.exists():
        import open_clip

        root.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        network = open_clip.create_model("ViT-B-32", pretrained=None)
        save_file({n: t.contiguous() for n, t in network.state_dict().items()}, path)
    return f"open_clip:checkpoint={path}"


def _first(dataset: Dataset, count: int) -> Dataset:
    """Ready-made features are kept for all items, so they are measured on all."""
    if count >= dataset.n_items:
        return dataset
    rows = dataset.interactions[dataset.interactions[Col.ITEM_NUM] < count]
    items = dataset.items.iloc[:count].reset_index(drop=True)
    return replace(dataset, items=items, interactions=rows.reset_index(drop=True), given={})


if __name__ == "__main__":
    main()
