import pandas as pd

from backend.data.guessing import guess_roles
from backend.data.roles import INTERACTION_ROLES, ITEM_ROLES


def _guessed(columns: dict[str, list[str]], roles: tuple) -> dict[str, tuple[str | None, float]]:
    frame = pd.DataFrame(columns, dtype=str)
    return {g.column: (g.role, g.confidence) for g in guess_roles(frame, roles)}


def test_names_and_values_that_agree_are_nearly_certain() -> None:
    found = _guessed(
        {
            "Kunde": ["k1", "k2", "k1", "k3"],
            "Artikelnummer": ["007", "008", "007", "007"],
            "Sterne": ["1", "5", "4", "4"],
            "Datum": ["2024-01-02", "2024-01-03", "2024-01-02", "2024-02-02"],
            "Filiale": ["Nord", "Süd", "Nord", "Süd"],
        },
        INTERACTION_ROLES,
    )
    assert {c: role for c, (role, confidence) in found.items() if confidence >= 0.7} == {
        "Kunde": "user_id",
        "Artikelnummer": "item_id",
        "Sterne": "rating",
        "Datum": "timestamp",
    }


def test_values_that_contradict_the_name_make_it_doubtful() -> None:
    found = _guessed(
        {"user_id": ["a", "b"], "item_id": ["x", "y"], "rating": ["good", "bad"]},
        INTERACTION_ROLES,
    )
    assert found["rating"][1] < 0.7
    assert found["user_id"][1] > 0.9


def test_content_alone_suggests_but_does_not_convince() -> None:
    found = _guessed(
        {
            "c1": ["p1", "p2", "p3"],
            "c2": ["a.jpg", "b.jpg", "c.png"],
            "c3": ["A long text about this product, its colour and its cut."] * 3,
            "c4": ["1700000000", "1700000001", "1700000002"],
            "c5": ["9.99", "12.5", "3.25"],
        },
        ITEM_ROLES,
    )
    assert {column: role for column, (role, _) in found.items()} == {
        "c1": "item_id",
        "c2": "image",
        "c3": "text",
        "c4": None,
        "c5": "price",
    }
    assert max(confidence for _, confidence in found.values()) < 0.7


def test_an_empty_table_is_guessed_by_names() -> None:
    found = _guessed({"customer": [], "product": []}, INTERACTION_ROLES)
    assert {column: role for column, (role, _) in found.items()} == {
        "customer": "user_id",
        "product": "item_id",
    }
