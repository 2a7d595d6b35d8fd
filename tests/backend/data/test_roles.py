import pytest

from backend.data.roles import INTERACTION_ROLES, ITEM_ROLES, plain_name, roles_by_name


@pytest.mark.parametrize(
    "columns",
    [
        ("user_id", "item_id", "rating", "timestamp"),
        ("User ID", "Item-ID", "Rating", "Time Stamp"),
        ("Kundennummer", "Artikelnummer", "Bewertung", "Datum"),
        ("id_utilisateur", "id_produit", "Évaluation", "date"),
        ("usuario", "producto", "calificación", "fecha"),
        ("utente", "prodotto", "voto", "data"),
        ("пользователь", "товар", "оценка", "дата"),
        ("用户", "商品", "评分", "时间"),
        ("ユーザー", "アイテム", "評価", "日時"),
        ("사용자", "상품", "평점", "날짜"),
    ],
)
def test_interactions_in_several_languages(columns: tuple[str, ...]) -> None:
    found = roles_by_name(columns, INTERACTION_ROLES)
    assert [found.get(column) for column in columns] == list(INTERACTION_ROLES[:4])


def test_the_exact_name_wins_and_a_role_is_given_once() -> None:
    found = roles_by_name(["name", "headline", "title", "sku"], ITEM_ROLES)
    assert found == {"title": "title", "sku": "item_id"}


def test_names_without_case_accents_and_punctuation() -> None:
    assert plain_name(" Détail_Desc. ") == "detaildesc"
    assert plain_name("Й") == plain_name("й")
