"""Column names, table contracts and fixed choices: the one vocabulary of the data."""

from enum import StrEnum
from typing import Final, Literal

from models.modality import COLLABORATIVE, Modality

__all__ = [
    "COLLABORATIVE",
    "HEADLINE_METRIC",
    "ITEM_COLUMNS",
    "Modality",
    "Objective",
    "Split",
    "SplitName",
]


class Col(StrEnum):
    """Columns of the two tables of a data set."""

    USER_ID = "user_id"
    ITEM_ID = "item_id"
    USER_NUM = "user_num"
    ITEM_NUM = "item_num"
    RATING = "rating"
    TIMESTAMP = "timestamp"
    SPLIT = "split"
    TITLE = "title"
    TEXT = "text"
    CATEGORY = "category"
    PRICE = "price"
    IMAGE = "image"


ITEM_COLUMNS: Final = (Col.ITEM_ID, Col.TITLE, Col.TEXT, Col.CATEGORY, Col.PRICE, Col.IMAGE)
"""Known columns of items; every other column is an attribute."""


class SplitName(StrEnum):
    """The part of the interactions that a row belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


Split = Literal["given", "random", "temporal", "global_time"]
Objective = Literal["ranking", "rating"]

HEADLINE_METRIC: Final = "ndcg@20"
CUTOFFS: Final = (5, 10, 20, 50)
