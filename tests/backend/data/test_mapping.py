import pytest

from backend.data.mapping import ColumnMapping
from backend.errors import InvalidInput
from backend.schema import Col
from models.errors import ConfigError


def test_pairs_there_and_back() -> None:
    pairs = {"interactions": "o.csv", "items": "p.csv", "user_id": "who", "item_id": "sku"}
    mapping = ColumnMapping.from_pairs(pairs | {"items.title": "name"})
    assert mapping.interaction_columns == {Col.USER_ID: "who", Col.ITEM_ID: "sku"}
    assert mapping.item_columns == {Col.ITEM_ID: "sku", Col.TITLE: "name"}
    assert ColumnMapping.from_pairs(mapping.to_pairs()) == mapping
    assert ColumnMapping.from_pairs({"item_id": "a", "items.item_id": "b"}).item_columns == {
        Col.ITEM_ID: "b"
    }


def test_a_typo_names_the_nearest_role() -> None:
    with pytest.raises(ConfigError, match="user_id"):
        ColumnMapping.from_pairs({"user_ids": "x"})


def test_what_was_said_wins_over_what_was_guessed() -> None:
    guessed = ColumnMapping.from_pairs(
        {"interactions": "o.csv", "user_id": "a", "item_id": "b", "rating": "c", "timestamp": "d"}
    )
    said = ColumnMapping.from_pairs({"user_id": "c", "timestamp": ""})
    whole = said.over(guessed)
    assert whole.interactions == "o.csv"
    assert whole.interaction_columns == {"item_id": "b", "user_id": "c", "timestamp": ""}
    other = ColumnMapping.from_pairs({"interactions": "other.csv"}).over(guessed)
    assert other.interaction_columns == {}


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        ({"user_id": "a", "item_id": "b"}, "which file"),
        ({"interactions": "o.csv", "item_id": "b"}, "user_id"),
        ({"interactions": "o.csv", "user_id": "a"}, "item_id"),
    ],
)
def test_what_is_missing_is_asked_for(pairs: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        ColumnMapping.from_pairs(pairs).require()
