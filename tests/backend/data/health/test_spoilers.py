import pandas as pd

from backend.data.health.spoilers import items_in_own_texts, reviews_in_texts

LONG = "Fits well, but the sleeves are far too long for me"
TITLES = pd.Series(["Blue Linen Shirt", "Red Wool Coat", "It", "Green Silk Scarf", "Grey Felt Hat"])


def _rows(reviews: list[str], parts: list[str], items: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {"user_num": [0] * len(items), "item_num": items, "split": parts, "review": reviews}
    )


def test_a_review_is_found_whatever_its_letters_and_marks() -> None:
    texts = pd.Series(["A shirt. FITS WELL -- but the sleeves are far too long for me!", "A coat"])
    rows = _rows([LONG, LONG], ["test", "test"], [0, 1])
    (finding,) = reviews_in_texts(rows, texts)
    assert finding.items == (0,)
    assert "1 test interaction (50 %" in finding.sentence


def test_training_and_short_reviews_say_nothing() -> None:
    texts = pd.Series([LONG, "very good coat"])
    assert not list(reviews_in_texts(_rows([LONG, "very good"], ["train", "test"], [0, 1]), texts))


def test_own_test_items_are_told_from_what_everybody_names() -> None:
    people = 12
    rows = pd.DataFrame(
        {
            "user_num": [n for n in range(people) for _ in range(2)],
            "item_num": [place for n in range(people) for place in (2, (0, 1, 3, 4)[n % 4])],
            "split": ["train", "test"] * people,
            "review": [
                text for n in range(people) for text in (f"as my {TITLES[(0, 1, 3, 4)[n % 4]]}", "")
            ],
        }
    )
    (finding,) = items_in_own_texts(rows, TITLES, {})
    assert finding.name == "test_items_in_own_texts"
    assert finding.sentence.startswith("12 test interactions (100 %")
    everybody = rows.assign(
        review="a Blue Linen Shirt, a Red Wool Coat, Green Silk Scarf, Grey Felt Hat"
    )
    assert list(items_in_own_texts(everybody, TITLES, {})) == []


def test_what_the_catalogue_says_of_a_person_counts() -> None:
    rows = pd.DataFrame({"user_num": range(8), "item_num": [0, 1, 3, 4] * 2, "split": "test"})
    profiles = {n: f"Fond of: {TITLES[(0, 1, 3, 4)[n % 4]]}" for n in range(8)}
    assert [f.name for f in items_in_own_texts(rows, TITLES, profiles)] == [
        "test_items_in_own_texts"
    ]
