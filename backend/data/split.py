"""Parts the interactions into training, validation and test."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.dataset import Dataset, Interactions, SplitData
from backend.errors import InvalidInput
from backend.schema import Col, Objective, SplitName
from models.config import Config, setting
from models.errors import ConfigError

_PARTS: Final = (SplitName.TRAIN, SplitName.VALIDATION, SplitName.TEST)
_CONDITION: Final = re.compile(r"\s*rating\s*(>=|<=|==|!=|>|<)\s*([-+]?\d+(?:\.\d+)?)\s*")
_COMPARE: Final[dict[str, Callable[[NDArray[np.float32], float], NDArray[np.bool_]]]] = {
    ">=": lambda ratings, bound: ratings >= bound,
    "<=": lambda ratings, bound: ratings <= bound,
    "==": lambda ratings, bound: ratings == bound,
    "!=": lambda ratings, bound: ratings != bound,
    ">": lambda ratings, bound: ratings > bound,
    "<": lambda ratings, bound: ratings < bound,
}


@dataclass(frozen=True, kw_only=True)
class SplitConfig(Config):
    """How to part a data set's interactions.

    `given` takes the file's own split; `random` holds out a share of each user's interactions at
    random; `temporal` the last of each user; `global_time` everything after one moment, as in
    life; `cold_items` a share of the items with all that was done with them, ranked among
    themselves: items without a single click in training.
    """

    kind: str = setting(
        "random",
        help=(
            "Given by the file, at random per user, each user's last, after one moment, or whole "
            "items that training never sees."
        ),
        choices=("given", "random", "temporal", "global_time", "cold_items"),
    )
    seed: int = setting(2026, help="Fixes the random choice.", low=0, high=2**31 - 1)
    positive: str = setting(
        "", help='What counts as liked when ranking, such as "rating>=4"; empty: every row.'
    )
    validation: float = setting(
        0.1, help="Share held out for choosing settings.", low=0.01, high=0.4, expert=True
    )
    test: float = setting(
        0.1, help="Share held out for the final figures.", low=0.01, high=0.4, expert=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.positive.strip() and not _CONDITION.fullmatch(self.positive):
            raise ConfigError(
                f"'positive' needs the form rating>=4 (or >, <=, <, ==, !=), not '{self.positive}'."
            )


def split_interactions(dataset: Dataset, config: SplitConfig, objective: Objective) -> SplitData:
    """Three disjoint parts.

    Ranking: rows that meet `positive`, one per pair of user and item; of a repeated pair the
    earliest counts (with `given`: the one in the earliest part). Rating, ctr: every row. Users with
    fewer than three rows are kept for training whole (`random`, `temporal`). Raises InvalidInput
    where the data lacks the split column or the timestamps, or a part comes out empty.
    """
    rows = dataset.interactions
    if config.kind == "given" and Col.SPLIT not in rows.columns:
        raise InvalidInput(
            "This data set has no split column; choose the split random, temporal, global_time or "
            "cold_items."
        )
    if config.kind in ("temporal", "global_time") and not rows[Col.TIMESTAMP].any():
        raise InvalidInput(
            "This data set has no timestamps; choose the split random, cold_items or given."
        )
    if objective == "ranking":
        rows = _positives(rows, config)
    parts = _assign(rows, config)
    split = {part: _interactions(rows[(parts == part).to_numpy()]) for part in _PARTS}
    for part, chosen in split.items():
        if not len(chosen):
            raise InvalidInput(
                f"The {part} part is empty with the split {config.kind}"
                + (f" and {config.positive}" if config.positive and objective == "ranking" else "")
                + "; choose another split or condition."
            )
    candidates = _candidates(split, dataset.n_items, config)
    train, validation, test = split.values()
    return SplitData(train, validation, test, candidates)


def _candidates(
    split: "dict[SplitName, Interactions]", n_items: int, config: SplitConfig
) -> dict[SplitName, NDArray[np.bool_]]:
    """Cold items compete with each other: against items that people clicked in training, a list
    would measure popularity before it measured content."""
    if config.kind != "cold_items":
        return {}
    held_out = (SplitName.VALIDATION, SplitName.TEST)
    return {part: np.bincount(split[part].items, minlength=n_items) > 0 for part in held_out}


def _positives(rows: pd.DataFrame, config: SplitConfig) -> pd.DataFrame:
    if match := _CONDITION.fullmatch(config.positive):
        sign, bound = match.groups()
        ratings = rows[Col.RATING].to_numpy(dtype=np.float32)
        rows = rows[_COMPARE[sign](ratings, float(bound))]
    by = Col.TIMESTAMP
    if config.kind == "given":
        order = rows[Col.SPLIT].map({part: place for place, part in enumerate(_PARTS)})
        rows, by = rows.assign(_part=order), "_part"  # type: ignore[assignment]
    first = rows.sort_values(by, kind="stable").drop_duplicates([Col.USER_NUM, Col.ITEM_NUM])
    return first.sort_index()


def _assign(rows: pd.DataFrame, config: SplitConfig) -> "pd.Series[str]":
    """The part of each row."""
    if config.kind == "given":
        return rows[Col.SPLIT]
    if config.kind == "cold_items":
        return _by_item(rows, config)
    chance = np.random.default_rng(config.seed).permutation(len(rows))
    times = rows[Col.TIMESTAMP].to_numpy()
    if config.kind == "global_time":
        return _named(
            _rank_from_end(np.zeros(len(rows), np.int64), times, chance), len(rows), config
        )
    users = rows[Col.USER_NUM].to_numpy()
    if config.kind == "random":
        times = np.zeros_like(times)
    sizes = np.bincount(users)[users] if len(users) else users
    return _named(_rank_from_end(users, times, chance), sizes, config)


def _by_item(rows: pd.DataFrame, config: SplitConfig) -> "pd.Series[str]":
    """Whole items go to one part, at random."""
    items, places = np.unique(rows[Col.ITEM_NUM], return_inverse=True)
    rank = np.random.default_rng(config.seed).permutation(len(items))[places]
    return _named(rank, len(items), config)


def _rank_from_end(
    groups: NDArray[np.int64], times: NDArray[np.int64], chance: NDArray[np.int64]
) -> NDArray[np.int64]:
    """i64[N]: 0 for the last row of each group, 1 for the one before; ties as `chance` has it."""
    order = np.lexsort((chance, times, groups))[::-1]
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = within
    return ranks


def _named(
    from_end: NDArray[np.int64], sizes: "NDArray[np.int64] | int", config: SplitConfig
) -> "pd.Series[str]":
    """At least one row of each group of three or more goes to validation and one to test."""
    sizes = np.broadcast_to(sizes, from_end.shape)
    splittable = sizes >= 3
    tested = np.where(splittable, np.maximum(1, np.rint(config.test * sizes)), 0)
    validated = np.where(splittable, np.maximum(1, np.rint(config.validation * sizes)), 0)
    parts = np.select(
        [from_end < tested, from_end < tested + validated],
        [str(SplitName.TEST), str(SplitName.VALIDATION)],
        str(SplitName.TRAIN),
    )
    return pd.Series(parts)


def _interactions(rows: pd.DataFrame) -> Interactions:
    return Interactions(
        rows[Col.USER_NUM].to_numpy(dtype=np.int64),
        rows[Col.ITEM_NUM].to_numpy(dtype=np.int64),
        rows[Col.RATING].to_numpy(dtype=np.float32),
        rows.index.to_numpy(dtype=np.int64),
        rows[Col.TIMESTAMP].to_numpy(dtype=np.int64),
    )
