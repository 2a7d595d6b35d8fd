"""Brings the vectors of a modality to one scale before a model sees them.

What is subtracted and scaled by is learned from the catalogue alone, never from clicks or splits,
and holds for every item that comes later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from backend.schema import Modality
from models.recommenders import FeatureTable

Tables = Mapping[Modality, FeatureTable]
_FITTED_ON: Final = 20_000
_SHRINKAGE: Final = 0.01
"""Added to every variance, times their mean: directions that hardly occur are noise, which
whitening would otherwise blow up to full size."""


@dataclass(frozen=True)
class _Affine:
    """`(x - mean) @ matrix`, or `* matrix` for a vector f32[D]; then of length 1 where `unit`."""

    mean: Tensor | None = None
    matrix: Tensor | None = None
    unit: bool = False

    def __call__(self, values: Tensor) -> Tensor:
        found = values.float()
        if self.mean is not None:
            found = found - self.mean
        if self.matrix is not None:
            found = found @ self.matrix if self.matrix.ndim == 2 else found * self.matrix
        return functional.normalize(found, dim=1) if self.unit else found


class Normaliser:
    """One strategy with what it learned from a catalogue.

    `none`; `z_score`, every number to mean 0 and spread 1; `l2`, every vector to length 1;
    `whitening`, numbers decorrelated and of equal spread (ZCA), as Su et al. 2021
    (arXiv:2103.15316) do for sentences and Zhang et al. 2024 (arXiv:2402.10602) for
    recommendation. A number that is the same for every item becomes zero. Raw content is left as
    it is.
    """

    def __init__(self, strategy: str, catalogue: Tables) -> None:
        fit = _STRATEGIES.get(strategy)
        self._maps = (
            {} if fit is None else {m: fit(_known(t)) for m, t in catalogue.items() if not t.raw}
        )

    def __call__(self, tables: Tables) -> dict[Modality, FeatureTable]:
        """The tables on the catalogue's scale; absent items stay absent and zero."""
        return {m: self._scaled(m, table) for m, table in tables.items()}

    def _scaled(self, modality: Modality, table: FeatureTable) -> FeatureTable:
        scale = self._maps.get(modality)
        if scale is None:
            return table
        values = torch.where(table.present.unsqueeze(1), scale(table.values), 0.0)
        return FeatureTable(values, table.present, table.imputed)


def _known(table: FeatureTable) -> Tensor:
    """f64[N, D]: vectors of items that have one, evenly thinned where they are many."""
    rows = torch.nonzero(table.present).flatten()
    return table.values[rows[:: max(1, len(rows) // _FITTED_ON)]].double()


def _z_score(rows: Tensor) -> _Affine:
    if not len(rows):
        return _Affine()
    mean, spread = rows.mean(0), rows.std(0, correction=0)
    # A constant column has rounding noise for a spread.
    moves = spread > 1e-6 * mean.abs() + 1e-12
    return _Affine(mean.float(), torch.where(moves, 1 / spread.clamp_min(1e-12), 0.0).float())


def _l2(rows: Tensor) -> _Affine:
    return _Affine(unit=True)


def _whitening(rows: Tensor) -> _Affine:
    if not len(rows):
        return _Affine()
    mean = rows.mean(0)
    centred = rows - mean
    variances, directions = torch.linalg.eigh(centred.T @ centred / len(rows))
    floor = (_SHRINKAGE * variances.mean()).clamp_min(1e-12)
    matrix = (directions / (variances.clamp_min(0) + floor).sqrt()) @ directions.T
    return _Affine(mean.float(), matrix.float())


_STRATEGIES: Final[Mapping[str, Callable[[Tensor], _Affine]]] = {
    "z_score": _z_score,
    "l2": _l2,
    "whitening": _whitening,
}
NORMALISATIONS: Final = ("none", *_STRATEGIES)
