import numpy as np
import pandas as pd
import pyarrow as pa

from backend.data.events import Events


def events(rows: list[tuple[int, int, int]]) -> Events:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Events(
        users=table[:, 0].astype(np.int32),
        items=table[:, 1].astype(np.int32),
        ratings=np.ones(len(table), np.float32),
        timestamps=table[:, 2],
        splits=np.arange(len(table), dtype=np.int8) % 3,
        reviews=pd.Series([f"r{n}" for n in range(len(table))], dtype=str),
        lines=np.arange(2, len(table) + 2),
        origins=np.zeros(len(table), np.int16),
        files=("interactions.csv",),
        user_ids=pa.array(["a", "b", "c", "unused"], pa.large_string()),
    )


def test_users_are_numbered_by_appearance_and_only_those_that_appear() -> None:
    table, user_ids = events([(2, 0, 1), (0, 1, 2), (2, 1, 3)]).numbered()
    assert user_ids.tolist() == ["c", "a"]
    assert table["user_num"].tolist() == [0, 1, 0]
    assert table["split"].tolist() == ["train", "validation", "test"]
    assert list(table.columns) == [
        "user_num", "item_num", "rating", "timestamp", "review", "split"
    ]  # fmt: skip


def test_kept_rows_keep_everything_of_theirs() -> None:
    kept = events([(0, 0, 1), (1, 1, 2), (2, 2, 3)]).kept(np.array([True, False, True]))
    assert len(kept) == 2
    assert kept.lines.tolist() == [2, 4]
    assert kept.reviews is not None
    assert kept.reviews.tolist() == ["r0", "r2"]
    assert kept.reviews.index.tolist() == [0, 1]
