"""Column names, table contracts and fixed choices: the one vocabulary of the data."""

from enum import StrEnum
from typing import Final, Literal

from models.modality import COLLABORATIVE, Modality

__all__ = [
    "COLLABORATIVE",
    "HEADLINE_METRIC",
    "ITEM_COLUMNS",
    "MEDIA_COLUMNS",
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
    AUDIO = "audio"
    VIDEO = "video"
    REVIEW = "review"


MEDIA_COLUMNS: Final = {
    Modality.IMAGE: Col.IMAGE,
    Modality.AUDIO: Col.AUDIO,
    Modality.VIDEO: Col.VIDEO,
}
"""Item columns that hold the SHA-256 of a stored file ("" where there is none)."""

RECORDING_COLUMNS: Final = (Col.AUDIO, Col.VIDEO)
"""There only where the source has them."""

ITEM_COLUMNS: Final = (
    Col.ITEM_ID,
    Col.TITLE,
    Col.TEXT,
    Col.CATEGORY,
    Col.PRICE,
    Col.IMAGE,
)
"""Columns of every catalogue; what is neither here nor in RECORDING_COLUMNS is an attribute."""


PERSON: Final = "person"
"""Category of items that are people: one with the identifier of a user is that user's profile."""


class SplitName(StrEnum):
    """The part of the interactions that a row belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


Split = Literal["given", "random", "temporal", "global_time", "cold_items"]
Objective = Literal["ranking", "rating", "ctr"]

HEADLINE_METRIC: Final = "ndcg@20"
CUTOFFS: Final = (5, 10, 20, 50)
