"""What people wrote about items, as far as a model may know it: training interactions only."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.dataset import Dataset, SplitData
from backend.errors import InvalidInput
from backend.schema import Col

_MOST: Final = 50
"""Reviews per item that are read, the latest ones: more change an average little."""


def readable_rows(dataset: Dataset, split: SplitData) -> NDArray[np.int64]:
    """i64[N]: the training interactions whose reviews may be read. One whose pair of user and item
    is held out as well stays unread, for people tend to write the same twice."""
    train = _pairs(split.train.users, split.train.items, dataset)
    held_out = [_pairs(p.users, p.items, dataset) for p in (split.validation, split.test)]
    return split.train.rows[~np.isin(train, np.concatenate(held_out))]


def review_texts(dataset: Dataset, rows: NDArray[np.int64]) -> list[str]:
    """Per item the reviews of the interactions at `rows`, oldest first, one a line; "" without."""
    texts = [""] * dataset.n_items
    if Col.REVIEW not in dataset.interactions.columns:
        return texts
    chosen = dataset.interactions.iloc[rows]
    chosen = chosen[chosen[Col.REVIEW].str.strip() != ""]
    chosen = chosen.sort_values(Col.TIMESTAMP, kind="stable")
    for item, place in chosen.groupby(Col.ITEM_NUM, sort=False).indices.items():
        reviews = chosen[Col.REVIEW].iloc[place[-_MOST:]].tolist()
        texts[int(str(item))] = "\n".join(" ".join(review.split()) for review in reviews)
    return texts


def check_unread(dataset: Dataset, rows: NDArray[np.int64], split: SplitData) -> None:
    """Raises InvalidInput where one of `rows` is an interaction that is held out: its review would
    tell the model what it is to be tested on."""
    chosen = dataset.interactions.iloc[rows]
    read = _pairs(chosen[Col.USER_NUM].to_numpy(), chosen[Col.ITEM_NUM].to_numpy(), dataset)
    for part, name in ((split.validation, "validation"), (split.test, "test")):
        held_out = _pairs(part.users, part.items, dataset)
        if leaked := int(np.isin(read, held_out).sum()):
            raise InvalidInput(
                f"{leaked:,} reviews of {name} interactions would be read while encoding; the "
                "figures would be worthless. Leave the reviews out, and report this."
            )


def _pairs(
    users: NDArray[np.int64], items: NDArray[np.int64], dataset: Dataset
) -> NDArray[np.int64]:
    return users * dataset.n_items + items
