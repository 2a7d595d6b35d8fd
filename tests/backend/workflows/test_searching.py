"""Search before and after pictures and words were aligned."""

from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.errors import InvalidInput, NotFound
from backend.workflows.aligning import AlignmentPlan, align
from backend.workflows.catalogue import NewItem, add_item
from backend.workflows.importing import encode_data, generate_demo
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.search_examples import examples
from backend.workflows.searching import SearchQuery, ability, named, search, side_by_side
from backend.workflows.workspace import Workspace, open_workspace
from db.records import DatasetRecord

ITEMS = ShopConfig(items=80, users=30, interactions_per_user=8, seed=4)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(tmp_path_factory.mktemp("search"))


@pytest.fixture(scope="module")
def shop(place: Workspace) -> DatasetRecord:
    """Encoded, not aligned."""
    record = generate_demo(place, ITEMS, "shop")
    encode_data(place, record.id, {})
    return record


def _ids(hits: tuple) -> list[str]:  # type: ignore[type-arg]
    return [hit.card.item_id for hit in hits]


def test_nothing_encoded_is_said(tmp_path: Path) -> None:
    empty = open_workspace(tmp_path)
    record = generate_demo(empty, ITEMS, "bare")
    assert ability(empty, record.id).modalities == ()
    with pytest.raises(NotFound, match="Encode it first"):
        search(empty, record.id, SearchQuery("boots"))


def test_words_go_through_the_text_encoder_before_anything_is_aligned(
    place: Workspace, shop: DatasetRecord
) -> None:
    able = ability(place, shop.id)
    assert able.words
    assert able.pictures
    assert not able.crossing
    hits = search(place, shop.id, SearchQuery("leather boots"), 5)
    assert set(hits[0].similarities) == {"text"}
    kinds = Counter(hit.card.category for hit in hits)
    assert kinds.most_common(1)[0][0] == "Boots"
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_a_picture_of_the_catalogue_finds_its_own_item(
    place: Workspace, shop: DatasetRecord
) -> None:
    dataset = open_dataset(place, find_dataset(place, shop.id))
    row = next(n for n in range(dataset.n_items) if dataset.image_path(n))
    path = dataset.image_path(row)
    assert path is not None
    hits = search(place, shop.id, SearchQuery(picture=path.read_bytes()), 3)
    assert hits[0].card.item_num == row


def test_items_find_others_and_the_parts_sum_to_the_score(
    place: Workspace, shop: DatasetRecord
) -> None:
    (seed, other, *_) = _ids(search(place, shop.id, SearchQuery("boots"), 5))
    hits = search(place, shop.id, SearchQuery(like=(seed,)), 10)
    assert seed not in _ids(hits)
    assert {"image", "text"} <= set(hits[0].similarities)
    assert sum(hits[0].similarities.values()) == pytest.approx(hits[0].score)
    alone = side_by_side(place, shop.id, SearchQuery(like=(seed,)), 4)
    assert {"image", "text"} <= set(alone)
    assert all(set(hit.similarities) == {name} for name, found in alone.items() for hit in found)
    less = search(place, shop.id, SearchQuery(like=(seed,), unlike=(other,)), 10)
    assert other not in _ids(less)


def test_what_is_unlike_sinks(place: Workspace, shop: DatasetRecord) -> None:
    before = search(place, shop.id, SearchQuery("boots"), 80)
    avoided = before[0].card
    after = search(place, shop.id, SearchQuery("boots", unlike=(avoided.item_id,)), 80)
    kind = [h.card.item_id for h in before[1:] if h.card.category == avoided.category]
    place_before = [_ids(before).index(item) for item in kind]
    place_after = [_ids(after).index(item) for item in kind]
    assert sum(place_after) > sum(place_before)


def test_weights_choose_what_counts(place: Workspace, shop: DatasetRecord) -> None:
    (seed, *_) = _ids(search(place, shop.id, SearchQuery("boots"), 1))
    alone = side_by_side(place, shop.id, SearchQuery(like=(seed,)), 6)
    rest = {name: 0.0 for name in alone if name != "text"}
    only = search(place, shop.id, SearchQuery(like=(seed,), weights=rest), 6)
    assert _ids(only) == _ids(alone["text"])
    with pytest.raises(InvalidInput, match="Raise one"):
        search(place, shop.id, SearchQuery(like=(seed,), weights=dict.fromkeys(alone, 0.0)))


def test_nothing_to_go_by_and_unknown_items_are_refused(
    place: Workspace, shop: DatasetRecord
) -> None:
    with pytest.raises(InvalidInput, match="Give some words"):
        search(place, shop.id, SearchQuery(unlike=("x",)))
    with pytest.raises(NotFound, match="'nothing'"):
        search(place, shop.id, SearchQuery(like=("nothing",)))
    assert named(place, shop.id, ("nothing",)) == ()


def test_examples_are_phrases_of_the_catalogue(place: Workspace, shop: DatasetRecord) -> None:
    found = examples(place, shop.id)
    items = open_dataset(place, find_dataset(place, shop.id)).items
    everything = " ".join(" ".join([*items.title, *items.text]).split())
    assert len(found) == len(set(found)) == 4
    assert all(phrase in everything for phrase in found)


def test_aligned_words_are_compared_with_pictures_too(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path)
    record = generate_demo(workspace, ITEMS, "shop")
    align(workspace, AlignmentPlan(record.id, settings={"epochs": 3}))
    assert ability(workspace, record.id).crossing
    buffer = BytesIO()
    Image.new("RGB", (80, 80), "teal").save(buffer, "PNG")
    card = add_item(workspace, record.id, NewItem("Teal thing", image=buffer.getvalue()))
    hits = search(workspace, record.id, SearchQuery("leather boots"), 200)
    assert {"image", "text"} <= set(hits[0].similarities)
    assert card.item_id in _ids(hits)
    both = search(workspace, record.id, SearchQuery("teal", picture=buffer.getvalue()), 5)
    assert both[0].card.item_id == card.item_id
