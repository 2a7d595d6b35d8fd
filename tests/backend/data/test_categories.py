import numpy as np
import pandas as pd

from backend.data.categories import category_shares, favourite_categories
from backend.data.dataset import Interactions


def test_an_item_of_several_categories_is_split_between_them() -> None:
    items = pd.DataFrame(
        {"category": ["Shoes", "Shoes| Bags", "", "Bags|Bags"]}, index=[5, 6, 7, 8]
    )
    shares = category_shares(items)
    assert shares is not None
    np.testing.assert_allclose(shares[:, shares[0].argmax()], [1, 0.5, 0, 0])
    np.testing.assert_allclose(shares.sum(axis=1), [1, 1, 0, 1])


def test_no_category_is_nothing() -> None:
    assert category_shares(pd.DataFrame({"category": ["", ""]})) is None


def test_the_rarest_of_very_many_are_left_out() -> None:
    names = [*(f"c{n}" for n in range(300)), "common", "common"]
    shares = category_shares(pd.DataFrame({"category": names}))
    assert shares is not None
    assert shares.shape == (302, 200)
    assert shares[-1].sum() == 1


def test_the_favourite_takes_most_of_the_history() -> None:
    items = pd.DataFrame({"category": ["Shoes", "Bags", "Bags", ""]})
    users, taken = np.array([0, 0, 0, 2]), np.array([0, 1, 2, 3])
    history = Interactions(users, taken, np.ones(4, np.float32))
    found = favourite_categories(items, history, 4)
    assert found is not None
    names, favourite = found
    assert [names[favourite[0]], *favourite[1:].tolist()] == ["Bags", -1, -1, -1]
