import pandas as pd

from backend.data.health.duplicates import (
    duplicate_findings,
    exact_duplicates,
    same_files,
    shared_file_findings,
)
from backend.data.health.findings import Severity
from backend.schema import Modality


def _items(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["title", "text", "image"])
    return table.assign(item_id=[f"i{n}" for n in range(len(table))], category="", price=0.0)


def test_items_that_differ_in_anything_are_no_doubles() -> None:
    table = _items([("Shirt", "Red", "a"), ("Shirt", "Red", "b"), ("Shirt", "Blue", "a")])
    assert exact_duplicates(table) == ()
    coloured = _items([("Shirt", "", "a"), ("Shirt", "", "a")]).assign(colour=["red", "blue"])
    assert exact_duplicates(coloured, ("colour",)) == ()
    assert exact_duplicates(coloured) == ((0, 1),)


def test_items_without_anything_are_not_alike() -> None:
    assert exact_duplicates(_items([("", "", ""), ("", "", "")])) == ()


def test_doubles_are_found_largest_group_first() -> None:
    table = _items([("A", "", "a"), ("B", "", "b"), ("A", "", "a"), ("B", "", "b"), ("B", "", "b")])
    groups = exact_duplicates(table)
    assert groups == ((1, 3, 4), (0, 2))
    (found,) = duplicate_findings(groups, 5)
    assert found.sentence.startswith("3 items (60 %)")
    assert found.severity is Severity.ATTENTION
    assert list(duplicate_findings((), 5)) == []


def test_one_picture_on_many_items_is_found() -> None:
    table = _items([(f"T{n}", "", "same" if n < 6 else f"own {n}") for n in range(40)])
    shared = same_files(table)
    assert shared[Modality.IMAGE] == (tuple(range(6)),)
    (found,) = shared_file_findings(shared, 40)
    assert "6 items (15 %)" in found.sentence
    assert found.groups == (tuple(range(6)),)


def test_a_picture_shared_by_variants_is_no_finding() -> None:
    table = _items([(f"T{n}", "", f"p{n // 2}") for n in range(40)])
    assert list(shared_file_findings(same_files(table), 40)) == []
