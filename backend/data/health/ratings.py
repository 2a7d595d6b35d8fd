"""Whether ratings are what they seem: a scale that people used."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent

_ENOUGH: Final = 0.002
"""Share of the rows that a strange value must have, so that a typing error is no finding."""
_FAR: Final = 1.5
_ZEROS: Final = 0.05
_ONE_SIDED: Final = 0.9
_EXTREME: Final = 0.9


def rating_findings(ratings: NDArray[np.float32]) -> Iterator[Finding]:
    """`ratings` f32[N]; all 1 means that the source has none, which is fine."""
    if not len(ratings) or (ratings == 1).all():
        return
    values, counts = np.unique(ratings.astype(np.float64).round(4), return_counts=True)
    if len(values) == 1:
        yield _all_equal(float(values[0]), len(ratings))
        return
    code = _code(values, counts)
    if code is not None:
        yield _not_a_rating(float(values[code]), int(counts[code]), len(ratings))
        values, counts = np.delete(values, code), np.delete(counts, code)
    shares = counts / counts.sum()
    if code is None and values.tolist() == [0.0, 1.0]:
        yield _click_log(shares)
    elif len(values) == 2:
        yield _two_codes(values, shares)
    elif len(values) > 2 and shares.max() > _ONE_SIDED:
        yield _one_sided(float(values[shares.argmax()]), float(shares.max()))
    elif len(values) > 2 and _polarised(shares):
        yield _extremes(float(shares[0] + shares[-1]))


def _code(values: NDArray[np.float64], counts: NDArray[np.int64]) -> int | None:
    """Place of a value that stands for "none given": far off the scale, or 0 below one from 1."""
    if len(values) < 3:
        return None
    for place, rest in ((0, values[1:]), (len(values) - 1, values[:-1])):
        span = rest[-1] - rest[0]
        gap = rest[0] - values[0] if place == 0 else values[-1] - rest[-1]
        if gap > _FAR * span and counts[place] > _ENOUGH * counts.sum():
            return place
    zero = values[0] == 0 and values[1] == 1 and len(values) > 4
    return 0 if zero and counts[0] > _ZEROS * counts.sum() else None


def _polarised(shares: NDArray[np.float64]) -> bool:
    return bool(shares[0] + shares[-1] > _EXTREME and min(shares[0], shares[-1]) > 0.05)


def _all_equal(value: float, rows: int) -> Finding:
    return Finding(
        "ratings_equal",
        Severity.ATTENTION,
        f"All {rows:,} ratings are {value:g}.",
        "A rating that never differs says nothing: the rows are treated as clicks, and rating "
        "prediction is not offered.",
        "If people did rate, the wrong column was taken; name the right one 'rating' and import "
        "again.",
        Fix("import", "Import again"),
    )


def _not_a_rating(value: float, count: int, rows: int) -> Finding:
    return Finding(
        "rating_code",
        Severity.PROBLEM,
        f"{counted(count, 'row')} ({percent(count / rows)}) carry the rating {value:g}, which lies "
        "off the scale of all others.",
        "It looks like a code for 'not rated'. Taken as a rating it pulls every mean, and people "
        "seem to hate what they only bought.",
        "Leave the rating of these rows empty or drop the rows in the source; for ranking, set "
        "what counts as liked on the Train page.",
        Fix("train", "Set what counts as liked"),
    )


def _two_codes(values: NDArray[np.float64], shares: NDArray[np.float64]) -> Finding:
    low, high = values
    return Finding(
        "ratings_two_codes",
        Severity.ATTENTION,
        f"There are only two ratings: {low:g} ({percent(float(shares[0]))}) and {high:g} "
        f"({percent(float(shares[1]))}).",
        "They are codes for no and yes rather than a scale; predicting a number between them is "
        "not what anybody wants, and a no taken as a choice turns taste around.",
        f"Train for ranking and let only rating>={high:g} count as liked.",
        Fix("train", "Set what counts as liked"),
    )


def _click_log(shares: NDArray[np.float64]) -> Finding:
    return Finding(
        "click_log",
        Severity.NOTE,
        f"Every interaction is 1 or 0, and {percent(float(shares[1]))} are 1: a log of what was "
        "shown and whether it was clicked.",
        "The chance of a click can be predicted. For ranking, only the 1 count as liked.",
        "If 0 and 1 are something else, name the column otherwise and import again.",
    )


def _one_sided(value: float, share: float) -> Finding:
    return Finding(
        "ratings_one_sided",
        Severity.NOTE,
        f"{percent(share)} of the ratings are {value:g}.",
        "Always guessing the mean is hard to beat then: a small error in rating prediction proves "
        "little.",
        "Compare models by ranking, or compare errors with that of the mean.",
    )


def _extremes(share: float) -> Finding:
    return Finding(
        "ratings_extreme",
        Severity.NOTE,
        f"{percent(share)} of the ratings are the lowest or the highest possible.",
        "People vote for or against rather than grade; the error of a predicted number describes "
        "that badly.",
        "Compare models by ranking, with the high ratings as liked.",
        Fix("train", "Set what counts as liked"),
    )
