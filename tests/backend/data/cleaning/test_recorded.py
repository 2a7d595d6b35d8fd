"""What was chosen is stored with the data set and told in the report."""

import json
from pathlib import Path

import pytest

from backend.data.cleaning import CleaningConfig
from backend.data.dataset import load_dataset
from backend.data.ingest import import_dataset
from backend.data.validate import ValidationReport
from backend.errors import DamagedArtefact

ROWS = "user_id,item_id,rating\n" + "".join(
    f"{user},{item},{rating}\n" for user, item, rating in
    [("a", 1, 5), ("a", 2, 4), ("b", 1, 4), ("b", 2, 5), ("c", 3, 1), ("c", 3, 1)]
)  # fmt: skip
ITEMS = "item_id,title\n1,<b>One</b>\n2,Two\n3,Three\n4,Four\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "interactions.csv").write_text(ROWS)
    (folder / "items.csv").write_text(ITEMS)
    return folder


def test_the_record_is_read_back_and_told_in_the_report(source: Path, tmp_path: Path) -> None:
    config = CleaningConfig(kcore=2, strip_tags=True)
    imported = import_dataset(source, tmp_path / "sets", cleaning=config)
    loaded = load_dataset(imported.dataset.root)
    assert loaded.cleaning == imported.dataset.cleaning
    assert loaded.cleaning.config == config.to_mapping()
    assert [(s.name, s.interactions, s.items, s.changed) for s in loaded.cleaning.steps] == [
        ("duplicates", (6, 5), (4, 4), 0),
        ("kcore", (5, 4), (4, 2), 0),
        ("text", (4, 4), (2, 2), 1),
    ]
    assert loaded.items["title"].tolist() == ["One", "Two"]
    stored = ValidationReport.from_json((loaded.root / "validation.json").read_text())
    assert stored.cleaning == loaded.cleaning.steps
    assert (stored.items, stored.users, stored.interactions) == (2, 2, 4)


def test_equal_content_has_one_place_and_the_newest_record(source: Path, tmp_path: Path) -> None:
    first = import_dataset(source, tmp_path / "sets").dataset
    again = import_dataset(source, tmp_path / "sets", cleaning=CleaningConfig(since="1980-01-01"))
    assert again.dataset.root == first.root
    assert [s.name for s in load_dataset(first.root).cleaning.steps] == ["since", "duplicates"]


def test_a_data_set_stored_before_there_was_a_record_still_loads(
    source: Path, tmp_path: Path
) -> None:
    root = import_dataset(source, tmp_path / "sets").dataset.root
    meta = json.loads((root / "meta.json").read_text())
    del meta["cleaning"]
    (root / "meta.json").write_text(json.dumps(meta))
    assert load_dataset(root).cleaning.steps == ()
    (root / "meta.json").write_text(json.dumps(meta | {"cleaning": {"steps": [{"name": "x"}]}}))
    with pytest.raises(DamagedArtefact):
        load_dataset(root)
