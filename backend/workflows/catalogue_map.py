"""The map of the catalogue: alike items lie together; coloured, selected, looked into."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from backend.durable import keep, kept
from backend.errors import InvalidInput, NotFound
from backend.features.projection import (
    Plane,
    UmapConfig,
    principal_plane,
    umap_plane,
    umap_seconds,
)
from backend.jobs.queue import Queue
from backend.progress import Report, silent
from backend.schema import Col
from backend.workflows.cards import ItemCard, catalogue_cards
from backend.workflows.jobviews import JobView, job_view, job_views
from backend.workflows.labels import run_label
from backend.workflows.loading import find_dataset, find_run, load_run, open_dataset
from backend.workflows.map_colours import Colouring, Groups, Scale, colouring, split_key
from backend.workflows.vectors import latest, stored_vectors
from backend.workflows.workspace import Workspace
from db.records import JobState, RunState
from db.repositories import Runs
from models.recommenders import RECOMMENDERS, ClosedFormRecommender

__all__ = ["Colouring", "Groups", "Scale"]

Kind = Literal["pca", "umap"]
MOST_POINTS: Final = 10_000
"""More points are drawn as a sample; selections count all items all the same."""
RUN: Final = "run"
_VERSION: Final = 1
_SEED: Final = 2026
_LANDMARKS: Final = 24


@dataclass(frozen=True)
class CatalogueMap:
    """A map ready to be drawn."""

    source: str
    """What lies near on it: "By picture", or a run's label."""
    kind: Kind
    xy: NDArray[np.float32]
    """f32[I, 2], NaN for items that are not on the map."""
    rows: NDArray[np.int64]
    """Items that are drawn, i64[N]."""
    total: int
    """Items on the map; more than are drawn above MOST_POINTS."""
    titles: tuple[str, ...]
    """Of the items drawn."""
    share: float | None
    """Share of all differences that the axes show (PCA only)."""
    kept: float
    """Of an item's ten nearest, the share that is among its ten nearest on the map."""
    colouring: Colouring
    reading: str
    """What the map says about its colour, in one sentence."""


def sources(workspace: Workspace, dataset_id: str) -> tuple[str, ...]:
    """What a map can be made of: encoded modalities, and "run" where a finished run has vectors."""
    record = find_dataset(workspace, dataset_id)
    found = [feature.modality for feature in latest(workspace, record)]
    return (*found, RUN) if runs(workspace, dataset_id) else tuple(found)


