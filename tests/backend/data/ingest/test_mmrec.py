"""MMRec's layout as its preprocessing notebooks write it."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.dataset import interactions_fingerprint, load_dataset
from backend.data.ingest import import_dataset
from backend.schema import Modality

REAL = Path(os.environ.get("FUSIONLENS_REAL_DATA", "../shared/data"))
INTER = (
    "userID\titemID\trating\ttimestamp\tx_label\n"
    "0\t1\t5.0\t1390694400\t0\n"
    "0\t0\t2.0\t1390694401\t1\n"
    "1\t2\t4.0\t1390694402\t2\n"
    "1\t1\t4.0\t1390694403\t7\n"
)


def test_numbers_become_identifiers_and_labels_splits(bring_in, npy):
    imported = bring_in(
        {
            "sports14/sports14.inter": INTER,
            "sports14/u_id_mapping.csv": "user_id\tuserID\nA3PM\t0\nA1SN\t1\n",
            "sports14/i_id_mapping.csv": "asin\titemID\n188\t0\n209\t1\n724\t2\n999\t3\n",
            "sports14/image_feat.npy": npy(np.arange(16, dtype=np.float32).reshape(4, 4)),
            "sports14/text_feat.npy": npy(np.eye(3, 2)),
        }
    )
    dataset = imported.dataset
    assert dataset.items["item_id"].tolist() == ["188", "209", "724", "999"]
    assert dataset.user_ids.tolist() == ["A3PM", "A1SN"]
    assert dataset.interactions["item_num"].tolist() == [1, 0, 2]
    assert dataset.interactions["split"].tolist() == ["train", "validation", "test"]
    assert dataset.interactions["timestamp"].tolist()[0] == 1390694400
    assert set(dataset.given) == {Modality.IMAGE, Modality.TEXT}
    values, present = load_dataset(dataset.root).given_features(Modality.IMAGE)
    assert values.tolist() == np.arange(16).reshape(4, 4).tolist()
    assert present.tolist() == [True] * 4
    values, present = dataset.given_features(Modality.TEXT)
    assert present.tolist() == [True, True, True, False]
    assert [(p.row, p.column) for p in imported.validation.problems] == [(5, "split")]


def test_without_mappings_numbers_are_the_identifiers(bring_in, npy):
    imported = bring_in({"baby.inter": INTER, "image_feat.npy": npy(np.eye(3))})
    assert imported.dataset.items["item_id"].tolist() == ["1", "0", "2"]
    values, _ = imported.dataset.given_features(Modality.IMAGE)
    assert values.tolist() == np.eye(3)[[1, 0, 2]].tolist()


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"no array", b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4'}"]
)
def test_a_broken_feature_file_is_reported_and_the_rest_comes_in(bring_in, content):
    imported = bring_in({"baby.inter": INTER, "image_feat.npy": content})
    assert imported.dataset.given == {}
    assert next(p.file for p in imported.validation.problems) == "image_feat.npy"
    assert len(imported.dataset.interactions) == 3


def test_pickles_in_numpy_clothing_are_not_opened(
    bring_in, npy: Callable[..., bytes], tmp_path: Path
):
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return (marker.write_text, ("ran",))

    content = npy(np.array([[Evil()]], dtype=object))
    imported = bring_in({"baby.inter": INTER, "text_feat.npy": content, "image_feat.npy": b"x"})
    assert not marker.exists()
    assert imported.dataset.given == {}


def test_a_header_that_promises_too_much_sets_no_memory_aside(bring_in):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 100000), }"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    imported = bring_in({"baby.inter": INTER, "image_feat.npy": content})
    assert imported.dataset.given == {}


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["hm_fashion_5core", "ml_latest_small_5core"])
def test_a_real_set_is_the_same_in_both_layouts(tmp_path: Path, name: str):
    if not (REAL / name).is_dir():
        pytest.skip(f"the data set {name} is not at FUSIONLENS_REAL_DATA")
    plain = tmp_path / "plain"
    plain.mkdir()
    for table in ("interactions.csv", "items.csv"):
        (plain / table).write_bytes((REAL / name / table).read_bytes())
    folder = tmp_path / "mmrec"
    _convert(plain / "interactions.csv", folder)
    first = import_dataset(plain, tmp_path / "datasets").dataset
    second = import_dataset(folder, tmp_path / "datasets").dataset
    assert interactions_fingerprint(second) == interactions_fingerprint(first)
    assert Modality.IMAGE in second.given
    assert second.fingerprint != first.fingerprint


def _convert(table: Path, folder: Path) -> None:
    """As `0rating2inter.ipynb` and `1splitting.ipynb` do it."""
    rows = pd.read_csv(table, dtype={"user_id": str, "item_id": str})
    folder.mkdir()
    users, user_ids = pd.factorize(rows["user_id"])
    items, item_ids = pd.factorize(rows["item_id"])
    labels = rows["split"].map({"train": 0, "validation": 1, "test": 2})
    inter = pd.DataFrame(
        {
            "userID": users,
            "itemID": items,
            "rating": rows["rating"].astype(float),
            "timestamp": rows["timestamp"],
            "x_label": labels,
        }
    ).sort_values(["userID", "x_label"])
    inter.to_csv(folder / "real.inter", sep="\t", index=False)
    for file, name, column, ids in (
        ("u_id_mapping.csv", "user_id", "userID", user_ids),
        ("i_id_mapping.csv", "asin", "itemID", item_ids),
    ):
        mapping = pd.DataFrame({name: ids, column: range(len(ids))})
        mapping.to_csv(folder / file, sep="\t", index=False)
    np.save(folder / "image_feat.npy", np.random.default_rng(0).normal(size=(len(item_ids), 4)))
