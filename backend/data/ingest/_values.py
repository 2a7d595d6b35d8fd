"""Numbers, times and splits as people write them, whole columns at a time."""

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from backend.data.events import SPLITS
from backend.schema import SplitName

CONTROL: Final = r"[\x00-\x1f\x7f]"
"""In identifiers: numpy's fixed-width strings drop trailing NULs, which would make two one."""
LATEST: Final = 4_102_444_800
"""The year 2100, in seconds."""
_UNITS: Final = {1_000: "milliseconds", 1_000_000: "microseconds", 1_000_000_000: "nanoseconds"}
_SPLIT_NAMES: Final = {
    "train": SplitName.TRAIN,
    "training": SplitName.TRAIN,
    "validation": SplitName.VALIDATION,
    "valid": SplitName.VALIDATION,
    "val": SplitName.VALIDATION,
    "dev": SplitName.VALIDATION,
    "test": SplitName.TEST,
}


def arrow_text(text: "pd.Series[str]") -> pa.Array:
    """One Arrow array, however many chunks (none, for no rows) pandas holds."""
    array = pa.array(text, pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def numbers(text: "pd.Series[str]") -> NDArray[np.float64]:
    """f64[N]; NaN where it is not a number."""
    written = arrow_text(text.where(text != "", None))
    try:  # five times as fast, but one bad value makes it give up
        return np.array(written.cast(pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        loose = pd.to_numeric(text, errors="coerce")
        return np.array(loose.to_numpy(dtype=np.float64, na_value=np.nan))


def seconds(text: "pd.Series[str]") -> NDArray[np.float64]:
    """f64[N] since 1970 as written: numbers as they are, ISO dates converted; NaN otherwise."""
    found = numbers(text)
    words = (text != "").to_numpy() & np.isnan(found)
    if words.any():
        parsed = pd.to_datetime(text[words], errors="coerce", utc=True, format="ISO8601")
        found[words] = (parsed - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy()
    return found


def time_unit(values: NDArray[np.float64]) -> int:
    """How many of the unit make a second, judged by the middle one: 1, 1000, a million, ..."""
    known = values[np.isfinite(values)]
    middle = abs(float(np.median(known))) if len(known) else 0.0
    return next((unit for unit in (1, *_UNITS) if middle <= LATEST * unit), 1)


def unit_name(unit: int) -> str:
    """What `time_unit` found, in words."""
    return _UNITS[unit]


def split_places(text: "pd.Series[str]") -> NDArray[np.int8]:
    """i8[N] places in SPLITS; -1 where it is none of them."""
    places = {name: SPLITS.index(split) for name, split in _SPLIT_NAMES.items()}
    found = text.str.lower().map(places).fillna(-1)
    return np.asarray(found.to_numpy(), dtype=np.int8)
