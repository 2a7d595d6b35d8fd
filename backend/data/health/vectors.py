"""Whether what an encoder (or the source of ready-made features) gives can be learned from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent, rows_of
from backend.schema import Modality

_ALL_ALIKE: Final = 0.95
_UNEVEN: Final = 0.5
_LENGTHS: Final = 50.0
_CONSTANT: Final = 0.1
_COLLAPSED: Final = 5
_SAMPLE: Final = 2_000
_FLAT: Final = 2.0
"""Directions; of fewer than eight numbers none is asked."""


@dataclass(frozen=True)
class Vectors:
    """One modality of a catalogue as an encoder sees it: `values` f32[I, D], `present` bool[I];
    `keys[i]` names the content that item i has of it."""

    modality: Modality
    values: NDArray[np.float32]
    present: NDArray[np.bool_]
    keys: Sequence[str]

    @property
    def sound(self) -> NDArray[np.bool_]:
        """bool[I]: present, and made of numbers."""
        return self.present & np.isfinite(self.values).all(axis=1)


def vector_findings(vectors: Vectors) -> Iterator[Finding]:
    """Rows that are no numbers or zero, dimensions that never differ, vectors that do not tell
    items apart."""
    if not vectors.present.any():
        return
    sound = vectors.sound
    yield from _broken(vectors, sound)
    known = vectors.values[sound]
    if len(known) > 2:
        yield from _constant(vectors.modality, known)
        yield from _collapsed(vectors, sound)
        unscaled = tuple(_unscaled(vectors.modality, known))
        yield from unscaled or _flat(vectors.modality, known)
        yield from _all_alike(vectors.modality, known)


def _broken(vectors: Vectors, sound: NDArray[np.bool_]) -> Iterator[Finding]:
    broken = vectors.present & ~sound
    if broken.any():
        yield _finding(
            vectors.modality,
            "not_numbers",
            Severity.PROBLEM,
            f"of {_items(broken)} hold values that are not numbers",
            "One of them is enough to turn the loss of a training into no number.",
            "Encode again; if they came with the data, correct them in the source.",
            broken,
        )
    zero = sound & ~vectors.values.any(axis=1)
    if zero.any():
        yield _finding(
            vectors.modality,
            "zero",
            Severity.ATTENTION,
            f"of {_items(zero)} are zero in every place",
            "That is no content but the lack of it; models see an item that resembles nothing.",
            "Leave these rows out of the features, so that they count as missing.",
            zero,
        )


def _constant(modality: Modality, known: NDArray[np.float32]) -> Iterator[Finding]:
    still = float((known.max(axis=0) == known.min(axis=0)).mean())
    if still > _CONSTANT:
        yield _finding(
            modality,
            "constant",
            Severity.PROBLEM if still == 1 else Severity.NOTE,
            f"have {percent(still)} of their {known.shape[1]:,} numbers the same for every item",
            "These numbers cost memory and time and tell nothing.",
            "Choose another encoder, or drop these columns from ready-made features.",
        )


def _collapsed(vectors: Vectors, sound: NDArray[np.bool_]) -> Iterator[Finding]:
    """The same vector for contents that differ."""
    places = np.flatnonzero(sound & vectors.values.any(axis=1))
    _, inverse = np.unique(vectors.values[places], axis=0, return_inverse=True)
    sizes = np.bincount(inverse.ravel())
    largest = places[inverse.ravel() == sizes.argmax()]
    contents = len({vectors.keys[place] for place in largest.tolist()})
    if contents >= max(_COLLAPSED, 0.01 * len(places)):
        yield _finding(
            vectors.modality,
            "collapsed",
            Severity.PROBLEM,
            f"of {counted(contents, 'item')} with different content are one and the same",
            "The encoder could not read what tells them apart, so no model can.",
            "Look at these items and try another encoder.",
            np.isin(np.arange(len(sound)), largest),
        )


def _unscaled(modality: Modality, known: NDArray[np.float32]) -> Iterator[Finding]:
    spread = known.astype(np.float64).var(axis=0)
    if len(spread) > 4 and spread.max() > _UNEVEN * spread.sum() > 0:
        yield _finding(
            modality,
            "unscaled",
            Severity.ATTENTION,
            f"differ mostly in one of {len(spread):,} numbers: it accounts for "
            f"{percent(float(spread.max() / spread.sum()))} of all differences",
            "Distances and dot products then see that number alone; mostly columns of different "
            "units were put side by side.",
            "Choose the normalisation z_score when training, or scale every column in the source.",
        )
        return
    lengths = np.linalg.norm(known, axis=1)
    lengths = lengths[lengths > 0]
    low, high = np.quantile(lengths, [0.01, 0.99]) if len(lengths) else (1.0, 1.0)
    if high > _LENGTHS * low:
        yield _finding(
            modality,
            "unscaled",
            Severity.ATTENTION,
            f"differ in length by a factor of {high / low:,.0f}",
            "Models that do not scale them themselves see the longest only.",
            "Choose the normalisation l2 when training, or scale every row in the source.",
        )


def _flat(modality: Modality, known: NDArray[np.float32]) -> Iterator[Finding]:
    """Near-zero rank by the participation ratio of the covariance, (sum of its eigenvalues)^2 over
    the sum of their squares: the number of equally strong directions that would give the same."""
    rows = known[:: max(1, len(known) // _SAMPLE)].astype(np.float64)
    centred = rows - rows.mean(axis=0)
    covariance = centred.T @ centred
    total = float(np.trace(covariance))
    directions = total**2 / max(float((covariance**2).sum()), 1e-300)
    if covariance.shape[0] >= 8 and total > 0 and directions < _FLAT:
        yield _finding(
            modality,
            "flat",
            Severity.ATTENTION,
            f"differ along one direction only: their {covariance.shape[0]:,} numbers say no more "
            f"than {directions:.1f} independent ones would",
            "Whatever else an item is, these vectors do not show it.",
            "Try another encoder, or look for columns that repeat each other.",
        )


def _all_alike(modality: Modality, known: NDArray[np.float32]) -> Iterator[Finding]:
    lengths = np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-12)
    mean = (known / lengths).mean(axis=0)
    # The squared length of the mean of unit vectors is the mean cosine of all pairs.
    alike = float((mean * mean).sum())
    if alike > _ALL_ALIKE:
        yield _finding(
            modality,
            "alike",
            Severity.NOTE,
            f"all point in nearly the same direction (mean cosine {alike:.2f})",
            "What tells items apart is a small rest of each vector; similarity search on them as "
            "they are finds everything alike.",
            "The fused models centre them first; for other uses choose another encoder.",
        )


def _finding(
    modality: Modality,
    name: str,
    severity: Severity,
    what: str,
    why: str,
    advice: str,
    hits: NDArray[np.bool_] | None = None,
) -> Finding:
    return Finding(
        f"{modality}_vectors_{name}",
        severity,
        f"The {modality} vectors {what}.",
        why,
        advice,
        Fix("features", "Encode again"),
        rows_of(hits) if hits is not None else (),
    )


def _items(hits: NDArray[np.bool_]) -> str:
    return f"{counted(int(hits.sum()), 'item')} ({percent(float(hits.mean()))})"
