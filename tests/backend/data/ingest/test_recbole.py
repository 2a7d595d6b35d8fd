"""RecBole's atomic files, whole and as a benchmark of three parts."""

ITEM = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\tvector:float_seq\n"
    "1\tToy Story\t1995\tAnimation Children's Comedy\t0.1 0.2\n"
    "2\tGoldenEye\t1995\tAction\t0.3 0.4\n"
)
INTER = (
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "196\t2\t3\t881250949\n"
    "186\t1\t3.5\t891717742\n"
    "186\t9\t3.5\t891717742\n"
)
USER = "user_id:token\tage:token\n196\t24\n"


def test_atomic_files(bring_in):
    imported = bring_in({"ml/ml.inter": INTER, "ml/ml.item": ITEM, "ml/ml.user": USER})
    items = imported.dataset.items
    assert items["title"].tolist() == ["Toy Story", "GoldenEye"]
    assert items["category"].tolist() == ["Animation|Children's|Comedy", "Action"]
    assert imported.dataset.attributes == ("release_year",)
    assert imported.dataset.interactions["rating"].tolist() == [3, 3.5]
    assert imported.dataset.interactions["timestamp"].tolist() == [881250949, 891717742]
    assert [(p.file, p.row) for p in imported.validation.problems] == [("ml.inter", 4)]
    assert any("vector" in warning for warning in imported.validation.warnings)


def test_a_benchmark_keeps_its_parts(bring_in):
    head, *rows = INTER.splitlines(keepends=True)
    imported = bring_in(
        {
            "ml.train.inter": head + rows[0],
            "ml.valid.inter": head + rows[1],
            "ml.test.inter": head + rows[2] + rows[0],
            "ml.item": ITEM,
        }
    )
    assert imported.dataset.interactions["split"].tolist() == ["train", "validation"]
    found = [(p.file, p.row, p.reason) for p in imported.validation.problems]
    assert found == [
        ("ml.test.inter", 2, "the item is not in the items file"),
        ("ml.test.inter", 3, "the same user, item and time were given before"),
    ]


def test_without_an_item_file(bring_in):
    imported = bring_in({"ml.inter": INTER.replace("rating:float", "label:float")})
    assert imported.dataset.items["item_id"].tolist() == ["2", "1", "9"]
    assert imported.dataset.interactions["rating"].tolist() == [3, 3.5, 3.5]
