"""Everything that is looked at, in two parts: the tables, at once; the contents, in seconds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from backend.data.dataset import Dataset
from backend.data.health.activity import Activity, activity_findings
from backend.data.health.alike import (
    near_doubles,
    near_duplicate_findings,
    near_duplicates,
    outlier_findings,
    threshold,
)
from backend.data.health.coverage import Present, missing_content
from backend.data.health.duplicates import (
    Groups,
    duplicate_findings,
    exact_duplicates,
    same_files,
    shared_file_findings,
)
from backend.data.health.findings import Finding, headline, ordered
from backend.data.health.foreknowledge import foreknowledge_findings
from backend.data.health.leaks import (
    duplicates_across,
    named_users,
    ready_made_reviews,
    split_findings,
)
from backend.data.health.neighbours import Neighbours, find_neighbours
from backend.data.health.pictures import measure_pictures, picture_findings
from backend.data.health.ratings import rating_findings
from backend.data.health.spoilers import items_in_own_texts, reviews_in_texts
from backend.data.health.texts import text_findings
from backend.data.health.times import time_findings
from backend.data.health.twins import twin_findings
from backend.data.health.vectors import Vectors, vector_findings
from backend.progress import Report, silent
from backend.schema import PERSON, Col, Modality

BINS: Final = 40
LEAKS: Final = "Split and leaks"
LEAKS_IN_CONTENTS: Final = "Leaks in contents"
NO_SPLIT: Final = "There is too little to part into training and test."


@dataclass(frozen=True)
class Area:
    """One thing that was looked at. `open` says why it could not be, else it is empty."""

    title: str
    looked_for: str
    findings: tuple[Finding, ...] = ()
    open: str = ""


@dataclass(frozen=True)
class Nearest:
    """How near the nearest other item is, over a catalogue: a histogram of cosines.

    `edges` f64[B + 1], `counts` i64[B]; from `threshold` on two items count as nearly the same.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    threshold: float


@dataclass(frozen=True)
class CloserLook:
    """What only the contents tell."""

    areas: tuple[Area, ...]
    nearest: Mapping[str, Nearest]
    """Per modality."""


@dataclass(frozen=True)
class HealthReport:
    """All findings about a data set, and the counts behind the figures."""

    areas: tuple[Area, ...]
    activity: Activity
    coverage: Mapping[Modality, Mapping[str, float]]
    """Share of items with each modality, by how often items are chosen."""
    nearest: Mapping[str, Nearest]
    complete: bool
    """False while the contents were not looked at."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The gravest first."""
        return ordered(finding for area in self.areas for finding in area.findings)

    @property
    def headline(self) -> str:
        return headline(self.findings)


def examine_tables(
    dataset: Dataset,
    activity: Activity,
    present: Present,
    split: pd.DataFrame | None,
    now: datetime,
) -> tuple[Area, ...]:
    """What items and interactions tell without looking into any file.

    `split` are the interactions in the parts they are trained and tested in; None where there is
    no split yet.
    """
    items = dataset.items
    n = dataset.n_items
    titles, texts = items[Col.TITLE].tolist(), items[Col.TEXT].tolist()
    exact = exact_duplicates(items, dataset.attributes)
    return (
        _area("Coverage", "items without picture, text or anything", missing_content(present)),
        _area(
            "Doubles",
            "items that are the same in everything, files on many items",
            duplicate_findings(exact, n),
            shared_file_findings(same_files(items), n),
        ),
        _area(
            "Activity",
            "long tail, sparsity, people and items with very few interactions",
            activity_findings(activity),
        ),
        _area(
            "Ratings",
            "equal ratings, codes instead of ratings, one-sided scales",
            rating_findings(dataset.interactions[Col.RATING].to_numpy(dtype=np.float32)),
        ),
        _area(
            "Times",
            "missing, impossible or coarse times, bursts on one moment",
            time_findings(dataset.interactions[Col.TIMESTAMP].to_numpy(dtype=np.int64), now),
        ),
        _split_area(dataset, split, exact),
        _area(
            "Texts",
            "HTML, broken letters, repeated sentences, cut descriptions",
            text_findings(titles, texts),
        ),
    )


