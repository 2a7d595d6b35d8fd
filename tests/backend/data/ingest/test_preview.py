"""A look at strangers' files, and the import that follows from it."""

import zipfile
from pathlib import Path

import pytest

from backend.data.ingest import import_dataset, preview_source
from backend.data.ingest._reading import said
from backend.data.mapping import ColumnMapping
from backend.errors import InvalidInput

STRANGERS = {
    "orders.csv": (
        "order,customer,sku,bought at,stars\n"
        "1,ann,007,2024-01-02,5\n2,bob,007,2024-01-03,4\n3,ann,008,2024-01-04,1\n"
    ),
    "products.csv": (
        "sku;name;description;colour;title\n"
        "007;Boot;A boot that keeps every foot dry in all weathers.;red;x\n"
        "008;Shoe;A shoe for summer, light and airy, made of linen.;blue;y\n"
    ),
    "notes.txt": "nothing\n",
}


def test_a_known_format_shows_its_columns_by_their_roles(folder) -> None:
    rows = "".join(f"{n}\t1\t3\t881250949\n" for n in range(80))
    movie = "1|Toy Story (1995)|||" + "|0" * 19
    preview = preview_source(folder({"u.data": rows, "u.item": movie}))
    assert (preview.format, preview.mapping) == ("movielens", None)
    events, items = preview.tables
    assert (events.use, items.use) == ("interactions", "items")
    assert events.columns == ("user_id", "item_id", "rating", "timestamp")
    assert len(events.rows) == 50
    assert events.rows[0] == ("0", "1", "3", "881250949")
    assert [guess.role for guess in events.guesses] == list(events.columns)


@pytest.mark.parametrize("packed", [False, True])
def test_strangers_are_guessed_and_then_imported(folder, tmp_path: Path, packed: bool) -> None:
    source = folder(STRANGERS)
    if packed:
        with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
            for name, content in STRANGERS.items():
                archive.writestr(name, content)
        source = tmp_path / "s.zip"
    preview = preview_source(source)
    assert preview.format == ""
    assert {table.file: table.use for table in preview.tables} == {
        "orders.csv": "interactions",
        "products.csv": "items",
        "notes.txt": "",
    }
    mapping = preview.mapping
    assert mapping is not None
    assert mapping.to_pairs() == {
        "interactions": "orders.csv",
        "items": "products.csv",
        "user_id": "customer",
        "item_id": "sku",
        "rating": "stars",
        "items.item_id": "sku",
        "items.text": "description",
        "items.title": "name",
    }
    said = ColumnMapping.from_pairs({"timestamp": "bought at"})
    imported = import_dataset(source, tmp_path / "datasets", mapping=said)
    dataset = imported.dataset
    assert dataset.items["title"].tolist() == ["Boot", "Shoe"]
    assert dataset.attributes == ("colour", "title_")
    assert dataset.user_ids.tolist() == ["ann", "bob"]
    assert dataset.interactions["timestamp"].tolist()[0] == 1704153600
    assert any("customer" in warning for warning in imported.validation.warnings)


def test_a_single_table_is_enough(folder, tmp_path: Path) -> None:
    source = folder({"o.csv": STRANGERS["orders.csv"]}) / "o.csv"
    said = ColumnMapping.from_pairs({"rating": ""})
    dataset = import_dataset(source, tmp_path / "datasets", mapping=said).dataset
    assert dataset.items["item_id"].tolist() == ["007", "008"]
    assert dataset.interactions["rating"].tolist() == [1, 1, 1]


def test_unknown_files_are_answered_with_what_to_write(folder, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--map user_id='customer' --map item_id='sku'"):
        import_dataset(folder(STRANGERS), tmp_path / "datasets")


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        ({"interactions": "gone.csv", "user_id": "a", "item_id": "b"}, "no file 'gone.csv'"),
        ({"user_id": "gone"}, "no column 'gone'; it has: order, customer"),
        ({"user_id": "sku", "item_id": "sku"}, "both"),
    ],
)
def test_a_wrong_mapping_says_what_there_is(folder, tmp_path: Path, pairs, named) -> None:
    with pytest.raises(InvalidInput, match=named):
        import_dataset(
            folder(STRANGERS), tmp_path / "datasets", mapping=ColumnMapping.from_pairs(pairs)
        )


def test_files_that_cannot_be_read_are_told_and_the_others_shown(folder) -> None:
    preview = preview_source(
        folder(STRANGERS | {"empty.csv": "", "broken.parquet": b"PAR1", "x.csv.gz": b"\x1f\x8bxx"})
    )
    assert len(preview.problems) == 3
    assert len(preview.tables) == 3


def test_nothing_to_guess(folder) -> None:
    preview = preview_source(folder({"a.csv": "x\n1\n"}))
    assert preview.mapping is None
    assert [table.use for table in preview.tables] == [""]
    assert said(ColumnMapping()) == ""
