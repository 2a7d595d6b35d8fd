"""Reviews and metadata of 2014, 2018 and 2023 as they are published."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from backend.data.fetching import PictureFetcher
from backend.data.ingest import import_dataset
from backend.errors import InvalidInput
from backend.schema import Modality

REVIEWS_2018 = [
    {
        "overall": 5.0, "verified": True, "reviewTime": "09 4, 2015", "reviewerID": "A3PMS",
        "asin": "B00", "reviewerName": "D. C.", "reviewText": "Fits &amp; flatters.",
        "summary": "Lovely", "unixReviewTime": 1441324800, "style": {"Color:": " Blue"},
    },
    {"overall": 2, "reviewerID": "A2", "asin": "B01", "unixReviewTime": 1441324801},
    {"overall": 2, "reviewerID": "A2", "asin": "nowhere", "unixReviewTime": 1441324801},
]  # fmt: skip
META_2018 = [
    {
        "category": ["Clothing, Shoes & Jewelry", "Women", "Women"], "tech1": "",
        "description": ["First.", "", "Second."], "title": "Tutu", "also_buy": ["X"],
        "imageURLHighRes": ["https://images.example/a.jpg", "https://images.example/b.jpg"],
        "imageURL": ["https://images.example/a_small.jpg"], "feature": ["Stretchy"],
        "brand": "BubuBibi", "price": "$1,207.50 - $9.00", "main_cat": "Fashion", "asin": "B00",
    },
    {"title": "Shoe", "asin": "B01", "price": "", "category": [], "imageURLHighRes": []},
]  # fmt: skip
REVIEWS_2023 = [
    {
        "rating": 4.0, "title": "Such a lovely scent", "text": "Smells great<br />", "images": [],
        "asin": "B1", "parent_asin": "B0", "user_id": "AGKH", "timestamp": 1588687728923,
        "helpful_vote": 0, "verified_purchase": True,
    },
]  # fmt: skip
META_2023 = [
    {
        "main_category": "All Beauty", "title": "Spray", "average_rating": 4.8,
        "features": ["Vegan", "Salt"], "description": ["For hair."], "price": 12.5,
        "images": [
            {"thumb": "https://i.example/t.jpg", "large": "https://i.example/l.jpg",
             "variant": "MAIN", "hi_res": None},
        ],
        "videos": [], "store": "Howard", "categories": [], "details": {"UPC": "6"},
        "parent_asin": "B0", "bought_together": None,
    },
]  # fmt: skip


def test_2018(bring_in, lines, jpeg):
    imported = bring_in(
        {
            "Fashion.json.gz": gzip.compress(lines(*REVIEWS_2018).encode()),
            "meta_Fashion.json.gz": gzip.compress(lines(*META_2018).encode()),
            "images/B00.jpg": jpeg,
        }
    )
    dataset = imported.dataset
    first = dataset.items.iloc[0]
    assert first["title"] == "Tutu"
    assert first["text"] == "First.\nSecond.\nStretchy"
    assert first["category"] == "Clothing, Shoes & Jewelry|Women"
    assert first["price"] == 1207.5
    assert first["image"] != ""
    assert (first["brand"], first["main_category"]) == ("BubuBibi", "Fashion")
    assert dataset.interactions["review"].tolist() == ["Lovely\nFits &amp; flatters.", ""]
    assert dataset.interactions["timestamp"].tolist() == [1441324800, 1441324801]
    assert dataset.present(Modality.REVIEWS).tolist() == [True, False]
    assert [(p.file, p.row) for p in imported.validation.problems] == [("Fashion.json", 3)]


def test_2023_with_times_in_milliseconds(bring_in, lines):
    imported = bring_in(
        {
            "All_Beauty.jsonl": lines(*REVIEWS_2023),
            "meta_All_Beauty.jsonl": lines(*META_2023),
        }
    )
    dataset = imported.dataset
    assert dataset.items["item_id"].tolist() == ["B0"]
    assert dataset.items["text"].tolist() == ["For hair.\nVegan\nSalt"]
    assert dataset.items["price"].tolist() == [12.5]
    assert dataset.items["brand"].tolist() == ["Howard"]
    assert dataset.interactions["timestamp"].tolist() == [1588687728]
    assert dataset.interactions["review"].tolist() == ["Such a lovely scent\nSmells great<br />"]
    assert any("web address" in warning for warning in imported.validation.warnings)


def test_metadata_of_python_literals_is_read_and_never_run(bring_in, lines, tmp_path: Path):
    marker = tmp_path / "ran"
    evil = f"{{'asin': open({str(marker)!r}, 'w').write('x'), 'title': 'evil'}}"
    deep = "{'asin': " + "[" * 5000 + "]" * 5000 + "}"
    literal = {
        "asin": "B00", "title": "Tutu's \"best\"", "price": 7.89, "imUrl": "http://e.example/a.jpg",
        "categories": [["Sports", "Dance"], ["Clothing"]], "description": "High quality.",
        "salesRank": {"Toys": 201847}, "brand": "Bubu",
    }  # fmt: skip
    imported = bring_in(
        {
            "reviews_Sports.json": lines(REVIEWS_2018[0]),
            "meta_Sports.json": f"{literal!r}\n{evil}\n{deep}\n",
        }
    )
    assert not marker.exists()
    item = imported.dataset.items.iloc[0]
    assert item["title"] == 'Tutu\'s "best"'
    assert item["category"] == "Sports|Dance|Clothing"
    assert item["price"] == 7.89
    assert [p.row for p in imported.validation.problems] == [2, 3]


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "nonsense", '"text"', "{'a'}", "-" * 100_000, "{" * 100_000, '{"a": 1e999}',
        "[" * 100_000, '{"asin": ' + "1" * 5000 + "}", "{'asin': " + "-" * 50_000 + "1}",
        "{'a': " + "1+" * 50_000 + "1}", '{"reviewerID": "\\ud800", "asin": "B00", "overall": 1}',
        '{"reviewerID": {"a": 1}, "asin": ["x"], "overall": true}', "\x00", '{"overall": NaN}',
    ],
)  # fmt: skip
def test_any_line_is_an_interaction_or_a_problem(bring_in, lines, line):
    imported = bring_in({"r.json": lines(REVIEWS_2018[0]) + line + "\n" + lines(REVIEWS_2018[1])})
    assert imported.validation.interactions + imported.validation.rejected == 3 - (line == "")


def test_two_categories_are_not_mixed(folder, lines, tmp_path):
    source = folder({"a.json": lines(*REVIEWS_2018), "b.jsonl": lines(*REVIEWS_2023)})
    with pytest.raises(InvalidInput, match="one at a time"):
        import_dataset(source, tmp_path / "datasets")


def test_a_file_that_is_no_review_is_not_taken_for_one(folder, tmp_path):
    source = folder({"package.json": json.dumps({"name": "x"})})
    with pytest.raises(InvalidInput, match=r"package\.json"):
        import_dataset(source, tmp_path / "datasets")


class _Fetcher(PictureFetcher):
    def __init__(self, pictures: Mapping[str, bytes]):
        super().__init__()
        self.pictures = pictures

    def fetch(self, url: str) -> bytes:
        if url not in self.pictures:
            raise InvalidInput("The host answered with status 404.")
        return self.pictures[url]


def test_addresses_are_fetched_when_asked_for(folder, lines, jpeg, tmp_path):
    second = {"title": "Shoe", "asin": "B01", "imageURL": ["https://images.example/gone.jpg"]}
    source = folder(
        {
            "Fashion.json": lines(*REVIEWS_2018[:2]),
            "meta_Fashion.json": lines(META_2018[0], second),
        }
    )
    fetcher = _Fetcher({"https://images.example/a.jpg": jpeg})
    imported = import_dataset(source, tmp_path / "sets", fetcher=fetcher)
    assert (imported.dataset.items["image"] != "").tolist() == [True, False]
    problems = [(p.row, p.column, p.reason) for p in imported.validation.problems]
    assert problems == [(2, "image", "The host answered with status 404.")]
    assert imported.validation.rejected == 0


def test_addresses_are_not_fetched_unasked(bring_in, lines):
    imported = bring_in(
        {"Fashion.json": lines(REVIEWS_2018[0]), "meta_Fashion.json": lines(META_2018[0])}
    )
    assert (imported.dataset.items["image"] == "").all()
    assert any("not fetched unless" in warning for warning in imported.validation.warnings)