def examine_contents(
    dataset: Dataset,
    paths: Sequence[Path | None],
    vectors: Sequence[Callable[[], Vectors]],
    report: Report = silent,
    split: pd.DataFrame | None = None,
) -> CloserLook:
    """What pictures and encoded contents tell; `vectors` are loaded one after the other; `split` as
    for `examine_tables`."""
    pictures = measure_pictures(paths, lambda what, part: report(what, 0.4 * part))
    areas = [_area("Pictures", "tiny, blank and unreadable pictures", picture_findings(pictures))]
    near: dict[Modality, Groups] = {}
    nearest: dict[str, Nearest] = {}
    quality: list[Finding] = []
    odd: list[Finding] = []
    for place, load in enumerate(vectors):
        report("compares the items", 0.4 + 0.6 * place / len(vectors))
        loaded = load()
        quality += vector_findings(loaded)
        found = find_neighbours(loaded.values, loaded.sound)
        near[loaded.modality] = near_duplicates(found)
        nearest[str(loaded.modality)] = _histogram(found)
        odd += outlier_findings(loaded.modality, found)
    areas.append(
        _area(
            "Vectors",
            "broken, constant, collapsed or unscaled vectors of the encoders",
            iter(quality),
            open="" if vectors else "Nothing is encoded yet.",
        )
    )
    exact = exact_duplicates(dataset.items, dataset.attributes)
    areas.append(
        _area(
            "Likeness",
            "items nearly the same as another, items like nothing else",
            near_duplicate_findings(near, exact, dataset.n_items),
            iter(odd),
            open="" if vectors else "Nothing is encoded yet.",
        )
    )
    areas.append(_leaky_contents(dataset, split, near_doubles(near, exact, dataset.n_items)))
    return CloserLook(tuple(areas), nearest)


def _leaky_contents(dataset: Dataset, split: pd.DataFrame | None, doubles: Groups) -> Area:
    parts = []
    if split is not None:
        parts.append(duplicates_across(split, doubles, dataset.n_items, exact=False))
        for modality in dataset.given:
            values, present = dataset.given_features(modality)
            parts.append(foreknowledge_findings(modality, values, present, split))
    return _area(
        LEAKS_IN_CONTENTS,
        "ready-made features that know the test, near doubles across the split",
        *parts,
        open="" if split is not None else NO_SPLIT,
    )


def _split_area(dataset: Dataset, split: pd.DataFrame | None, exact: Groups) -> Area:
    texts = dataset.items[Col.TITLE] + "\n" + dataset.items[Col.TEXT]
    parts = [named_users(texts, dataset.user_ids), ready_made_reviews(tuple(dataset.given))]
    if split is not None:
        parts += [
            split_findings(split, dataset.n_items),
            duplicates_across(split, exact, dataset.n_items),
            twin_findings(split, dataset.n_items),
            reviews_in_texts(split, _all_said(dataset)),
            items_in_own_texts(split, dataset.items[Col.TITLE], _profiles(dataset)),
        ]
    return _area(
        LEAKS,
        "test known to training, people twice, texts that tell the test, order in time, cold items "
        "and people",
        *parts,
        open="" if split is not None else NO_SPLIT,
    )


def _all_said(dataset: Dataset) -> "pd.Series[str]":
    """Title, text and attributes of every item."""
    columns = [Col.TITLE, Col.TEXT, *dataset.attributes]
    return dataset.items[columns].astype(str).agg("\n".join, axis=1)


def _profiles(dataset: Dataset) -> dict[int, str]:
    """user_num -> what the catalogue says of the person; empty where it lists no people."""
    people = dataset.items[dataset.items[Col.CATEGORY] == PERSON]
    number = {user: num for num, user in enumerate(dataset.user_ids.tolist())}
    return {
        number[item]: text
        for item, text in zip(people[Col.ITEM_ID], people[Col.TEXT], strict=True)
        if item in number
    }


def _area(title: str, looked_for: str, *parts: Iterator[Finding], open: str = "") -> Area:
    return Area(title, looked_for, tuple(f for part in parts for f in part), open)


def _histogram(neighbours: Neighbours) -> Nearest:
    top = neighbours.cosine[:, 0][neighbours.near[:, 0] >= 0]
    counts, edges = np.histogram(top, BINS, (min(0.0, float(top.min(initial=0))), 1.0))
    return Nearest(tuple(edges.tolist()), tuple(counts.tolist()), threshold(neighbours))
