"""Many numbers per item laid out in a plane, to be looked at."""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.health.neighbours import leading, search, unit_vectors
from backend.errors import InvalidInput
from backend.progress import Report, silent
from models.config import Config, setting

_DIRECTIONS: Final = 50
_FEWEST: Final = 10
_FITTED_ON: Final = 5_000
_ASKED: Final = 500
_SEED: Final = 2026
_PER_THOUSAND: Final = 1.5
"""Seconds of UMAP per thousand items, measured on one core; learning its code takes ten more."""


@dataclass(frozen=True, kw_only=True)
class UmapConfig(Config):
    """How UMAP lays out a map (McInnes, Healy and Melville 2018, arXiv:1802.03426)."""

    neighbours: int = setting(
        15,
        low=3,
        high=200,
        help="How many nearest items each item is kept near to; more shows the broad view.",
    )
    gap: float = setting(
        0.5, low=0.0, high=0.99, help="How far apart alike items may be drawn; less packs groups."
    )
    seed: int = setting(2026, low=0, high=2**31 - 1, help="Equal seeds give equal maps.")


@dataclass(frozen=True)
class Plane:
    """`xy` f32[I, 2], NaN for items without such content; `share` of all differences that the two
    axes show, None where axes mean nothing; `kept`: of an item's ten nearest, the share that is
    among its ten nearest here."""

    xy: NDArray[np.float32]
    share: float | None
    kept: float


def principal_plane(values: NDArray[np.float32], present: NDArray[np.bool_]) -> Plane:
    """The two directions in which items differ most (PCA), at once."""
    unit = unit_vectors(values[present])
    if len(unit) < 3:
        raise InvalidInput("A map needs at least three items with such content; encode them first.")
    rng = np.random.default_rng(_SEED)
    sample = unit[np.sort(rng.permutation(len(unit))[:_FITTED_ON])].astype(np.float64)
    spread, directions = np.linalg.eigh(sample.T @ sample)
    axes = directions[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    points = (unit @ axes).astype(np.float32)
    if points.shape[1] < 2:
        points = np.pad(points, ((0, 0), (0, 1)))
    total = float(spread.sum())
    share = float(spread[::-1][:2].sum()) / total if total > 0 else 1.0
    return Plane(_spread_out(points, present), share, _kept(unit, points))


def umap_plane(
    values: NDArray[np.float32],
    present: NDArray[np.bool_],
    config: UmapConfig,
    report: Report = silent,
) -> Plane:
    """Items beside those that they are most alike (UMAP); takes seconds to minutes."""
    unit = unit_vectors(values[present])
    if len(unit) < _FEWEST:
        raise InvalidInput(
            f"A map of neighbourhoods needs at least {_FEWEST} items with such content."
        )
    report("prepares the map", 0.02)
    # Takes ten seconds and more, and is needed nowhere else.
    import umap

    points = leading(unit, _DIRECTIONS)
    report("looks for neighbours", 0.25)
    k = min(config.neighbours, len(unit) - 1)
    near, far = search(points, k)
    itself = np.arange(len(points))[:, None]
    near = np.where(near < 0, itself, near)
    report(f"arranges {len(unit):,} items", 0.35)
    start = points[:, :2] / max(float(np.abs(points[:, :2]).max()), 1e-6) * 10
    rng = np.random.default_rng(config.seed)
    model = umap.UMAP(
        n_neighbors=k,
        min_dist=config.gap,
        # Items with one and the same vector must not start in one point.
        init=start + rng.normal(scale=1e-3, size=start.shape),
        random_state=config.seed,
        n_jobs=1,
        precomputed_knn=(near, far, None),
        force_approximation_algorithm=True,
    )
    with warnings.catch_warnings():
        # New items are not placed on a finished map, so what that would need is not built.
        warnings.filterwarnings("ignore", message=".*NNDescent.*")
        found = np.asarray(model.fit_transform(points), np.float32)
    report("measures the map", 0.97)
    return Plane(_spread_out(found, present), None, _kept(unit, found))


def umap_seconds(items: int) -> float:
    """How long `umap_plane` takes in a new process, about."""
    return 15.0 + _PER_THOUSAND * items / 1000


def _spread_out(points: NDArray[np.float32], present: NDArray[np.bool_]) -> NDArray[np.float32]:
    xy = np.full((len(present), 2), np.nan, np.float32)
    xy[present] = points
    return xy


def _kept(unit: NDArray[np.float32], points: NDArray[np.float32]) -> float:
    """Measured on a sample of items."""
    k = min(10, len(unit) - 1)
    rng = np.random.default_rng(_SEED)
    asked = np.sort(rng.permutation(len(unit))[:_ASKED])
    near = _nearest(-(unit[asked] @ unit.T), asked, k)
    here = _nearest(_distances(points[asked], points), asked, k)
    return float(np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(near, here, strict=True)]))


def _distances(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared, less what is the same for all of a row: f32[N, M]."""
    squares: NDArray[np.float32] = (others * others).sum(axis=1) - 2 * some @ others.T
    return squares


def _nearest(distances: NDArray[np.float32], asked: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    distances[np.arange(len(asked)), asked] = np.inf
    return np.asarray(np.argpartition(distances, k - 1, axis=1)[:, :k])