def runs(workspace: Workspace, dataset_id: str) -> dict[str, str]:
    """Run -> label of finished runs that keep a vector per item, those that read content first."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        done = Runs(session).list(dataset_id=record.id, state=RunState.DONE)
    usable = [
        run for run in done if not issubclass(RECOMMENDERS[run.model].cls, ClosedFormRecommender)
    ]
    usable.sort(key=lambda run: not RECOMMENDERS[run.model].cls.reads_content)
    return {run.id: run_label(run) for run in usable}


def has_umap(workspace: Workspace, dataset_id: str, source: str, run_id: str = "") -> bool:
    """Whether the map of neighbourhoods was made already."""
    return _stored(workspace, *_vectors(workspace, dataset_id, source, run_id)) is not None


def umap_needs(workspace: Workspace, dataset_id: str) -> float:
    """Seconds that making one takes, about."""
    return umap_seconds(find_dataset(workspace, dataset_id).items)


def queue_umap(workspace: Workspace, dataset_id: str, source: str, run_id: str = "") -> JobView:
    """Make the map of neighbourhoods as a job; a second call returns the one under way."""
    record = find_dataset(workspace, dataset_id)
    asked = {"source": source, "run_id": run_id}
    states = (JobState.QUEUED, JobState.RUNNING)
    title = f"Map of {record.name}, {_titled(workspace, source, run_id).lower()}"
    with workspace.database.read() as session:
        active = job_views(session, dataset_id=record.id, states=states)
    under_way = [job for job in active if job.kind == "map" and job.title == title]
    if under_way:
        return under_way[0]
    job = Queue(workspace.database).enqueue("map", title, asked, dataset_id=record.id)
    return job_view(workspace, job.id)


def make_umap(
    workspace: Workspace, dataset_id: str, source: str, run_id: str = "", report: Report = silent
) -> None:
    """Lay the map of neighbourhoods out and keep it; nothing is done twice."""
    values, present = _vectors(workspace, dataset_id, source, run_id)
    if _stored(workspace, values, present) is not None:
        return
    plane = umap_plane(values, present, UmapConfig(), report)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, xy=plane.xy, kept=np.float64(plane.kept))
    keep(_folder(workspace, values, present), file.getvalue())


def catalogue_map(
    workspace: Workspace,
    dataset_id: str,
    source: str,
    kind: Kind,
    colour: str,
    run_id: str = "",
) -> CatalogueMap:
    """A map of one modality, or of what a run makes of the items.

    Raises NotFound where a map of neighbourhoods was not made yet.
    """
    record = find_dataset(workspace, dataset_id)
    key = split_key(workspace, record)
    stamp = "" if source == RUN else _fingerprint(workspace, record.id, source)
    return _drawn(workspace, record.id, source, kind, colour, run_id, key, stamp)


def cards(workspace: Workspace, dataset_id: str, rows: Sequence[int]) -> tuple[ItemCard, ...]:
    """Items of the map, ready to be drawn."""
    return catalogue_cards(open_dataset(workspace, find_dataset(workspace, dataset_id)), rows)


def row_of(workspace: Workspace, dataset_id: str, item_id: str) -> int | None:
    """The row of an item; None where the catalogue has none of that name."""
    items = open_dataset(workspace, find_dataset(workspace, dataset_id)).items[Col.ITEM_ID]
    found = np.flatnonzero((items == item_id).to_numpy(dtype=bool))
    return int(found[0]) if len(found) else None


def landmarks(workspace: Workspace, dataset_id: str, view: CatalogueMap) -> tuple[ItemCard, ...]:
    """A few items that stand for what lies around them, spread over the map, all with pictures."""
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    pictured = np.flatnonzero((dataset.items[Col.IMAGE] != "").to_numpy(dtype=bool))
    rows = pictured[np.isfinite(view.xy[pictured, 0])]
    return catalogue_cards(dataset, _spread(rows, view.xy[rows]))


def nearness(view: CatalogueMap, rows: Sequence[int]) -> str:
    """Whether some items lie together on the map, in one sentence; empty for fewer than three.

    Their median distance to each other, against that of two random items.
    """
    there = view.xy[[row for row in rows if np.isfinite(view.xy[row, 0])]]
    everywhere = view.xy[view.rows]
    if len(there) < 3 or len(everywhere) < 3:
        return ""
    two = np.random.default_rng(_SEED).integers(0, len(everywhere), (2, 2_000))
    usual = float(np.median(np.linalg.norm(everywhere[two[0]] - everywhere[two[1]], axis=1)))
    share = float(np.median(pdist(there))) / usual if usual else 1.0
    if share < 0.5:
        return "The marked items lie together."
    return (
        "The marked items are spread over the map."
        if share > 0.85
        else ("The marked items lie nearer to each other than chance would put them.")
    )


@lru_cache(maxsize=16)
def _drawn(
    workspace: Workspace,
    dataset_id: str,
    source: str,
    kind: Kind,
    colour: str,
    run_id: str,
    key: str,
    stamp: str,
) -> CatalogueMap:
    plane = _plane(workspace, dataset_id, source, kind, run_id, stamp)
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    known = np.flatnonzero(np.isfinite(plane.xy[:, 0]))
    rows = known
    if len(known) > MOST_POINTS:
        drawn = np.random.default_rng(_SEED).permutation(len(known))[:MOST_POINTS]
        rows = known[np.sort(drawn)]
    found = colouring(workspace, dataset_id, colour, key)
    titles = dataset.items[Col.TITLE].iloc[rows].astype(str)
    return CatalogueMap(
        source=_titled(workspace, source, run_id),
        kind=kind,
        xy=plane.xy,
        rows=rows,
        total=len(known),
        titles=tuple(title or "Untitled item" for title in titles),
        share=plane.share,
        kept=plane.kept,
        colouring=found,
        reading=_reading(plane.xy[rows], rows, found),
    )


@lru_cache(maxsize=16)
def _plane(
    workspace: Workspace, dataset_id: str, source: str, kind: Kind, run_id: str, stamp: str
) -> Plane:
    """`stamp` names the encoding, so that a new one gets a new map."""
    values, present = _vectors(workspace, dataset_id, source, run_id)
    if kind == "pca":
        return principal_plane(values, present)
    stored = _stored(workspace, values, present)
    if stored is None:
        raise NotFound("This map of neighbourhoods is not made yet; start it on the Map.")
    return stored


Loaded = tuple[NDArray[np.float32], NDArray[np.bool_]]


def _vectors(workspace: Workspace, dataset_id: str, source: str, run_id: str) -> Loaded:
    """(f32[I, D], bool[I]) of a modality's latest encoding or of a run's items."""
    record = find_dataset(workspace, dataset_id)
    if source == RUN:
        items = load_run(workspace, run_id).embeddings.items
        return np.asarray(items.detach().to(torch.float32).numpy()), np.ones(len(items), np.bool_)
    for feature in latest(workspace, record):
        if feature.modality == source:
            loaded = stored_vectors(workspace, open_dataset(workspace, record), feature)
            return loaded.values, loaded.sound
    raise InvalidInput(f"The {source} of this data set is not encoded yet; encode it first.")


def _fingerprint(workspace: Workspace, dataset_id: str, source: str) -> str:
    found = latest(workspace, find_dataset(workspace, dataset_id))
    return next((f.fingerprint for f in found if f.modality == source), "")


def _titled(workspace: Workspace, source: str, run_id: str) -> str:
    if source == RUN:
        return f"As seen by {run_label(find_run(workspace, run_id))}"
    return f"By {'picture' if source == 'image' else source}"


def _stored(
    workspace: Workspace, values: NDArray[np.float32], present: NDArray[np.bool_]
) -> Plane | None:
    content = kept(_folder(workspace, values, present))
    if content is None:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return Plane(archive["xy"], None, float(archive["kept"]))


def _folder(workspace: Workspace, values: NDArray[np.float32], present: NDArray[np.bool_]) -> Path:
    """Named by the content of the vectors and the settings of the map."""
    digest = hashlib.sha256(np.ascontiguousarray(values).tobytes())
    digest.update(present.tobytes())
    digest.update(json.dumps([_VERSION, UmapConfig().to_mapping()], sort_keys=True).encode())
    return workspace.settings.maps / digest.hexdigest()[:32]


def _spread(rows: NDArray[np.int64], xy: NDArray[np.float32]) -> list[int]:
    """One item of each well-filled cell of a grid: the one nearest to the middle of the cell's
    items; the fullest cells first."""
    if not len(rows):
        return []
    low, high = xy.min(axis=0), xy.max(axis=0)
    cells = np.minimum(((xy - low) / np.maximum(high - low, 1e-9) * (8, 6)).astype(int), (7, 5))
    number = cells[:, 0] * 6 + cells[:, 1]
    found = []
    for cell in np.argsort(-np.bincount(number, minlength=48), kind="stable")[:_LANDMARKS]:
        members = np.flatnonzero(number == cell)
        if len(members) >= max(2, 0.002 * len(rows)):
            away = ((xy[members] - np.median(xy[members], axis=0)) ** 2).sum(axis=1)
            found.append(int(rows[members[away.argmin()]]))
    return found


def _reading(xy: NDArray[np.float32], rows: NDArray[np.int64], colour: Colouring) -> str:
    """How far neighbours on the map agree in their colour."""
    if len(xy) < 20:
        return ""
    near = cKDTree(xy).query(xy, k=min(11, len(xy)))[1][:, 1:]
    if isinstance(colour, Groups):
        of = colour.of[rows]
        same = float((of[near] == of[:, None]).mean())
        shares = np.bincount(of) / len(of)
        chance = float((shares**2).sum())
        word = f"share its {colour.title.lower()}" if colour.title != "Cold or not" else "are alike"
        return f"{100 * same:.0f} % of an item's neighbours {word} (by chance {100 * chance:.0f} %)"
    values = colour.values[rows]
    around = np.array([_mean(values[places]) for places in near])
    known = np.isfinite(values) & np.isfinite(around)
    if known.sum() < 20 or np.ptp(values[known]) == 0:
        return ""
    agreement = float(spearmanr(values[known], around[known]).statistic)
    degree = "strongly" if agreement > 0.6 else "somewhat" if agreement > 0.25 else "hardly"
    return f"Neighbours {degree} agree in {colour.title.lower()} (rank correlation {agreement:.2f})"


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
